"""The provider of `conformance.ini` in a process of its own, and who talks to it."""

from __future__ import annotations

import json
import socket

import pytest

from tests.oidf.https import Listener, create_tls_context
from tests.oidf.names import resolve_examples
from tests.oidf.provider import Provider
from tests.oidf.suite import ALIAS


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def conformance_provider(tmp_path_factory, authority, ca_file):
    """One server for all tests; they share nothing but its keys and alice."""
    provider = Provider(tmp_path_factory.mktemp("provider"), authority, ca_file)
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def listener(authority):
    """The suite's own server; its name is known to this process meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve_examples())
        listener = Listener(create_tls_context(authority))
        yield listener
        listener.close()


@pytest.fixture(scope="session")
def configurations(conformance_provider, listener, tmp_path_factory):
    """What `conformance-config` wrote, by the names of the files."""
    folder = tmp_path_factory.mktemp("conformance")
    return write_configurations(conformance_provider, listener, folder)


def write_configurations(provider, listener, folder):
    provider.run(
        *("conformance-config", str(provider.ini), "--output", str(folder)),
        *("--suite", listener.origin, "--alias", ALIAS),
    )
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
