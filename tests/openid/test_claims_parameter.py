"""The `claims` parameter: what it brings, and to which place (Core section 5.5)."""

from __future__ import annotations

import json

import pytest

from tests.openid.provider import sign_in
from tests.openid.test_userinfo import userinfo


@pytest.mark.spec("OpenID Connect Core", "5.5")
def test_single_claims_can_be_asked_for(provider, client):
    asked = {
        "userinfo": {
            "name": {"essential": True},
            "email": {"value": "other@example.org"},
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


def test_the_claims_parameter_reaches_no_further_than_the_applications_scopes(provider):
    client = provider.application(allowed_scopes="openid profile")
    asked = json.dumps({"userinfo": {"email": None, "name": None}})
    token = sign_in(provider, client, claims=asked)["access_token"]
    assert set(userinfo(provider, token).json) == {"sub", "name"}
