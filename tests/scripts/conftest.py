"""A host with its own Application class, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pyramid_oauth.config.build import declared
from tests.scripts import shop


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
