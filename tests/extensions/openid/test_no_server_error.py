"""No input makes a 5xx of an OpenID Provider: a clear error or a page, always."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from tests.extensions.openid.test_hybrid import FIELDS
from tests.support.host import build_authorization_request
from tests.support.provider import IMPLICIT, NONCE, Provider, log_in_to_client

JSON = some.recursive(
    some.one_of(
        some.none(), some.booleans(), some.integers(), some.floats(), some.text()
    ),
    lambda inner: some.one_of(
        some.lists(inner, max_size=3),
        some.dictionaries(
            some.sampled_from(
                ["id_token", "userinfo", "sub", "name", "acr", "value", "values"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
TEXT = some.text(alphabet=some.characters(codec="utf-8"), max_size=30)
PARAMETERS = some.fixed_dictionaries(
    {},
    optional={
        "response_type": some.sampled_from(
            ["code", "id_token", "id_token token", "code id_token", "none", "token"]
        ),
        "response_mode": some.sampled_from(["query", "fragment", "form_post", "x"]),
        "scope": some.sampled_from(["openid", "read", "openid profile", "nothing"]),
        "nonce": some.one_of(some.none(), TEXT),
        "prompt": some.sampled_from(["none", "login", "consent", "none login", "x"]),
        "max_age": some.one_of(some.integers(-5, 10**30).map(str), TEXT),
        "claims": some.one_of(JSON.map(json.dumps), TEXT),
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
LENIENT = settings(
    max_examples=150,
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


@LENIENT
@given(changes=PARAMETERS, posted=some.booleans(), logged_in=some.booleans())
def test_no_authentication_request_makes_a_server_error(
    open_provider, changes, posted, logged_in
):
    browser = open_provider.browser()
    if logged_in:
        browser.get("/login?name=alice")
    form = build_authorization_request(**{"scope": "openid", "nonce": NONCE, **changes})
    ask = browser.post if posted else browser.get
    answer = ask("/oauth/authorize", form, expect_errors=True)
    assert answer.status_int < 500
    if answer.status_int == 303 and "/authorize/" in answer.location:
        assert answer.follow(expect_errors=True).status_int < 500


@LENIENT
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
        found = browser.get(
            "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}
        )
        assert found.json["sub"] == "alice"


@LENIENT
@given(
    path=some.sampled_from(["userinfo", "jwks", ".well-known/openid-configuration"]),
    method=some.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "DELETE"]),
    query=some.sampled_from(["", "access_token=x", "%ff=%zz", "a" * 70_000]),
    body=some.one_of(
        some.binary(max_size=100),
        some.sampled_from([b"access_token=x", b"access_token=%ff&access_token=", b"="]),
    ),
    kind=some.sampled_from(["application/x-www-form-urlencoded", "text/plain", ""]),
    header=some.sampled_from([None, "Bearer", "Bearer x", "bearer \xff", "Basic eDp5"]),
    etag=some.sampled_from([None, "*", '"', "\xff", 'W/"x", "y"']),
    valid=some.booleans(),
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
