"""The `claims` parameter of an authentication request (Core section 5.5)."""

from __future__ import annotations

import json

import pytest

from tests.extensions.openid.test_userinfo import userinfo
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.provider import log_in_browser, log_in_to_client


@pytest.mark.spec("OpenID Connect Core", "5.5")
def test_individual_claims_can_be_requested(provider, web_client):
    claims_request = {
        "userinfo": {
            "name": {"essential": True},
            "email": {"value": "alice@example.org"},
            "given_name": {"value": "Bob"},
            "email_verified": {"value": 1},
            "address": {"values": []},
            "nickname": None,
            "internal_rank": None,
        },
        "id_token": {"given_name": None},
    }
    tokens = log_in_to_client(provider, web_client, claims=json.dumps(claims_request))
    claims = userinfo(provider, tokens["access_token"]).json
    assert claims == {
        "sub": "alice",
        "name": "Alice Liddell",
        "email": "alice@example.org",
    }
    id_token = provider.verify_id_token(tokens["id_token"])
    assert id_token["given_name"] == "Alice"
    assert "name" not in id_token


@pytest.mark.spec("OpenID Connect Core", "5.5.1")
@pytest.mark.parametrize(
    ("member", "released"),
    [
        ({"value": "alice@example.org"}, True),
        ({"values": ["a@example.org", "alice@example.org"]}, True),
        ({"value": "other@example.org"}, False),
        ({"values": []}, False),
        ({"value": "other@example.org", "essential": True}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("scope", ["openid", "openid email"])
def test_a_claim_without_the_requested_value_is_omitted(
    provider, web_client, member, released, scope
):
    claims = json.dumps({"userinfo": {"email": member}})
    tokens = log_in_to_client(provider, web_client, scope=scope, claims=claims)
    assert ("email" in userinfo(provider, tokens["access_token"]).json) is released


def test_requested_claims_are_limited_to_the_scopes_of_the_client(provider):
    client = provider.register_client(allowed_scopes="openid profile")
    claims_request = json.dumps({"userinfo": {"email": None, "name": None}})
    token = log_in_to_client(provider, client, claims=claims_request)["access_token"]
    assert set(userinfo(provider, token).json) == {"sub", "name"}


EMAIL_REQUEST = json.dumps({"userinfo": {"email": None}})


def test_a_requested_claim_needs_consent(provider, web_client):
    browser = log_in_browser(provider)
    authorize_client(browser, scope="openid")
    parameters = {"scope": "openid", "claims": EMAIL_REQUEST}
    silent = browser.get(
        "/oauth/authorize", build_authorization_request(prompt="none", **parameters)
    )
    assert parse_redirect(silent)["error"] == "consent_required"
    page = browser.get(
        "/oauth/authorize", build_authorization_request(**parameters)
    ).follow()
    assert "E-mail" in page.text
    answer = page.forms["oauth-consent"].submit("decision", value="allow")
    code = parse_redirect(answer)["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, web_client)).json
    assert tokens["scope"] == "openid"
    claims = userinfo(provider, tokens["access_token"]).json
    assert claims == {"sub": "alice", "email": "alice@example.org"}
    remembered = browser.get(
        "/oauth/authorize", build_authorization_request(prompt="none", **parameters)
    )
    assert "code" in parse_redirect(remembered)


@pytest.mark.parametrize("scope", ["openid", "openid email"])
def test_a_requested_claim_that_the_user_unticks_is_not_released(new_provider, scope):
    provider = new_provider(optional_scopes="email")
    client = provider.register_client()
    browser = log_in_browser(provider)
    form = build_authorization_request(scope=scope, claims=EMAIL_REQUEST)
    page = browser.get("/oauth/authorize", form).follow().forms["oauth-consent"]
    page["scope"] = []
    code = parse_redirect(page.submit("decision", value="allow"))["code"]
    token = browser.post("/oauth/token", build_code_exchange(code, client)).json[
        "access_token"
    ]
    assert userinfo(provider, token).json == {"sub": "alice"}
