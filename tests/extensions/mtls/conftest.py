"""Hosts with the extension `mtls`, and clients with certificates.

Overrides the fixture `host`, also for the fixtures `client` and `browser`.
"""

from __future__ import annotations

import pytest

from tests.support.certificates import ClientCertificate, certificate
from tests.support.host import me

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
