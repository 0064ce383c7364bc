"""A host with its own Application class, for the command line."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from wsgiref.simple_server import make_server

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import InsecureSettingWarning
from tests.scripts import shop
from tests.support.ports import free_port
from tests.support.wsgi import QuietHandler


@pytest.fixture(params=["pyramid_tm", "no-pyramid_tm"])
def shop_ini(
    write_ini: Callable[..., Path], sqlite_url: str, request: pytest.FixtureRequest
) -> Path:
    """The ini of a host with its own Application class."""
    more = "" if request.param == "pyramid_tm" else "shop.managed = no"
    ini = write_ini(shop.INI, sqlite_url, more)
    models = declared(
        {"pyramid_oauth.application_factory": shop.ShopApplication}
    ).models
    models.metadata.create_all(create_engine(sqlite_url, poolclass=NullPool))
    return ini


@pytest.fixture
def serve(new_host):
    """Serve a host with settings; return its issuer."""
    started = []

    def start(register=None, make=new_host, **settings):
        port = free_port()
        issuer = f"http://127.0.0.1:{port}/oauth"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            host = make(issuer=issuer, **settings)
        if register:
            register(host)
        server = make_server("127.0.0.1", port, host.wsgi, handler_class=QuietHandler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        started.append((server, thread))
        return issuer

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()
