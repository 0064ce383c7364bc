"""ID Tokens from the token endpoint (OpenID Connect Core sections 2, 3.1.3, 12.2)."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from pyramid_oauth import clock
from tests.support.host import obtain_tokens, refresh_tokens
from tests.support.key_material import MACS, SIGNATURES
from tests.support.people import People
from tests.support.provider import ISSUER, NONCE, compute_half_hash, log_in_to_client

EVERY_KEY = {"signing_algorithms": " ".join(SIGNATURES), "keys": SIGNATURES}


@pytest.mark.spec("OpenID Connect Core", "2")
@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
def test_redeeming_a_code_issues_an_id_token(provider, web_client):
    with clock.frozen():
        now = clock.timestamp()
        tokens = log_in_to_client(provider, web_client)
        claims = provider.verify_id_token(tokens["id_token"])
    assert claims == {
        "iss": ISSUER,
        "sub": "alice",
        "aud": "web",
        "iat": now,
        "exp": now + 3600,
        "nonce": NONCE,
        "at_hash": compute_half_hash(tokens["access_token"]),
    }


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
@pytest.mark.parametrize(
    ("fields", "has_sid"),
    [
        ({}, False),
        ({"post_logout_redirect_uris": "https://client.example/out"}, True),
        ({"frontchannel_logout_uri": "https://client.example/front"}, True),
        ({"backchannel_logout_uri": "https://client.example/back"}, True),
    ],
    ids=["none", "redirect", "front", "back"],
)
def test_a_client_that_takes_part_in_logouts_gets_the_session(
    new_provider, fields, has_sid
):
    provider = new_provider(frontchannel_logout="true", backchannel_logout="true")
    metadata = dict(fields)
    column = metadata.pop("post_logout_redirect_uris", "")
    client = provider.register_client(
        post_logout_redirect_uris=column, client_metadata=metadata
    )
    tokens = log_in_to_client(provider, client)
    sid = provider.verify_id_token(tokens["id_token"]).get("sid", "")
    assert len(sid) == (43 if has_sid else 0)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_without_the_scope_openid_no_id_token_is_issued(provider, web_client):
    assert "id_token" not in log_in_to_client(provider, web_client, scope="read")
    assert "id_token" not in obtain_tokens(provider, web_client)


def test_a_request_without_a_nonce_gets_an_id_token_without_one(provider, web_client):
    tokens = log_in_to_client(provider, web_client, nonce=None)
    assert "nonce" not in provider.verify_id_token(tokens["id_token"])


@pytest.mark.spec("OpenID Connect Core", "2")
def test_the_id_token_has_auth_time_acr_and_amr(new_provider):
    moment = clock.now() - timedelta(hours=2)
    people = People(auth_time=moment, acr="urn:example:silver", amr=("pwd", "otp"))
    provider = new_provider(people=people)
    tokens = log_in_to_client(provider, provider.register_client())
    claims = provider.verify_id_token(tokens["id_token"])
    assert claims["auth_time"] == int(moment.timestamp())
    assert claims["acr"] == "urn:example:silver"
    assert claims["amr"] == ["pwd", "otp"]


def test_the_id_token_lifetime_is_a_setting(new_provider):
    provider = new_provider(id_token_lifetime="300")
    claims = provider.verify_id_token(
        log_in_to_client(provider, provider.register_client())["id_token"]
    )
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_scope_claims_are_in_the_id_token_only_with_the_setting(new_provider):
    scope = "openid profile"
    for setting, expected in (("false", None), ("true", "Alice Liddell")):
        provider = new_provider(id_token_scope_claims=setting)
        client = provider.register_client(client_id=f"client-{setting}")
        token = log_in_to_client(provider, client, scope=scope)["id_token"]
        claims = provider.verify_id_token(token, client["client_id"])
        assert claims.get("name") == expected


def test_claims_of_the_host_cannot_replace_protocol_claims(new_provider):
    provider = new_provider(id_token_scope_claims="true")
    client = provider.register_client()
    claims = provider.verify_id_token(
        log_in_to_client(provider, client, scope="openid profile email")["id_token"]
    )
    assert (claims["iss"], claims["sub"]) == (ISSUER, "alice")
    assert "internal_rank" not in claims


@pytest.mark.spec("RFC 7518", "3.1")
@pytest.mark.spec("OpenID Connect Core", "3.1.3.6")
def test_the_signature_algorithm_is_the_registered_one(new_provider):
    provider = new_provider(**EVERY_KEY)
    for alg in SIGNATURES:
        client = provider.register_client(
            client_id=f"client-{alg}",
            client_metadata={"id_token_signed_response_alg": alg},
        )
        tokens = log_in_to_client(provider, client)
        assert jwt.get_unverified_header(tokens["id_token"])["alg"] == alg
        claims = provider.verify_id_token(tokens["id_token"], client["client_id"])
        digest = "sha512" if alg == "EdDSA" else f"sha{alg[2:]}"
        assert claims["at_hash"] == compute_half_hash(tokens["access_token"], digest)


@pytest.mark.spec("OpenID Connect Core", "10.1")
@pytest.mark.parametrize("alg", MACS)
def test_a_client_registered_for_hs256_gets_tokens_signed_by_its_secret(provider, alg):
    metadata = {"id_token_signed_response_alg": alg}
    if alg == "HS512":
        metadata["token_endpoint_auth_signing_alg"] = "HS512"
    client = provider.register_client(client_metadata=metadata)
    tokens = log_in_to_client(provider, client)
    claims = jwt.decode(
        tokens["id_token"],
        client["client_secret"],
        algorithms=[alg],
        audience="web",
        issuer=ISSUER,
    )
    assert claims["sub"] == "alice"
    assert claims["at_hash"] == compute_half_hash(
        tokens["access_token"], f"sha{alg[2:]}"
    )


@pytest.mark.spec("OpenID Connect Core", "12.2")
def test_a_refreshed_id_token_keeps_auth_time_and_subject(new_provider):
    with clock.frozen() as time:
        moment = clock.now() - timedelta(minutes=5)
        provider = new_provider(people=People(auth_time=moment, amr=("pwd",)))
        uri = "https://client.example/out"
        client = provider.register_client(post_logout_redirect_uris=uri)
        first = log_in_to_client(provider, client)
        before = provider.verify_id_token(first["id_token"])
        provider.people.login = {"auth_time": clock.now(), "amr": ("otp",)}
        time.advance(600)
        second = refresh_tokens(provider, client, first["refresh_token"]).json
        after = provider.verify_id_token(second["id_token"])
    assert after["iat"] == before["iat"] + 600
    assert after["at_hash"] == compute_half_hash(second["access_token"])
    assert "nonce" not in after
    same = ("iss", "sub", "aud", "auth_time", "amr", "sid")
    assert [after[name] for name in same] == [before[name] for name in same]


@pytest.mark.spec("OpenID Connect Core", "12.2")
def test_a_refresh_without_the_scope_openid_issues_no_id_token(provider, web_client):
    tokens = log_in_to_client(provider, web_client, scope="openid read")
    second = refresh_tokens(
        provider, web_client, tokens["refresh_token"], scope="read"
    ).json
    assert "id_token" not in second


def test_the_client_credentials_grant_issues_no_id_token(provider, web_client):
    form = {"grant_type": "client_credentials", "scope": "read", **web_client}
    assert "id_token" not in provider.browser().post("/oauth/token", form).json
    refused = provider.browser().post(
        "/oauth/token", {**form, "scope": "openid"}, status=400
    )
    assert refused.json["error"] == "invalid_scope"
