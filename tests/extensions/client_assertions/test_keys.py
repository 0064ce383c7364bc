"""The keys that verify client assertions (RFC 7523 section 3)."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
import trustme

from pyramid_oauth.clock import now
from tests.support.client_keys import (
    METHODS,
    build_assertion_claims,
    is_refused,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.outbound_allow_private:"
    "pyramid_oauth.errors.InsecureSettingWarning"
)


def test_a_changed_client_key_takes_effect_at_once(assertion_host):
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256")
        ).status_int
        == 200
    )
    assertion_host.update_application(
        "robot", client_metadata={"jwks": key_set("RS256", number=1)}
    )
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", number=1)
        ).status_int
        == 200
    )
    assert is_refused(
        post_assertion(assertion_host, sign_claims(build_assertion_claims(), "RS256"))
    )


def test_a_change_of_the_client_does_not_make_an_assertion_a_replay(assertion_host):
    """The server repeats the request with a new copy; its own `jti` is no replay."""
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256")
        ).status_int
        == 200
    )
    assertion_host.update_application("robot", name="Renamed")
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256")
        ).status_int
        == 200
    )


def test_an_assertion_signed_by_an_expired_secret_is_refused(new_host):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = register_robot(host, method="client_secret_jwt")
    host.update_application(
        "robot", client_secret_expires_at=now() - timedelta(seconds=1)
    )
    assert is_refused(
        post_assertion(host, jwt.encode(build_assertion_claims(), secret, "HS256"))
    )


def test_a_secret_is_stored_readably_only_when_it_is_a_key(new_host):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = register_robot(host, method="client_secret_post")
    with host.engine.connect() as connection:
        model = host.models.Application
        sealed = connection.execute(model.__table__.select()).one().sealed_client_secret
    assert sealed is None
    assert is_refused(
        post_assertion(host, jwt.encode(build_assertion_claims(), secret, "HS256"))
    )


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_keys_at_a_jwks_uri_are_fetched_again_for_an_unknown_kid(new_host, client_site):
    host = new_host(**client_site.settings)
    client_site.respond_with(key_set("RS256"))
    register_robot(host, jwks_uri=client_site.url)
    for _ in range(3):
        assert (
            post_assertion(
                host, sign_claims(build_assertion_claims(), "RS256")
            ).status_int
            == 200
        )
    assert client_site.server.connections == 1
    client_site.respond_with(key_set("RS256", number=1))
    assert (
        post_assertion(
            host, sign_claims(build_assertion_claims(), "RS256", number=1)
        ).status_int
        == 200
    )
    assert client_site.server.connections == 2


def test_the_configured_ca_is_trusted_beside_those_of_the_system(
    new_host, client_site, tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", client_site.settings["outbound_ca_file"])
    trustme.CA().cert_pem.write_to_path(tmp_path / "own.pem")
    own = {"outbound_ca_file": str(tmp_path / "own.pem")}
    host = new_host(**{**client_site.settings, **own})
    client_site.respond_with(key_set("RS256"))
    register_robot(host, jwks_uri=client_site.url)
    assert (
        post_assertion(host, sign_claims(build_assertion_claims(), "RS256")).status_int
        == 200
    )


@pytest.mark.parametrize("says", ["nothing", [], {"keys": 7}, {"keys": [7, {}]}])
def test_an_assertion_is_refused_without_keys_at_the_jwks_uri(
    new_host, client_site, says
):
    host = new_host(**client_site.settings)
    client_site.respond_with(says)
    register_robot(host, jwks_uri=client_site.url)
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "RS256"))
    )
