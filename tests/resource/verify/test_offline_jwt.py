"""Offline verification of JWT access tokens, with an issuer that answers over HTTP."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from pyramid_oauth import clock
from pyramid_oauth.jose.jws import secret_signer, sign
from pyramid_oauth.resource.verify import (
    InvalidToken,
    OfflineJWT,
    VerifierUnavailable,
)
from tests.resource.verify.issuer import API, Issuer
from tests.support.servers import build_response


def make_verifier(issuer: Issuer, **options: Any) -> OfflineJWT:
    return OfflineJWT(issuer.url, **{"audience": API, "timeout": 1, **options})


@pytest.mark.spec("RFC 9068", "4")
def test_an_access_token_has_its_user_client_scope_and_issuer(issuer):
    identity = make_verifier(issuer).verify(issuer.jwt(acr="mfa"))
    assert identity.user_id == "alice"
    assert identity.client_id == "app"
    assert identity.has("read")
    assert identity.audience == (API,)
    assert identity.issuer == issuer.url
    assert identity.claims["acr"] == "mfa"
    assert identity.expires_at is not None


@pytest.mark.spec("RFC 9068", "5")
def test_a_token_of_a_client_for_itself_is_not_taken_for_a_person(issuer):
    identity = make_verifier(issuer).verify(issuer.jwt(sub="app"))
    assert identity.user_id is None
    assert identity.client_id == "app"


def test_the_host_tells_the_user_of_issuers_that_do_it_otherwise(issuer):
    verifier = make_verifier(
        issuer, subject=lambda claims: None if claims.get("gty") else "a|alice"
    )
    assert verifier.verify(issuer.jwt()).user_id == "a|alice"
    assert verifier.verify(issuer.jwt(gty="client-credentials")).user_id is None


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example"},
        {"aud": ["https://other.example"]},
        {"aud": None},
        {"aud": {"a": API}},
        {"iss": "http://127.0.0.1/other"},
        {"iss": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e17},
        {"exp": 253402300799},
        {"exp": 1},
        {"nbf": 4e9},
        {"iat": 4e9},
        {"iat": None},
        {"sub": None},
        {"sub": 5},
        {"client_id": None},
        {"client_id": ""},
        {"scope": ["read"]},
        {"cnf": "x"},
    ],
    ids=str,
)
def test_a_token_with_wrong_claims_is_refused(issuer, claims):
    with pytest.raises(InvalidToken):
        make_verifier(issuer).verify(issuer.jwt(**claims))


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.parametrize("typ", ["JWT", "dpop+jwt", "logout+jwt", None])
def test_a_jwt_of_another_type_is_refused(issuer, typ):
    with pytest.raises(InvalidToken, match="another type"):
        make_verifier(issuer).verify(issuer.jwt(typ=typ))


def test_the_media_type_in_full_is_the_same_type(issuer):
    make_verifier(issuer).verify(issuer.jwt(typ="application/at+jwt"))


def test_an_issuer_before_the_profile_needs_a_weaker_mode(issuer):
    verifier = make_verifier(issuer, types=("at+jwt", "JWT"))
    token = issuer.jwt(typ="JWT", client_id=None, azp="app", iat=None)
    assert verifier.verify(token).client_id == "app"
    with pytest.raises(InvalidToken, match="ID Token"):
        verifier.verify(issuer.jwt(typ="JWT", nonce="n"))


@pytest.mark.spec("RFC 8725", "2.1")
def test_a_public_key_is_no_secret(issuer):
    """The token is signed by HMAC with what the issuer publishes."""
    signer = secret_signer(str(issuer.jwks[0]).encode(), "HS256")
    claims = {"iss": issuer.url, "aud": API, "sub": "alice", "client_id": "app"}
    token = sign({**claims, "exp": 4e9, "iat": 1}, signer, typ="at+jwt")
    with pytest.raises(InvalidToken):
        make_verifier(issuer).verify(token)
    with pytest.raises(ValueError, match="HS256"):
        make_verifier(issuer, algorithms=("HS256",))
    with pytest.raises(ValueError, match="none"):
        make_verifier(issuer, algorithms=("ES256", "none"))


def test_an_audience_is_needed():
    with pytest.raises(ValueError, match="audience"):
        OfflineJWT("https://login.example", audience=())


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example",
        "login.example",
        "https://a.example?x",
        "https://user@a.example",
        "ftp://a.example",
    ],
)
def test_an_issuer_is_an_https_url(url):
    with pytest.raises(ValueError, match="issuer"):
        OfflineJWT(url, audience=API)


def test_the_leeway_is_for_clocks_that_differ(issuer):
    with clock.frozen() as time_:
        verifier = make_verifier(issuer, leeway=10, cache_entries=0)
        token = issuer.jwt(exp=clock.timestamp() + 5)
        time_.advance(14)
        verifier.verify(token)
        time_.advance(2)
        with pytest.raises(InvalidToken, match="expired"):
            verifier.verify(token)


@pytest.mark.parametrize("entries", [0, 100])
def test_a_remembered_token_ends_when_it_expires(issuer, entries):
    with clock.frozen() as time_:
        verifier = make_verifier(issuer, leeway=0, cache_entries=entries)
        token = issuer.jwt(exp=clock.timestamp() + 20)
        assert verifier.verify(token) == verifier.verify(token)
        time_.advance(20)
        with pytest.raises(InvalidToken):
            verifier.verify(token)


# ---- keys


@pytest.mark.spec("RFC 8414", "3.1")
@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server/oauth",
        "/oauth/.well-known/openid-configuration",
        "/.well-known/openid-configuration/oauth",
        "/oauth/.well-known/oauth-authorization-server",
    ],
)
def test_the_metadata_is_found_in_each_path_form(issuer, path):
    issuer.metadata_path = path
    make_verifier(issuer).verify(issuer.jwt())


@pytest.mark.spec("RFC 8414", "3.3")
def test_metadata_of_another_issuer_is_not_used(issuer):
    issuer.metadata["issuer"] = "https://attacker.example"
    with pytest.raises(VerifierUnavailable):
        make_verifier(issuer).verify(issuer.jwt())
    assert issuer.count("/oauth/jwks") == 0


@pytest.mark.parametrize("url", ["http://[", "https://[::1", "jwks", "", "https:///x"])
def test_metadata_with_a_malformed_url_is_an_outage(issuer, url):
    issuer.metadata["jwks_uri"] = url
    with pytest.raises(VerifierUnavailable, match="has no jwks_uri"):
        make_verifier(issuer).verify(issuer.jwt())


def test_keys_at_a_private_address_of_another_host_are_not_fetched(issuer):
    issuer.metadata["jwks_uri"] = f"http://localhost:{issuer.server.port}/oauth/jwks"
    with pytest.raises(VerifierUnavailable, match="address"):
        make_verifier(issuer).verify(issuer.jwt())
    named = make_verifier(issuer, jwks_uri=issuer.metadata["jwks_uri"])
    named.verify(issuer.jwt())


def test_an_unknown_key_is_fetched_once_and_unknown_ones_do_not_hammer(issuer):
    with clock.frozen() as time_:
        verifier = make_verifier(issuer)
        verifier.verify(issuer.jwt())
        issuer.add_key("k2")
        verifier.verify(issuer.jwt(kid="k2"))
        assert issuer.count("/oauth/jwks") == 2
        issuer.add_key("k3")
        issuer.jwks.pop()
        for _ in range(20):
            with pytest.raises(InvalidToken):
                verifier.verify(issuer.jwt(kid="k3"))
        time_.advance(31)
        for _ in range(20):
            with pytest.raises(InvalidToken):
                verifier.verify(issuer.jwt(kid="k3"))
        assert issuer.count("/oauth/jwks") == 3


def test_a_withdrawn_key_is_no_longer_accepted(issuer):
    with clock.frozen() as time_:
        verifier = make_verifier(issuer)
        token = issuer.jwt(exp=clock.timestamp() + 9999)
        verifier.verify(token)
        issuer.add_key("k2")
        del issuer.jwks[0]
        time_.advance(301)
        with pytest.raises(InvalidToken):
            verifier.verify(token)


def test_many_threads_share_one_fetch(issuer):
    issuer.delay = 0.1
    verifier = make_verifier(issuer)
    tokens = [issuer.jwt(jti=str(number)) for number in range(24)]
    done: list[str | None] = []
    threads = [
        threading.Thread(target=lambda t=token: done.append(verifier.verify(t).user_id))
        for token in tokens
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == ["alice"] * 24
    assert issuer.count("/oauth/jwks") == 1


def test_keys_outlive_an_outage_up_to_a_bound(issuer):
    with clock.frozen() as time_:
        verifier = make_verifier(issuer, stale_seconds=3600, cache_entries=0)
        token = issuer.jwt(exp=clock.timestamp() + 99999)
        verifier.verify(token)
        issuer.failure = lambda peer, request: peer.sendall(
            build_response(status="503 Service Unavailable")
        )
        time_.advance(301)
        for _ in range(5):
            verifier.verify(token)
        assert issuer.count("/oauth/jwks") <= 2
        time_.advance(3600)
        with pytest.raises(VerifierUnavailable):
            verifier.verify(token)


def test_a_key_made_shortly_before_an_outage_makes_no_token_invalid(issuer):
    """Whether the issuer has the key cannot be told: 503, not 401."""
    with clock.frozen() as time_:
        verifier = make_verifier(issuer)
        verifier.verify(issuer.jwt())
        issuer.add_key("k2")
        issuer.failure = resets
        for _ in range(3):
            with pytest.raises(VerifierUnavailable) as caught:
                verifier.verify(issuer.jwt(kid="k2"))
        assert caught.value.retry_after > 0
        assert issuer.count("/oauth/jwks") == 2
        verifier.verify(issuer.jwt(jti="known"))
        issuer.failure = None
        time_.advance(31)
        verifier.verify(issuer.jwt(kid="k2"))


ENDLESS = 8
"""Seconds of an answer that nobody should wait for; half of it is soon enough."""


def hangs(peer, request):
    time.sleep(ENDLESS)


def resets(peer, request):
    peer.close()


def lies(peer, request):
    peer.sendall(build_response(b"[1, 2"))


def floods(peer, request):
    peer.sendall(build_response(b" " * 400_000))


def drips(peer, request):
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(10 * ENDLESS):
        time.sleep(0.1)
        peer.sendall(b"x")


@pytest.mark.parametrize("failure", [hangs, resets, lies, floods, drips])
def test_an_issuer_that_fails_makes_the_verifier_unavailable_in_time(issuer, failure):
    issuer.failure = failure
    verifier = make_verifier(issuer, timeout=0.3)
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(VerifierUnavailable) as caught:
            verifier.verify(issuer.jwt())
    assert time.monotonic() - began < ENDLESS / 2
    assert caught.value.retry_after > 0


def test_the_expiry_includes_the_leeway(issuer):
    with clock.frozen():
        expiry = clock.timestamp() + 60
        identity = make_verifier(issuer, leeway=10).verify(issuer.jwt(exp=expiry))
        assert identity.expires_at is not None
        assert identity.expires_at - timedelta(seconds=10) <= clock.now() + timedelta(
            seconds=60
        )
