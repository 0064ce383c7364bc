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
    asks,
    claims,
    form,
    key_set,
    robot,
    signed,
)
from tests.support.key_material import SIGNATURES, private_key

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.outbound_allow_private:"
    "pyramid_oauth.errors.InsecureSettingWarning"
)
WELL_KNOWN = "/oauth/.well-known/oauth-authorization-server"


@pytest.fixture
def host(new_host):
    made = new_host(token_endpoint_auth_methods=METHODS)
    robot(made, jwks=key_set("RS256"))
    return made


def refused(answer):
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    return True


@pytest.mark.spec("RFC 7523", "2.2")
@pytest.mark.parametrize("alg", SIGNATURES)
def test_a_signed_assertion_proves_the_client(new_host, alg):
    host = new_host()
    robot(host, jwks=key_set(alg))
    assert asks(host, signed(claims(), alg)).json["access_token"]


@pytest.mark.spec("OpenID Connect Core", "9")
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_the_secret_may_serve_as_the_key(new_host, alg):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = robot(host, method="client_secret_jwt")
    assert asks(host, jwt.encode(claims(), secret, alg)).json["access_token"]
    assert refused(asks(host, jwt.encode(claims(), "x" * 64, alg)))


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
def test_issuer_and_endpoint_are_both_an_audience(host, audience):
    assert asks(host, signed(claims(aud=audience), "RS256")).status_int == 200


def test_only_the_issuer_is_an_audience_where_that_is_set(new_host):
    host = new_host(assertion_audience="issuer")
    robot(host, jwks=key_set("ES256"))
    assert asks(host, signed(claims(), "ES256")).status_int == 200
    assert asks(host, signed(claims(aud=[ISSUER]), "ES256")).status_int == 200
    assert refused(asks(host, signed(claims(aud=f"{ISSUER}/token"), "ES256")))
    # Whoever else is named could have brought it here.
    both = [ISSUER, "https://elsewhere.example"]
    assert refused(asks(host, signed(claims(aud=both), "ES256")))


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "later",
    [
        {"exp": -31},
        {"exp": 3600},
        {"nbf": 120},
        {"iat": 120},
    ],
    ids=str,
)
def test_an_assertion_has_its_time(host, later):
    times = {name: int(time.time()) + seconds for name, seconds in later.items()}
    assert refused(asks(host, unchecked(claims(**times))))


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
def test_claims_that_do_not_hold_are_refused(host, changes):
    assert refused(asks(host, unchecked(claims(**changes))))


def unchecked(made):
    """Sign without PyJWT's own look at the claims."""
    pem = private_key("RS256").as_pem(private=True)
    return jwt.PyJWS().encode(json.dumps(made).encode(), pem, "RS256")


def test_a_clock_may_be_a_little_wrong(host):
    early = claims(iat=int(time.time()) + 10, nbf=int(time.time()) + 10)
    late = claims(exp=int(time.time()) - 10)
    assert asks(host, signed(early, "RS256")).status_int == 200
    assert asks(host, unchecked(late)).status_int == 200


@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_counts_once(host):
    token = signed(claims(), "RS256")
    assert asks(host, token).status_int == 200
    assert refused(asks(host, token))
    assert refused(asks(host, token, "revoke", token="x"))


def test_an_assertion_is_spent_even_where_the_request_fails(host):
    token = signed(claims(), "RS256")
    assert asks(host, token, scope="nothing").json["error"] == "invalid_scope"
    assert refused(asks(host, token))


@pytest.mark.spec("RFC 7523", "3")
def test_a_wrong_signature_is_refused(host):
    assert refused(asks(host, signed(claims(), "RS256", number=1)))
    forged = signed(claims(), "RS256", number=1, kid=key_set("RS256")["keys"][0]["kid"])
    assert refused(asks(host, forged))
    assert refused(asks(host, jwt.encode(claims(), None, "none")))


@pytest.mark.spec("RFC 8725", "2.1")
def test_a_public_key_is_no_secret(host):
    """The old trick: HMAC under what everybody knows of the key."""
    public = key_set("RS256")["keys"][0]["n"]
    assert refused(asks(host, jwt.encode(claims(), public, "HS256")))


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize(
    "name", ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "dpop+jwt"]
)
def test_another_token_of_the_client_is_no_assertion(host, name):
    assert refused(asks(host, signed(claims(), "RS256", typ=name)))


@pytest.mark.parametrize("name", ["JWT", "client-authentication+jwt", None])
def test_an_assertion_may_say_what_it_is(host, name):
    assert asks(host, signed(claims(), "RS256", typ=name)).status_int == 200


@pytest.mark.spec("RFC 7591", "2")
def test_only_the_registered_algorithm_is_taken(new_host):
    host = new_host()
    jwks = key_set("RS256", "ES256")
    robot(host, jwks=jwks, token_endpoint_auth_signing_alg="ES256")
    assert asks(host, signed(claims(), "ES256")).status_int == 200
    assert refused(asks(host, signed(claims(), "RS256")))
    assert refused(asks(host, signed(claims(), "PS256")))


@pytest.mark.spec("RFC 6749", "2.3")
def test_one_method_at_a_time(host):
    token = signed(claims(), "RS256")
    both = asks(host, token, client_id="robot", client_secret="x")
    assert (both.status_int, both.json["error"]) == (400, "invalid_request")
    assert refused(asks(host, token, client_id="other"))
    assert asks(host, token, client_id="robot").status_int == 200


def test_a_client_with_a_secret_cannot_use_an_assertion(new_host):
    host = new_host()
    robot(host, method="client_secret_post", jwks=key_set("RS256"))
    assert refused(asks(host, signed(claims(), "RS256")))


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
def test_a_malformed_assertion_is_refused(host, changes):
    sent = {**form(signed(claims(), "RS256")), **changes}
    sent = {name: value for name, value in sent.items() if value is not None}
    assert refused(host.browser().post("/oauth/token", sent, expect_errors=True))


@pytest.mark.parametrize("endpoint", ["revoke", "introspect"])
def test_it_works_wherever_clients_authenticate(host, endpoint):
    made = claims(aud=f"{ISSUER}/{endpoint}")
    answer = asks(host, signed(made, "RS256"), endpoint, token="unknown")
    assert answer.status_int == 200
    again = asks(host, signed(made, "RS256"), endpoint, token="unknown")
    assert refused(again)
    assert refused(asks(host, signed(claims(aud=f"{ISSUER}/authorize"), "RS256")))


def test_a_key_that_a_client_changed_counts_at_once(host):
    assert asks(host, signed(claims(), "RS256")).status_int == 200
    host.change("robot", client_metadata={"jwks": key_set("RS256", number=1)})
    assert asks(host, signed(claims(), "RS256", number=1)).status_int == 200
    assert refused(asks(host, signed(claims(), "RS256")))


def test_a_client_changed_in_between_is_no_replay(host):
    """The request begins anew with a fresh copy and meets its own `jti`."""
    assert asks(host, signed(claims(), "RS256")).status_int == 200
    host.change("robot", name="Renamed")
    assert asks(host, signed(claims(), "RS256")).status_int == 200


def test_a_retired_or_expired_secret_is_no_key(new_host):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = robot(host, method="client_secret_jwt")
    host.change("robot", client_secret_expires_at=now() - timedelta(seconds=1))
    assert refused(asks(host, jwt.encode(claims(), secret, "HS256")))


def test_a_secret_is_readable_only_where_it_is_a_key(new_host):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = robot(host, method="client_secret_post")
    with host.engine.connect() as connection:
        model = host.models.Application
        sealed = connection.execute(model.__table__.select()).one().sealed_client_secret
    assert sealed is None
    assert refused(asks(host, jwt.encode(claims(), secret, "HS256")))


@pytest.mark.spec("RFC 8414", "2")
def test_metadata_names_methods_and_algorithms(host, new_host):
    document = host.browser().get(WELL_KNOWN).json
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert set(document["token_endpoint_auth_signing_alg_values_supported"]) == {
        *SIGNATURES,
        *("HS256", "HS384", "HS512"),
    }
    secrets_only = new_host(token_endpoint_auth_methods="client_secret_basic")
    document = secrets_only.browser().get(WELL_KNOWN).json
    assert "token_endpoint_auth_signing_alg_values_supported" not in document


def test_shared_secrets_need_a_seal(new_host):
    with pytest.raises(ConfigurationError, match="key_encryption_keys is missing"):
        new_host(
            secret="",
            token_endpoint_auth_methods=METHODS,
            grant_types="client_credentials",
        )


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_keys_are_fetched_and_looked_up_again_when_one_is_missing(
    new_host, client_site
):
    host = new_host(**client_site.settings)
    client_site.says(key_set("RS256"))
    robot(host, jwks_uri=client_site.url)
    for _ in range(3):
        assert asks(host, signed(claims(), "RS256")).status_int == 200
    assert client_site.server.connections == 1
    client_site.says(key_set("RS256", number=1))
    assert asks(host, signed(claims(), "RS256", number=1)).status_int == 200
    assert client_site.server.connections == 2


def test_an_authority_of_your_own_counts_beside_those_of_the_system(
    new_host, client_site, tmp_path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", client_site.settings["outbound_ca_file"])
    trustme.CA().cert_pem.write_to_path(tmp_path / "own.pem")
    own = {"outbound_ca_file": str(tmp_path / "own.pem")}
    host = new_host(**{**client_site.settings, **own})
    client_site.says(key_set("RS256"))
    robot(host, jwks_uri=client_site.url)
    assert asks(host, signed(claims(), "RS256")).status_int == 200


@pytest.mark.parametrize("says", ["nothing", [], {"keys": 7}, {"keys": [7, {}]}])
def test_a_site_without_keys_proves_nothing(new_host, client_site, says):
    host = new_host(**client_site.settings)
    client_site.says(says)
    robot(host, jwks_uri=client_site.url)
    assert refused(asks(host, signed(claims(), "RS256")))


def test_an_assertion_costs_one_statement(host):
    assert asks(host, signed(claims(), "RS256")).status_int == 200
    token, statements = signed(claims(), "RS256"), host.statements()
    assert asks(host, token).status_int == 200
    assert len([text for text in statements if "used_assertion" in text]) == 1
    assert len(statements) == 2
