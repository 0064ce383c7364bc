"""Fixtures for every test: hosts, providers, clients and browsers.

Those that need a database run once on SQLite and once on PostgreSQL.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Any, TypeAlias, TypeVar

import pytest
import trustme
from argon2 import PasswordHasher
from webtest import TestApp

from pyramid_oauth import clock, hashing
from pyramid_oauth.events import OAuthEvent
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.repositories import autonomous_transaction
from tests.support.checkpoint import Checkpoint
from tests.support.client_keys import ClientSite
from tests.support.dpop import ProofSigner
from tests.support.host import Host, authorize_client
from tests.support.parties import RelyingPartyProcess, start_relying_party
from tests.support.provider import Provider, make_login_provider, make_logout_provider
from tests.support.registry import Registry, ignore_open_registration
from tests.support.servers import Server, build_response
from tests.support.shared_applications import Lease, Notified, SharedApplications
from tests.support.types import Claims, Configure, Credentials

AnyHost = TypeVar("AnyHost", bound=Host)
NewHost: TypeAlias = Callable[..., Host]
NewProvider: TypeAlias = Callable[..., Provider]
NewRegistry: TypeAlias = Callable[..., Registry]
RECEIVER = "rp.example"


@pytest.fixture(scope="session", autouse=True)
def cheap_argon2() -> Iterator[None]:
    """Hash chosen secrets with the least cost, for speed; the format is the same."""
    with pytest.MonkeyPatch.context() as patch:
        least = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(hashing, "_argon2", least)
        yield


@pytest.fixture(autouse=True)
def close_second_pools() -> Iterator[None]:
    """Close the second pools of hosts: PostgreSQL accepts 100 connections."""
    yield
    autonomous_transaction.dispose_all()


@pytest.fixture(scope="session")
def shared_applications() -> SharedApplications:
    return SharedApplications()


@pytest.fixture
def lease(
    request: pytest.FixtureRequest, shared_applications: SharedApplications
) -> Iterator[Lease]:
    """The shared applications; a test that patches modules has its own ones."""
    shares = (
        "monkeypatch" not in request.fixturenames
        and os.environ.get("PYRAMID_OAUTH_TEST_SHARED") != "0"
    )
    lease = Lease(shared_applications, shares=shares)
    yield lease
    lease.end()


@contextmanager
def make_hosts(
    kind: Callable[..., AnyHost], url: str, **always: Any
) -> Iterator[Callable[..., AnyHost]]:
    """A function that makes hosts of a kind with further settings."""
    hosts: list[AnyHost] = []

    def new(configure: Configure | None = None, **settings: Any) -> AnyHost:
        hosts.append(kind(url, configure, **{**always, **settings}))
        return hosts[-1]

    yield new
    for host in hosts:
        host.engine.dispose()


@pytest.fixture
def new_host(tables_url: str, lease: Lease) -> Iterator[NewHost]:
    """Make a host with further settings."""
    with make_hosts(Host, tables_url, lease=lease) as new:
        yield new


@pytest.fixture
def host(new_host: NewHost) -> Host:
    return new_host()


@pytest.fixture
def signer() -> ProofSigner:
    """The key of a client that signs DPoP proofs."""
    return ProofSigner()


@pytest.fixture(scope="session")
def notified_to_all() -> Notified:
    return Notified()


@pytest.fixture
def notified(notified_to_all: Notified) -> list[OAuthEvent]:
    """The events of a host that subscribes its `append`."""
    notified_to_all.clear()
    return notified_to_all


@pytest.fixture
def client(host: Host) -> Credentials:
    """The credentials of the confidential client `web`."""
    return host.register_client()


@pytest.fixture
def browser(host: Host) -> TestApp:
    """A browser at which alice is logged in."""
    app = host.browser()
    app.get("/login?name=alice")
    return app


@pytest.fixture
def new_provider(tables_url: str, lease: Lease) -> Iterator[NewProvider]:
    """Make an OpenID Provider with further settings."""
    with make_hosts(Provider, tables_url, lease=lease) as new:
        yield new


@pytest.fixture
def provider(new_provider: NewProvider) -> Provider:
    return new_provider()


@pytest.fixture
def new_login_provider(tables_url: str, lease: Lease) -> Iterator[NewProvider]:
    """Make a provider at which people log in, choose an account and reach an acr."""
    with make_hosts(make_login_provider, tables_url, lease=lease) as new:
        yield new


@pytest.fixture
def frozen_clock() -> Iterator[clock.Frozen]:
    """A clock that stands an hour ago and moves by `advance` only."""
    with clock.frozen(datetime.now(UTC) - timedelta(hours=1)) as time:
        yield time


@pytest.fixture
def login_provider(new_login_provider: NewProvider) -> Provider:
    """A provider with the client `web`, whose consent alice and bob have given."""
    provider = new_login_provider()
    provider.web = provider.register_client()
    for name in ("alice", "bob"):
        authorize_client(
            provider.open_browser(name), scope="openid profile read", nonce="n"
        )
    return provider


@pytest.fixture(scope="session")
def idle_servers() -> Iterator[list[tuple[Server, str]]]:
    """The servers of clients that no test uses: hosts that trust the same are alike."""
    idle: list[tuple[Server, str]] = []
    yield idle
    for server, _ in idle:
        server.close()


@pytest.fixture
def client_site(
    idle_servers: list[tuple[Server, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClientSite]:
    """An https server on this machine, with the settings that make a host trust it."""
    if not idle_servers:
        idle_servers.append(_open_server(tmp_path_factory.mktemp("client_site")))
    server, authority = idle_servers.pop()
    server.forget()
    yield ClientSite(server, authority)
    if server.is_listening:
        idle_servers.append((server, authority))


def _open_server(folder: Path) -> tuple[Server, str]:
    """Return a server, and the file of the authority that its certificate is from."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return Server(context), str(folder / "authority.pem")


@pytest.fixture
def new_registry(new_host: NewHost) -> NewRegistry:
    """Make a host with open registration, and further settings."""

    def new(configure: Configure | None = None, **settings: Any) -> Registry:
        with ignore_open_registration():
            settings = {"registration": "open", "registration_scopes": "*", **settings}
            return Registry(new_host(configure, **settings))

    return new


@pytest.fixture
def registry(new_registry: NewRegistry) -> Registry:
    return new_registry()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def receiver(authority: trustme.CA) -> Iterator[Server]:
    """A server that accepts messages at https://rp.example:PORT."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(RECEIVER, "localhost", "127.0.0.1").configure_cert(context)
    server = Server(context)
    server.url = f"https://{RECEIVER}:{server.port}"
    yield server
    server.close()


@pytest.fixture(scope="session")
def kept_fetcher(authority: trustme.CA) -> tuple[Fetcher, Checkpoint]:
    """One fetcher for all tests, so that its applications can be shared."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    fetcher = Fetcher(
        allow_private=True,
        resolver=lambda host, port: ["127.0.0.1"],
        ssl_context=context,
        timeout=2,
    )
    return fetcher, Checkpoint(fetcher)


@pytest.fixture
def fetcher(kept_fetcher: tuple[Fetcher, Checkpoint]) -> Fetcher:
    """The fetcher of the server under test; all names resolve to this machine."""
    fetcher, checkpoint = kept_fetcher
    checkpoint.restore()
    return fetcher


@pytest.fixture
def set_statuses(receiver: Server) -> Callable[..., None]:
    """Make the receiver answer with these statuses in turn, then with 200."""

    def set_statuses(*statuses: str) -> None:
        remaining = list(statuses)

        def handle(peer: socket, request: bytes) -> None:
            peer.sendall(
                build_response(b"", status=remaining.pop(0) if remaining else "200 OK")
            )

        receiver.handler = handle

    return set_statuses


@pytest.fixture
def new_logout_provider(
    tables_url: str, lease: Lease, fetcher: Fetcher
) -> Iterator[NewProvider]:
    """Make a provider at which people log out, with further settings."""
    with make_hosts(
        make_logout_provider, tables_url, lease=lease, fetcher=fetcher
    ) as new:
        yield new


@pytest.fixture
def new_relying_party(
    tmp_path: Path, authority: trustme.CA
) -> Iterator[Callable[..., RelyingPartyProcess]]:
    """Start relying parties over TLS; `jwks` is the key set they verify with."""
    with ExitStack() as running:

        def new(issuer: str, jwks: Claims, delay: float = 0) -> RelyingPartyProcess:
            certificate = tmp_path / "certificate.pem"
            server_certificate = authority.issue_cert("localhost", "127.0.0.1")
            server_certificate.private_key_and_cert_chain_pem.write_to_path(certificate)
            started = start_relying_party(tmp_path, issuer, jwks, certificate, delay)
            return running.enter_context(started)

        yield new
