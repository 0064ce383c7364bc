"""UserInfo, scopes and the claims parameter (OpenID Connect Core section 5)."""

from __future__ import annotations

import json

import pytest

from tests.oidf.flow import CODE, HYBRID, Kind, kinds

pytestmark = pytest.mark.slow

PROFILE = {
    *("name", "family_name", "given_name", "middle_name", "nickname"),
    *("preferred_username", "profile", "picture", "website", "gender"),
    *("birthdate", "zoneinfo", "locale", "updated_at"),
}
BY_SCOPE = {
    "profile": PROFILE,
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}


@pytest.mark.spec("OpenID Connect Core", "5.3.1")
@pytest.mark.parametrize(
    "way",
    [
        pytest.param("header", marks=pytest.mark.module("oidcc-userinfo-get")),
        pytest.param("post", marks=pytest.mark.module("oidcc-userinfo-post-header")),
        pytest.param("body", marks=pytest.mark.module("oidcc-userinfo-post-body")),
    ],
)
@kinds(CODE[0], HYBRID, Kind("id_token token", "dynamic"))
def test_userinfo_accepts_the_token_in_header_and_body(flow, way):
    login = flow.log_in()
    assert (
        flow.suite.fetch_userinfo(login["access_token"], way)["sub"]
        == login["claims"]["sub"]
    )


@pytest.mark.spec("OpenID Connect Core", "5.4")
@pytest.mark.parametrize(
    "scope",
    [
        pytest.param("profile", marks=pytest.mark.module("oidcc-scope-profile")),
        pytest.param("email", marks=pytest.mark.module("oidcc-scope-email")),
        pytest.param("address", marks=pytest.mark.module("oidcc-scope-address")),
        pytest.param("phone", marks=pytest.mark.module("oidcc-scope-phone")),
        pytest.param(
            "profile email address phone", marks=pytest.mark.module("oidcc-scope-all")
        ),
    ],
)
@kinds(CODE[0], HYBRID, Kind("id_token", "dynamic"))
def test_a_scope_releases_all_its_claims_and_no_other(flow, scope):
    login = flow.log_in(scope=f"openid {scope}")
    claims = flow.find_user_claims(login)
    requested_claims = set().union(*(BY_SCOPE[name] for name in scope.split()))
    claims_of_scopes = set().union(*BY_SCOPE.values())
    assert claims_of_scopes & set(claims) == requested_claims
    for name in requested_claims & {"email_verified", "phone_number_verified"}:
        assert isinstance(claims[name], bool)
    if "address" in requested_claims:
        assert claims["address"]["street_address"]
    if "updated_at" in requested_claims:
        assert isinstance(claims["updated_at"], int)


@pytest.mark.module("oidcc-claims-essential")
@pytest.mark.spec("OpenID Connect Core", "5.5")
@kinds(*CODE, HYBRID, Kind("id_token", "static"))
def test_a_requested_claim_is_released_at_the_requested_place(flow):
    place = "id_token" if flow.response_type == "id_token" else "userinfo"
    claims = {place: {"name": {"essential": True}}}
    login = flow.log_in(claims=json.dumps(claims))
    released = flow.find_user_claims(login)
    assert released["name"]
    assert "email" not in released
    assert ("name" in login["claims"]) == (place == "id_token")


@pytest.mark.module("oidcc-userinfo-rs256")
@pytest.mark.spec("OpenID Connect Core", "5.3.2")
@kinds(Kind("code", "dynamic"))
def test_userinfo_is_signed_for_a_client_that_registered_it(flow):
    flow.client = flow.new_client("client", userinfo_signed_response_alg="RS256")
    login = flow.log_in()
    answer = flow.suite.request_userinfo(login["access_token"])
    assert answer.headers["Content-Type"].startswith("application/jwt")
    claims = flow.suite.verify_token(answer.text)
    assert claims["sub"] == login["claims"]["sub"]
    assert claims["iss"] == flow.suite.provider.issuer
    audience = claims["aud"]
    assert flow.client.id in ([audience] if isinstance(audience, str) else audience)
