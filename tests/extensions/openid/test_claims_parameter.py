"""The `claims` parameter: what it brings, and to which place (Core section 5.5)."""

from __future__ import annotations

import json

import pytest

from tests.extensions.openid.test_userinfo import userinfo
from tests.support.provider import (
    asked,
    consent,
    logged_in,
    query_of,
    redemption,
    sign_in,
)


@pytest.mark.spec("OpenID Connect Core", "5.5")
def test_individual_claims_can_be_requested(provider, client):
    asked = {
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
    issued = sign_in(provider, client, claims=json.dumps(asked))
    claims = userinfo(provider, issued["access_token"]).json
    assert claims == {
        "sub": "alice",
        "name": "Alice Liddell",
        "email": "alice@example.org",
    }
    id_token = provider.verified(issued["id_token"])
    assert id_token["given_name"] == "Alice"
    assert "name" not in id_token


@pytest.mark.spec("OpenID Connect Core", "5.5.1")
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"value": "alice@example.org"}, True),
        ({"values": ["a@example.org", "alice@example.org"]}, True),
        ({"value": "other@example.org"}, False),
        ({"values": []}, False),
        ({"value": "other@example.org", "essential": True}, False),
    ],
)
@pytest.mark.parametrize("scope", ["openid", "openid email"])
def test_a_claim_without_the_requested_value_is_omitted(
    provider, client, said, told, scope
):
    claims = json.dumps({"userinfo": {"email": said}})
    issued = sign_in(provider, client, scope=scope, claims=claims)
    assert ("email" in userinfo(provider, issued["access_token"]).json) is told


def test_requested_claims_are_limited_to_the_scopes_of_the_client(provider):
    client = provider.application(allowed_scopes="openid profile")
    asked = json.dumps({"userinfo": {"email": None, "name": None}})
    token = sign_in(provider, client, claims=asked)["access_token"]
    assert set(userinfo(provider, token).json) == {"sub", "name"}


ONE = json.dumps({"userinfo": {"email": None}})


def test_a_requested_claim_needs_consent(provider, client):
    browser = logged_in(provider)
    consent(browser, scope="openid")
    again = {"scope": "openid", "claims": ONE}
    silent = browser.get("/oauth/authorize", asked(prompt="none", **again))
    assert query_of(silent)["error"] == "consent_required"
    page = browser.get("/oauth/authorize", asked(**again)).follow()
    assert "E-mail" in page.text
    answer = page.forms["oauth-consent"].submit("decision", value="allow")
    code = query_of(answer)["code"]
    issued = browser.post("/oauth/token", redemption(code, client)).json
    assert issued["scope"] == "openid"
    claims = userinfo(provider, issued["access_token"]).json
    assert claims == {"sub": "alice", "email": "alice@example.org"}
    remembered = browser.get("/oauth/authorize", asked(prompt="none", **again))
    assert "code" in query_of(remembered)


@pytest.mark.parametrize("scope", ["openid", "openid email"])
def test_a_requested_claim_that_the_user_unticks_is_not_released(new_provider, scope):
    provider = new_provider(optional_scopes="email")
    client = provider.application()
    browser = logged_in(provider)
    form = asked(scope=scope, claims=ONE)
    page = browser.get("/oauth/authorize", form).follow().forms["oauth-consent"]
    page["scope"] = []
    code = query_of(page.submit("decision", value="allow"))["code"]
    token = browser.post("/oauth/token", redemption(code, client)).json["access_token"]
    assert userinfo(provider, token).json == {"sub": "alice"}
