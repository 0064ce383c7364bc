"""A host that takes assertions, clients with keys, and a site that publishes keys."""

from __future__ import annotations

import ssl

import pytest
import trustme

from tests.clients.keys import Site
from tests.fetch.servers import Server
from tests.flows.conftest import new_host  # noqa: F401  (a fixture)


@pytest.fixture
def site(tmp_path):
    """An https server on this machine, with the settings that make a host trust it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    server = Server(context)
    yield Site(server, str(tmp_path / "authority.pem"))
    server.close()
