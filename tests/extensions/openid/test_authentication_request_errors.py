"""No authentication request makes a server error (property-based)."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.host import build_authorization_request
from tests.support.request_objects import (
    build_changed_unsigned_object,
    set_client_keys,
    sign_changed_object,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id_token", "userinfo", "acr", "sub", "essential", "value"]
            )
            | st.sampled_from(["values", "name"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
PROMPTS = st.lists(
    st.sampled_from(["none", "login", "consent", "select_account", "create", "x"]),
    max_size=3,
).map(" ".join)
CLAIMS = st.dictionaries(
    st.sampled_from(["state", "max_age", "claims", "prompt", "exp", "aud", "scope"])
    | st.sampled_from(["redirect_uri", "response_type", "resource", "sub", "nbf"])
    | st.text(max_size=6),
    JSON,
    max_size=6,
)
OBJECTS = st.one_of(
    CLAIMS.map(sign_changed_object),
    CLAIMS.map(build_changed_unsigned_object),
    st.binary(max_size=60).map(lambda raw: quote(raw)),
    st.lists(st.text("AZaz09-_=", max_size=12), max_size=6).map(".".join),
)
TEXT = st.text(max_size=20)
MORE = st.fixed_dictionaries(
    {},
    optional={
        "prompt": PROMPTS | TEXT,
        "max_age": st.integers().map(str) | TEXT,
        "claims": JSON.map(json.dumps) | TEXT,
        "acr_values": TEXT,
        "id_token_hint": OBJECTS | TEXT,
        "ui_locales": TEXT,
        "display": TEXT,
        "login_hint": TEXT,
        "nonce": TEXT,
        "request": OBJECTS,
        "request_uri": TEXT | st.just("https://client.example/x"),
        "response_mode": st.sampled_from(["query", "fragment", "form_post", "x"]),
        "redirect_uri": st.just("https://evil.example"),
        "scope": st.sampled_from(["openid", "read", "openid offline_access x"]),
        "response_type": st.sampled_from(["code", "id_token", "code id_token", "x"]),
    },
)


@settings(
    max_examples=at_most(300),
)
@given(more=MORE, logged_in=st.booleans(), unsigned_allowed=st.booleans())
def test_no_request_makes_a_server_error(
    fuzzed_login_provider, more, logged_in, unsigned_allowed
):
    if unsigned_allowed:
        set_client_keys(fuzzed_login_provider, request_object_signing_alg="none")
    else:
        set_client_keys(fuzzed_login_provider, "ES256")
    browser = fuzzed_login_provider.open_browser("alice" if logged_in else None)
    form = build_authorization_request(**{"scope": "openid", "nonce": "n", **more})
    answer = browser.post("/oauth/authorize", form, expect_errors=True)
    assert answer.status_int < 500
    while answer.status_int == 303 and answer.location.startswith("/oauth"):
        answer = browser.get(answer.location, expect_errors=True)
        assert answer.status_int < 500
