"""No request to an OpenID Provider makes a server error (property-based)."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.extensions.openid.test_hybrid import FIELDS
from tests.support.examples import at_most
from tests.support.host import build_authorization_request
from tests.support.provider import IMPLICIT, NONCE, Provider, log_in_to_client

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["id_token", "userinfo", "sub", "name", "acr", "value", "values"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "response_type": st.sampled_from(
            ["code", "id_token", "id_token token", "code id_token", "none", "token"]
        ),
        "response_mode": st.sampled_from(["query", "fragment", "form_post", "x"]),
        "scope": st.sampled_from(["openid", "read", "openid profile", "nothing"]),
        "nonce": st.one_of(st.none(), TEXT),
        "prompt": st.sampled_from(["none", "login", "consent", "none login", "x"]),
        "max_age": st.one_of(st.integers(-5, 10**30).map(str), TEXT),
        "claims": st.one_of(JSON.map(json.dumps), TEXT),
        "id_token_hint": TEXT,
        "acr_values": TEXT,
        "login_hint": TEXT,
        "display": TEXT,
        "ui_locales": TEXT,
        "claims_locales": TEXT,
        "request": TEXT,
        "request_uri": TEXT,
        "redirect_uri": TEXT,
        "state": TEXT,
    },
)
EXAMPLES = settings(
    max_examples=at_most(150),
)


@pytest.fixture(scope="module")
def open_provider(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.warns(UserWarning, match="access tokens into URLs"):
        provider = Provider(f"sqlite:///{folder}/fuzz.sqlite", **IMPLICIT)
    provider.client = provider.register_client(**FIELDS)
    provider.token = log_in_to_client(provider, provider.client)["access_token"]
    yield provider
    provider.engine.dispose()


@EXAMPLES
@given(changes=PARAMETERS, posted=st.booleans(), logged_in=st.booleans())
def test_no_authentication_request_makes_a_server_error(
    open_provider, changes, posted, logged_in
):
    browser = open_provider.browser()
    if logged_in:
        browser.get("/login?name=alice")
    form = build_authorization_request(**{"scope": "openid", "nonce": NONCE, **changes})
    send = browser.post if posted else browser.get
    answer = send("/oauth/authorize", form, expect_errors=True)
    assert answer.status_int < 500
    if answer.status_int == 303 and "/authorize/" in answer.location:
        assert answer.follow(expect_errors=True).status_int < 500


@EXAMPLES
@example(claims={"userinfo": {"name": None, "sub": {"value": "alice"}}})
@given(claims=JSON)
def test_no_claims_parameter_makes_a_server_error(open_provider, claims):
    browser = open_provider.browser()
    browser.get("/login?name=alice")
    form = build_authorization_request(
        scope="openid",
        nonce=NONCE,
        response_type="id_token token",
        claims=json.dumps(claims),
        prompt="none",
    )
    answer = browser.get("/oauth/authorize", form, expect_errors=True)
    assert answer.status_int < 500
    if "access_token=" in (answer.location or ""):
        token = answer.location.partition("access_token=")[2].partition("&")[0]
        claims_response = browser.get(
            "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}
        )
        assert claims_response.json["sub"] == "alice"


@EXAMPLES
@given(
    path=st.sampled_from(["userinfo", "jwks", ".well-known/openid-configuration"]),
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE"]),
    query=st.sampled_from(["", "access_token=x", "%ff=%zz", "a" * 70_000]),
    body=st.one_of(
        st.binary(max_size=100),
        st.sampled_from([b"access_token=x", b"access_token=%ff&access_token=", b"="]),
    ),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "text/plain", ""]),
    header=st.sampled_from([None, "Bearer", "Bearer x", "bearer \xff", "Basic eDp5"]),
    etag=st.sampled_from([None, "*", '"', "\xff", 'W/"x", "y"']),
    valid=st.booleans(),
)
def test_no_request_to_documents_and_userinfo_makes_a_server_error(
    open_provider, path, method, query, body, kind, header, etag, valid
):
    headers = {"Content-Type": kind, "Origin": "https://elsewhere.example"}
    if valid and header:
        header = f"Bearer {open_provider.token}"
    if header:
        headers["Authorization"] = header
    if etag:
        headers["If-None-Match"] = etag
    answer = open_provider.browser().request(
        f"/oauth/{path}?{query}",
        method=method,
        body=b"" if method in ("GET", "HEAD", "OPTIONS") else body,
        headers=headers,
        expect_errors=True,
    )
    assert answer.status_int < 500
