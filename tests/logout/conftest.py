"""A receiver of messages on the loopback interface, over TLS, and who may reach it."""

from __future__ import annotations

import ssl
from contextlib import ExitStack

import pytest
import trustme

from pyramid_oauth.fetch import Fetcher
from tests.fetch.servers import Server, answer
from tests.logout.parties import party
from tests.logout.provider import PEOPLE, LogoutProvider, Person

RECEIVER = "rp.example"


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def receiver(authority):
    """A server that takes messages at https://rp.example:PORT; see `posted`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(RECEIVER, "localhost", "127.0.0.1").configure_cert(context)
    server = Server(context)
    server.url = f"https://{RECEIVER}:{server.port}"
    yield server
    server.close()


@pytest.fixture
def fetcher(authority):
    """The fetcher of the server under test; made-up names lead to this machine."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Fetcher(
        allow_private=True,
        resolver=lambda host, port: ["127.0.0.1"],
        ssl_context=context,
        timeout=2,
    )


@pytest.fixture
def statuses(receiver):
    """Have the receiver answer with these statuses in turn, then with 200."""

    def set_statuses(*given):
        left = list(given)

        def handle(peer, request):
            peer.sendall(answer(b"", status=left.pop(0) if left else "200 OK"))

        receiver.handler = handle

    return set_statuses


@pytest.fixture(params=PEOPLE)
def people(request):
    """Whether the host names its sessions."""
    return PEOPLE[request.param]


@pytest.fixture
def new_provider(tables_url, fetcher):
    """Make the provider, with further settings."""
    made = []

    def new(configure=None, **settings):
        given = {"fetcher": fetcher, **settings}
        made.append(LogoutProvider(tables_url, configure, **given))
        return made[-1]

    yield new
    for host in made:
        host.engine.dispose()


@pytest.fixture
def provider(new_provider):
    return new_provider()


@pytest.fixture
def alice(provider):
    return Person(provider)


@pytest.fixture
def new_party(tmp_path, authority):
    """Start relying parties over TLS; `jwks` is the key set they verify with."""
    with ExitStack() as running:

        def new(issuer, jwks, delay=0):
            certificate = tmp_path / "certificate.pem"
            issued = authority.issue_cert("localhost", "127.0.0.1")
            issued.private_key_and_cert_chain_pem.write_to_path(certificate)
            started = party(tmp_path, issuer, jwks, certificate, delay)
            return running.enter_context(started)

        yield new
