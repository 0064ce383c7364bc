"""The provider of `conformance.ini` in a process of its own, and who talks to it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from shutil import which

import pytest

from tests.oidf.https import Listener, create_tls_context
from tests.oidf.names import resolve_examples
from tests.oidf.provider import Provider
from tests.oidf.suite import ALIAS
from tests.support.code_blocks import find_blocks
from tests.support.nginx import Nginx, require_program
from tests.support.ports import free_port

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "how_to/conformance_suite.rst"
EXAMPLES = DOCS / "examples"


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


class TwoServers(Nginx):
    """The documented nginx with the host that asks for certificates."""

    server = ()

    def __init__(self, folder, authority, target):
        self._clients = folder / "client-authority.pem"
        # Until the command has made the authority of the clients.
        authority.cert_pem.write_to_path(self._clients)
        port = free_port()
        self.variables = {"PYRAMID_OAUTH_MTLS_URL": f"https://localhost:{port}"}
        (block,) = [each.text for each in find_blocks(PAGE) if each.language == "nginx"]
        block += (
            (EXAMPLES / "conformance_mtls_nginx.conf")
            .read_text()
            .replace("listen 8443", f"listen 127.0.0.1:{port}")
            .replace("/etc/ssl/client-authority.pem", str(self._clients))
        )
        super().__init__(
            *(folder, authority, block),
            site="op.example.org",
            upstream="127.0.0.1:6543",
            target=target,
        )

    def trust(self, written):
        """Trust the authority that the command wrote."""
        self._clients.write_text(written.read_text())
        self.reload()


def start_fapi2_provider(folder, authority, ca_file, **settings):
    """The server of conformance-fapi2.ini behind both servers of nginx."""
    require_program("nginx", which("nginx"))
    return Provider(
        *(folder, authority, ca_file),
        lambda authority, target: TwoServers(folder, authority, target),
        source="conformance-fapi2.ini",
        **settings,
    )


@pytest.fixture(scope="session")
def fapi2_provider(tmp_path_factory, authority, ca_file):
    provider = start_fapi2_provider(
        tmp_path_factory.mktemp("fapi2"), authority, ca_file
    )
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def fapi2_files(fapi2_provider, listener, tmp_path_factory):
    """The files of its plans, by name."""
    folder = tmp_path_factory.mktemp("fapi2-files")
    return write_fapi2_files(fapi2_provider, listener, folder)


def write_fapi2_files(provider, listener, folder):
    contents = write_configurations(provider, listener, folder)
    provider.proxy.trust(folder / "client-authority.pem")
    return contents


def write_configurations(provider, listener, folder):
    provider.run(
        *("conformance-config", str(provider.ini), "--output", str(folder)),
        *("--suite", listener.origin, "--alias", ALIAS),
    )
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
