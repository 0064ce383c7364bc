"""Clients prove who they are by signed assertions (RFC 7523, OpenID Core section 9)."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import jwt
import pytest
import trustme

from pyramid_oauth.clock import now
from pyramid_oauth.errors import ConfigurationError
from tests.support.client_keys import (
    ISSUER,
    METHODS,
    build_assertion_claims,
    build_assertion_form,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.key_material import SIGNATURES, private_key

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.outbound_allow_private:"
    "pyramid_oauth.errors.InsecureSettingWarning"
)
WELL_KNOWN = "/oauth/.well-known/oauth-authorization-server"


@pytest.fixture
def assertion_host(new_host):
    made = new_host(token_endpoint_auth_methods=METHODS)
    register_robot(made, jwks=key_set("RS256"))
    return made


def is_refused(answer):
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    return True


@pytest.mark.spec("RFC 7523", "2.2")
@pytest.mark.parametrize("alg", SIGNATURES)
def test_a_signed_assertion_authenticates_the_client(new_host, alg):
    host = new_host()
    register_robot(host, jwks=key_set(alg))
    assert post_assertion(host, sign_claims(build_assertion_claims(), alg)).json[
        "access_token"
    ]


@pytest.mark.spec("OpenID Connect Core", "9")
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_client_secret_may_sign_the_assertion(new_host, alg):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = register_robot(host, method="client_secret_jwt")
    assert post_assertion(host, jwt.encode(build_assertion_claims(), secret, alg)).json[
        "access_token"
    ]
    assert is_refused(
        post_assertion(host, jwt.encode(build_assertion_claims(), "x" * 64, alg))
    )


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "audience",
    [
        ISSUER,
        f"{ISSUER}/token",
        [ISSUER],
        ["https://elsewhere.example", f"{ISSUER}/token"],
    ],
)
def test_the_endpoint_url_is_accepted_as_audience_with_the_setting(new_host, audience):
    host = new_host(assertion_audience="endpoint")
    register_robot(host, jwks=key_set("RS256"))
    assert (
        post_assertion(
            host, sign_claims(build_assertion_claims(aud=audience), "RS256")
        ).status_int
        == 200
    )


@pytest.mark.spec("RFC 7523", "3")
def test_only_the_issuer_is_accepted_as_audience(new_host):
    host = new_host()
    register_robot(host, jwks=key_set("ES256"))
    assert (
        post_assertion(host, sign_claims(build_assertion_claims(), "ES256")).status_int
        == 200
    )
    assert (
        post_assertion(
            host, sign_claims(build_assertion_claims(aud=[ISSUER]), "ES256")
        ).status_int
        == 200
    )
    assert is_refused(
        post_assertion(
            host, sign_claims(build_assertion_claims(aud=f"{ISSUER}/token"), "ES256")
        )
    )
    # Whoever else is named could have brought it here.
    both = [ISSUER, "https://elsewhere.example"]
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(aud=both), "ES256"))
    )


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "later",
    [
        {"exp": -31},
        {"exp": 2 * 3600},
        {"nbf": 120},
        {"iat": 120},
    ],
    ids=str,
)
def test_an_assertion_outside_its_validity_time_is_refused(assertion_host, later):
    times = {name: int(time.time()) + seconds for name, seconds in later.items()}
    assert is_refused(
        post_assertion(
            assertion_host, signed_without_checks(build_assertion_claims(**times))
        )
    )


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "somebody"},
        {"sub": None},
        {"sub": 7},
        {"aud": None},
        {"aud": "https://elsewhere.example"},
        {"aud": []},
        {"aud": [7]},
        {"aud": f"{ISSUER}/"},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
    ],
    ids=str,
)
def test_an_assertion_with_invalid_claims_is_refused(assertion_host, changes):
    assert is_refused(
        post_assertion(
            assertion_host, signed_without_checks(build_assertion_claims(**changes))
        )
    )


def signed_without_checks(made):
    """Sign without PyJWT's own look at the claims."""
    pem = private_key("RS256").as_pem(private=True)
    return jwt.PyJWS().encode(json.dumps(made).encode(), pem, "RS256")


def test_a_small_clock_difference_is_accepted(assertion_host):
    early = build_assertion_claims(iat=int(time.time()) + 10, nbf=int(time.time()) + 10)
    late = build_assertion_claims(exp=int(time.time()) - 10)
    assert post_assertion(assertion_host, sign_claims(early, "RS256")).status_int == 200
    assert post_assertion(assertion_host, signed_without_checks(late)).status_int == 200


@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_is_accepted_once(assertion_host):
    token = sign_claims(build_assertion_claims(), "RS256")
    assert post_assertion(assertion_host, token).status_int == 200
    assert is_refused(post_assertion(assertion_host, token))
    assert is_refused(post_assertion(assertion_host, token, "revoke", token="x"))


def test_an_assertion_is_used_up_even_by_a_failing_request(assertion_host):
    token = sign_claims(build_assertion_claims(), "RS256")
    assert (
        post_assertion(assertion_host, token, scope="nothing").json["error"]
        == "invalid_scope"
    )
    assert is_refused(post_assertion(assertion_host, token))


@pytest.mark.spec("RFC 7523", "3")
def test_a_wrong_signature_is_refused(assertion_host):
    assert is_refused(
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", number=1)
        )
    )
    forged = sign_claims(
        build_assertion_claims(),
        "RS256",
        number=1,
        kid=key_set("RS256")["keys"][0]["kid"],
    )
    assert is_refused(post_assertion(assertion_host, forged))
    assert is_refused(
        post_assertion(
            assertion_host, jwt.encode(build_assertion_claims(), None, "none")
        )
    )


@pytest.mark.spec("RFC 8725", "2.1")
def test_a_public_key_used_as_hmac_secret_is_refused(assertion_host):
    """The old trick: HMAC under what everybody knows of the key."""
    public = key_set("RS256")["keys"][0]["n"]
    assert is_refused(
        post_assertion(
            assertion_host, jwt.encode(build_assertion_claims(), public, "HS256")
        )
    )


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize(
    "name", ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "dpop+jwt"]
)
def test_a_jwt_of_another_type_is_refused(assertion_host, name):
    assert is_refused(
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", typ=name)
        )
    )


@pytest.mark.parametrize("name", ["JWT", "client-authentication+jwt", None])
def test_a_jwt_of_an_assertion_type_or_without_type_is_accepted(assertion_host, name):
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", typ=name)
        ).status_int
        == 200
    )


@pytest.mark.spec("RFC 7591", "2")
def test_only_the_registered_algorithm_is_accepted(new_host):
    host = new_host()
    jwks = key_set("RS256", "ES256")
    register_robot(host, jwks=jwks, token_endpoint_auth_signing_alg="ES256")
    assert (
        post_assertion(host, sign_claims(build_assertion_claims(), "ES256")).status_int
        == 200
    )
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "RS256"))
    )
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "PS256"))
    )


@pytest.mark.spec("RFC 6749", "2.3")
def test_two_authentication_methods_at_once_are_refused(assertion_host):
    token = sign_claims(build_assertion_claims(), "RS256")
    both = post_assertion(assertion_host, token, client_id="robot", client_secret="x")
    assert (both.status_int, both.json["error"]) == (400, "invalid_request")
    assert is_refused(post_assertion(assertion_host, token, client_id="other"))
    assert post_assertion(assertion_host, token, client_id="robot").status_int == 200


def test_a_client_with_a_secret_cannot_use_an_assertion(new_host):
    host = new_host()
    register_robot(host, method="client_secret_post", jwks=key_set("RS256"))
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "RS256"))
    )


@pytest.mark.spec("RFC 7521", "4.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_assertion_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"},
        {"client_assertion_type": None},
        {"client_assertion": "a.b.c"},
        {"client_assertion": "x"},
        {"client_assertion": "a.b.c.d.e"},
        {"client_assertion": None},
    ],
    ids=str,
)
def test_a_malformed_assertion_is_refused(assertion_host, changes):
    sent = {
        **build_assertion_form(sign_claims(build_assertion_claims(), "RS256")),
        **changes,
    }
    sent = {name: value for name, value in sent.items() if value is not None}
    assert is_refused(
        assertion_host.browser().post("/oauth/token", sent, expect_errors=True)
    )


@pytest.mark.parametrize("endpoint", ["revoke", "introspect"])
def test_an_assertion_is_accepted_at_every_endpoint_with_client_authentication(
    new_host, endpoint
):
    host = new_host(assertion_audience="endpoint")
    register_robot(host, jwks=key_set("RS256"))
    made = build_assertion_claims(aud=f"{ISSUER}/{endpoint}")
    answer = post_assertion(host, sign_claims(made, "RS256"), endpoint, token="unknown")
    assert answer.status_int == 200
    again = post_assertion(host, sign_claims(made, "RS256"), endpoint, token="unknown")
    assert is_refused(again)
    assert is_refused(
        post_assertion(
            host,
            sign_claims(build_assertion_claims(aud=f"{ISSUER}/authorize"), "RS256"),
        )
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
    """The request begins anew with a fresh copy and meets its own `jti`."""
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


@pytest.mark.spec("RFC 8414", "2")
def test_the_metadata_lists_methods_and_algorithms(assertion_host, new_host):
    document = assertion_host.browser().get(WELL_KNOWN).json
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert set(document["token_endpoint_auth_signing_alg_values_supported"]) == {
        *SIGNATURES,
        *("HS256", "HS384", "HS512"),
    }
    secrets_only = new_host(token_endpoint_auth_methods="client_secret_basic")
    document = secrets_only.browser().get(WELL_KNOWN).json
    assert "token_endpoint_auth_signing_alg_values_supported" not in document


def test_client_secret_jwt_without_a_key_encryption_key_stops_the_start(new_host):
    with pytest.raises(ConfigurationError, match="key_encryption_keys is missing"):
        new_host(
            secret="",
            token_endpoint_auth_methods=METHODS,
            grant_types="client_credentials",
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


def test_an_assertion_takes_one_more_statement(assertion_host):
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256")
        ).status_int
        == 200
    )
    token, statements = (
        sign_claims(build_assertion_claims(), "RS256"),
        assertion_host.record_statements(),
    )
    assert post_assertion(assertion_host, token).status_int == 200
    assert len([text for text in statements if "used_assertion" in text]) == 1
    assert len(statements) == 2
