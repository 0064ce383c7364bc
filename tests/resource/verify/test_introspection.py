"""Remote introspection, with an issuer that answers over HTTP."""

from __future__ import annotations

import logging
import threading
import time
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import from_pem
from pyramid_oauth.jose.jws import verify
from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    PrivateKeyJWT,
    SecretBasic,
    SecretPost,
    TLSCertificate,
    VerifierUnavailable,
)
from tests.resource.verify.issuer import API, Issuer
from tests.support.servers import build_response

TOKEN = "o-paque"


def make_verifier(issuer: Issuer, **options: Any) -> Introspection:
    credentials = options.pop("credentials", SecretBasic("api", "s3cret"))
    given = {"issuer": issuer.url, "timeout": 1, "cache_seconds": 0, **options}
    return Introspection(credentials, **given)


def active(**members: Any) -> dict[str, Any]:
    claims = {
        "active": True,
        "client_id": "app",
        "sub": "alice",
        "scope": "read",
        "token_type": "Bearer",
        "exp": clock.timestamp() + 300,
        **members,
    }
    return {name: value for name, value in claims.items() if value is not None}


@pytest.fixture(autouse=True)
def active_token(issuer):
    issuer.tokens[TOKEN] = active()


@pytest.mark.spec("RFC 7662", "2.1")
def test_an_active_token_has_its_user_client_and_scope(issuer):
    identity = make_verifier(issuer).verify(TOKEN)
    assert identity.user_id == "alice"
    assert identity.client_id == "app"
    assert identity.has("read")
    assert identity.issuer == issuer.url
    assert issuer.forms == [{"token": TOKEN, "token_type_hint": "access_token"}]


@pytest.mark.parametrize("sub", ["app", None])
def test_a_token_of_a_client_for_itself_is_not_taken_for_a_person(issuer, sub):
    issuer.tokens[TOKEN] = active(sub=sub)
    assert make_verifier(issuer).verify(TOKEN).user_id is None


@pytest.mark.spec("RFC 7662", "2.2")
@pytest.mark.parametrize(
    "members",
    [
        {"active": False},
        {"iss": "https://other.example"},
        {"iss": ["x"]},
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": 4e9},
        {"client_id": None},
        {"sub": {"a": 1}},
        {"token_type": None},
        {"token_type": "refresh_token"},
        {"token_use": "refresh_token"},
        {"scope": 5},
        {"cnf": []},
        {"aud": 5},
    ],
    ids=str,
)
def test_an_answer_that_describes_no_valid_access_token_refuses_it(issuer, members):
    issuer.tokens[TOKEN] = active(**members)
    with pytest.raises(InvalidToken):
        make_verifier(issuer).verify(TOKEN)


@pytest.mark.parametrize("value", ["true", 1, [True], None])
def test_active_is_a_boolean(issuer, value):
    issuer.tokens[TOKEN] = active(active=value)
    with pytest.raises(VerifierUnavailable):
        make_verifier(issuer).verify(TOKEN)


def test_an_audience_is_enforced_where_it_is_given(issuer):
    verifier = make_verifier(issuer, audience=API)
    with pytest.raises(InvalidToken):
        verifier.verify(TOKEN)
    issuer.tokens[TOKEN] = active(aud=["https://x.example", API])
    assert API in verifier.verify(TOKEN).audience


def test_a_server_that_names_no_type_needs_a_setting(issuer):
    issuer.tokens[TOKEN] = active(token_type=None)
    assert make_verifier(issuer, requires_token_type=False).verify(TOKEN).user_id


# ---- authentication of the API


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_the_secret_is_sent_in_the_header(issuer):
    make_verifier(issuer, credentials=SecretBasic("a b", "s:%")).verify(TOKEN)
    value = issuer.headers[0].split("Authorization: Basic ")[1].split("\r\n")[0]
    assert b64decode(value) == b"a+b:s%3A%25"


def test_the_secret_is_sent_in_the_form(issuer):
    make_verifier(issuer, credentials=SecretPost("api", "s3cret")).verify(TOKEN)
    assert issuer.forms[0]["client_secret"] == "s3cret"
    assert "Authorization" not in issuer.headers[0]


@pytest.mark.spec("RFC 7523", "2.2")
def test_each_request_has_a_new_assertion(issuer):
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    credentials = PrivateKeyJWT("api", pem.decode(), issuer.url)
    verifier = make_verifier(issuer, credentials=credentials)
    verifier.verify(TOKEN)
    verifier.verify(TOKEN)
    claims = [
        verify(form["client_assertion"], [from_pem(pem)], algorithms=["ES256"])
        for form in issuer.forms
    ]
    assert {each["aud"] for each in claims} == {issuer.url}
    assert len({each["jti"] for each in claims}) == 2
    assert claims[0]["iss"] == claims[0]["sub"] == "api"


@pytest.mark.parametrize("algorithm", ["RS256", "ES384", "HS256", "none", "dir"])
def test_an_algorithm_that_the_key_does_not_fit_is_refused(algorithm):
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(ValueError, match=r"does not fit|is no signature algorithm"):
        PrivateKeyJWT("api", pem.decode(), "https://as.example", algorithm)


def test_the_endpoint_of_another_origin_gets_neither_token_nor_secret(
    issuer, other_issuer
):
    issuer.metadata["introspection_endpoint"] = f"{other_issuer.url}/introspect"
    with pytest.raises(VerifierUnavailable, match="another origin"):
        make_verifier(issuer).verify(TOKEN)
    assert other_issuer.paths == []


@pytest.mark.spec("RFC 8705", "5")
def test_an_api_with_a_certificate_asks_at_the_alias(issuer, other_issuer):
    endpoint = issuer.metadata["introspection_endpoint"]
    issuer.metadata["introspection_endpoint"] = f"{issuer.url}/unused"
    issuer.metadata["mtls_endpoint_aliases"] = {"introspection_endpoint": endpoint}
    by_certificate = {"credentials": TLSCertificate("api")}
    make_verifier(issuer, **by_certificate).verify(TOKEN)
    assert issuer.forms[-1]["client_id"] == "api"
    issuer.metadata["mtls_endpoint_aliases"] = {
        "introspection_endpoint": f"{other_issuer.url}/introspect"
    }
    with pytest.raises(VerifierUnavailable, match="another origin"):
        make_verifier(issuer, **by_certificate).verify(TOKEN)
    issuer.metadata["mtls_endpoint_aliases"] = "no object"
    issuer.metadata["introspection_endpoint"] = endpoint
    make_verifier(issuer, **by_certificate).verify(TOKEN)
    assert other_issuer.paths == []


# ---- cache


@pytest.mark.spec("RFC 7662", "4")
def test_an_answer_is_remembered_for_a_time_but_not_beyond_its_expiry(issuer):
    with clock.frozen() as time_:
        issuer.tokens[TOKEN] = active(exp=clock.timestamp() + 15)
        verifier = make_verifier(issuer, cache_seconds=10)
        verifier.verify(TOKEN)
        verifier.verify(TOKEN)
        assert len(issuer.forms) == 1
        time_.advance(10)
        verifier.verify(TOKEN)
        assert len(issuer.forms) == 2
        time_.advance(5)
        with pytest.raises(InvalidToken):
            verifier.verify(TOKEN)


def test_without_a_lifetime_each_request_asks(issuer):
    verifier = make_verifier(issuer, cache_seconds=0)
    verifier.verify(TOKEN)
    issuer.tokens.clear()
    with pytest.raises(InvalidToken):
        verifier.verify(TOKEN)


@pytest.mark.parametrize(("seconds", "asked"), [(0, 3), (5, 1)])
def test_a_refusal_is_remembered_only_by_setting(issuer, seconds, asked):
    verifier = make_verifier(issuer, refusal_cache_seconds=seconds, cache_seconds=60)
    for _ in range(3):
        with pytest.raises(InvalidToken):
            verifier.verify("unknown")
    assert len(issuer.forms) == asked


def test_the_cache_is_bounded(issuer):
    issuer.tokens |= {f"t{number}": active() for number in range(5)}
    verifier = make_verifier(issuer, cache_seconds=60, cache_entries=2)
    for token in ("t0", "t1", "t2", "t2", "t1", "t0"):
        verifier.verify(token)
    assert [form["token"] for form in issuer.forms] == ["t0", "t1", "t2", "t0"]


def test_many_threads_share_one_request(issuer):
    issuer.delay = 0.2
    verifier = make_verifier(issuer)
    done: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: done.append(verifier.verify(TOKEN).user_id))
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == ["alice"] * 16
    assert len(issuer.forms) == 1


# ---- outages


ENDLESS = 8
"""Seconds of an answer that nobody should wait for; half of it is soon enough."""


def hangs(peer, request):
    time.sleep(ENDLESS)


def resets(peer, request):
    peer.close()


def drips(peer, request):
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(10 * ENDLESS):
        time.sleep(0.1)
        peer.sendall(b"x")


def answers(body: bytes = b"{}", status: str = "200 OK"):
    return lambda peer, request: peer.sendall(build_response(body, status))


@pytest.mark.parametrize(
    "failure",
    [
        hangs,
        resets,
        drips,
        answers(b'{"active": true', "200 OK"),
        answers(b"[true]"),
        answers(b'{"active": true, "active": true}'),
        answers(b" " * 100_000),
        answers(status="503 Service Unavailable"),
        answers(status="401 Unauthorized"),
        answers(b'{"active": true, "client_id": "app"}', "302 Found"),
    ],
)
def test_an_outage_is_neither_a_refusal_nor_an_acceptance(issuer, failure):
    verifier = make_verifier(issuer, endpoint=f"{issuer.url}/introspect", timeout=0.3)
    issuer.failure = failure
    began = time.monotonic()
    with pytest.raises(VerifierUnavailable) as caught:
        verifier.verify(TOKEN)
    assert time.monotonic() - began < ENDLESS / 2
    assert caught.value.retry_after > 0


def test_a_server_that_hangs_does_not_hold_every_thread_for_long(issuer):
    verifier = make_verifier(issuer, endpoint=f"{issuer.url}/introspect", timeout=0.2)
    issuer.failure = hangs
    began = time.monotonic()
    for number in range(50):
        with pytest.raises(VerifierUnavailable):
            verifier.verify(f"token{number}")
    assert time.monotonic() - began < ENDLESS / 2


def test_a_caller_cannot_stop_the_api_by_tokens_that_the_server_calls_errors(issuer):
    verifier = make_verifier(issuer)
    verifier.verify(TOKEN)
    issuer.failure = answers(status="400 Bad Request")
    for number in range(10):
        with pytest.raises(VerifierUnavailable):
            verifier.verify(f"bad{number}")
    issuer.failure = None
    verifier.verify(TOKEN)


def test_no_log_has_the_token_or_the_secret(issuer, caplog):
    caplog.set_level(logging.DEBUG)
    verifier = make_verifier(issuer, timeout=0.3)
    verifier.verify(TOKEN)
    for failure in (answers(status="401 Unauthorized"), resets):
        issuer.failure = failure
        with pytest.raises(VerifierUnavailable) as caught:
            verifier.verify(TOKEN)
        assert TOKEN not in str(caught.value)
    assert TOKEN not in caplog.text
    assert "s3cret" not in caplog.text


def test_long_tokens_are_refused_before_the_issuer_is_asked(issuer):
    with pytest.raises(InvalidToken):
        make_verifier(issuer).verify("x" * 20_000)
    assert issuer.paths == []
