"""Hosts with the extension `mtls`, and clients with certificates.

Overrides the fixture `host`, also for the fixtures `client` and `browser`.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import trustme
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.support.certificates import ClientCertificate, certificate
from tests.support.host import me
from tests.support.ports import free_port
from tests.support.tls_terminators import TERMINATORS, Machine, serve

METHODS = "tls_client_auth self_signed_tls_client_auth client_secret_post none"


def include_mtls(config):
    config.include("pyramid_oauth.extensions.mtls")
    config.add_route("vault", "/vault")
    config.add_view(
        me, route_name="vault", oauth_scopes="read", oauth_sender_constrained=True
    )


@pytest.fixture
def new_mtls_host(new_host):
    def new(configure=include_mtls, **settings):
        names = {
            "token_endpoint_auth_methods": METHODS,
            "mtls_verified_by": "environ:SSL_CLIENT_VERIFY",
            **settings,
        }
        return new_host(configure, **names)

    return new


@pytest.fixture
def host(new_mtls_host):
    return new_mtls_host()


@pytest.fixture
def own() -> ClientCertificate:
    """The certificate of the client."""
    return certificate()


@pytest.fixture
def other() -> ClientCertificate:
    """A certificate of the same subject with another key."""
    return certificate(1)


@pytest.fixture
def register_tls_client():
    """A function that registers a client that authenticates by a certificate."""

    def register(host, method="tls_client_auth", **metadata):
        host.register_client(token_endpoint_auth_method="client_secret_post")
        host.update_application(
            token_endpoint_auth_method=method,
            client_secret=None,
            client_metadata=metadata,
        )
        return {"client_id": "web"}

    return register


@pytest.fixture
def bound_client(host, client):
    """A client with a secret that wants certificate-bound tokens."""
    host.set_client_metadata(tls_client_certificate_bound_access_tokens=True)
    return client


@pytest.fixture
def public_tls_client(host):
    return host.register_client(
        client_id="app",
        client_type="public",
        authorization_grant_type="authorization_code refresh_token",
        token_endpoint_auth_method="none",
        client_metadata={"tls_client_certificate_bound_access_tokens": True},
    )


BELIEVED = {
    "mtls_verified_by": "header:X-Client-Verify",
    "mtls_trusted_proxies": "127.0.0.1",
}
AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])


@pytest.fixture
def client_authority():
    return ClientCertificate(AUTHORITY, (), is_authority=True)


@pytest.fixture(params=TERMINATORS)
def new_proxied(request, tmp_path, new_mtls_host, client_authority):
    """A function that puts the program before a host; its URLs and their authority."""
    tls = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    tls.cert_pem.write_to_path(ca_file)
    (tmp_path / "clients.pem").write_text(client_authority.pem)

    def start(**more):
        target = free_port()
        terminator = TERMINATORS[request.param](tmp_path, tls, target, **more)
        ports = terminator.port, terminator.alias_port
        origin, alias = (f"https://localhost:{each}" for each in ports)

        def configure(config):
            include_mtls(config)
            config.include("pyramid_oauth.extensions.dpop")

        urls = {"mtls_url": alias, "dpop_base_urls": alias}
        urls["issuer"] = f"{origin}/oauth"
        host = new_mtls_host(configure, **urls, **BELIEVED, **terminator.settings)
        stack.enter_context(serve(host.wsgi, target))
        terminator.start()
        stack.callback(terminator.close)
        return SimpleNamespace(host=host, origin=origin, alias=alias, ca=str(ca_file))

    with ExitStack() as stack:
        yield start


@pytest.fixture
def proxied(new_proxied):
    return new_proxied()


@pytest.fixture
def new_machine(proxied, tmp_path_factory):
    return lambda found=None: Machine(proxied, tmp_path_factory.mktemp("tls"), found)


@pytest.fixture
def issued(client_authority):
    return ClientCertificate(issuer=client_authority)
