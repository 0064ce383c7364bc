"""No pushed request and no request URI makes a server error (property-based)."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.pushing import PATH, URN, open_request_uri, push
from tests.support.request_objects import (
    build_changed_unsigned_object,
    sign_changed_object,
)

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)
CLAIMS = st.dictionaries(
    st.sampled_from(
        ["state", "scope", "redirect_uri", "request_uri", "prompt", "aud", "exp"]
    )
    | TEXT,
    JSON,
    max_size=5,
)
OBJECTS = st.one_of(
    CLAIMS.map(sign_changed_object),
    CLAIMS.map(build_changed_unsigned_object),
    st.lists(st.text("AZaz09-_=", max_size=12), max_size=6).map(".".join),
)
NAMES = st.one_of(
    st.sampled_from(["response_type", "redirect_uri", "scope", "state", "nonce"]),
    st.sampled_from(["code_challenge", "code_challenge_method", "response_mode"]),
    st.sampled_from(["client_id", "client_secret", "client_assertion"]),
    st.sampled_from(["client_assertion_type", "grant_type", "registration"]),
    st.sampled_from(["request_uri", "prompt", "max_age", "claims", "resource"]),
    st.just("id_token_hint"),
)
CHANGES = st.dictionaries(NAMES | TEXT, st.none() | TEXT, max_size=5)
URIS = st.one_of(
    TEXT,
    TEXT.map(lambda text: URN + text),
    st.binary(max_size=32).map(lambda raw: URN + raw.hex()),
    st.just(URN + "A" * 43),
)


@settings(max_examples=at_most(200))
@given(changes=CHANGES, token=st.none() | OBJECTS, logged_in=st.booleans())
def test_no_push_makes_a_server_error(fuzzed_login_provider, changes, token, logged_in):
    form = {**changes, **({} if token is None else {"request": token})}
    form = {k: v.encode("utf-8", "surrogatepass") for k, v in form.items() if v}
    answer = push(fuzzed_login_provider, fuzzed_login_provider.web, **form)
    assert answer.status_int in (201, 400, 401)
    if answer.status_int != 201:
        assert answer.json["error"]
        return
    browser = fuzzed_login_provider.open_browser("alice" if logged_in else None)
    response = open_request_uri(browser, answer.json["request_uri"])
    assert response.status_int < 500
    while response.status_int == 303 and response.location.startswith("/oauth"):
        response = browser.get(response.location, expect_errors=True)
        assert response.status_int < 500


@settings(max_examples=at_most(200))
@given(uri=URIS, more=st.dictionaries(NAMES, TEXT, max_size=3))
def test_no_request_uri_makes_a_server_error(fuzzed_login_provider, uri, more):
    others = {k: v for k, v in more.items() if k not in ("client_id", "request_uri")}
    answer = open_request_uri(
        fuzzed_login_provider.open_browser("alice"), uri, **others
    )
    assert answer.status_int < 500


@settings(max_examples=at_most(100))
@given(body=st.binary(max_size=200))
def test_no_body_makes_a_server_error(fuzzed_login_provider, body):
    kind = "application/x-www-form-urlencoded"
    answer = fuzzed_login_provider.browser().post(
        PATH, body, {"Content-Type": kind}, expect_errors=True
    )
    assert 400 <= answer.status_int < 500
    assert json.loads(answer.body)["error"]
