"""Clients whose tokens must be bound: by their metadata, or by a setting."""

from __future__ import annotations

import pytest

from tests.support.dpop import DPOP, post_form, redeem, refresh
from tests.support.host import authorize_client, parse_query
from tests.support.pushing import register_public
from tests.support.registry import ignore_open_registration


def request_client_token(host, client, signer=None, status=None):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return post_form(host, "/oauth/token", form, signer, status)


@pytest.mark.module(
    "fapi2-security-profile-final-ensure-holder-of-key-required",
)
@pytest.mark.spec(DPOP, "5.2")
def test_a_client_that_registered_bound_tokens_must_send_a_proof(
    host, client, signer, request_code
):
    code = request_code(host, client)
    host.set_client_metadata(dpop_bound_access_tokens=True)
    for answer in (
        request_client_token(host, client, None, 400),
        redeem(host, client, code, None, 400),
    ):
        assert answer.json == {
            "error": "invalid_request",
            "error_description": "The request must have a DPoP proof.",
        }
    tokens = redeem(host, client, code, signer, 200).json
    answer = refresh(host, client, tokens["refresh_token"], None, 400)
    assert answer.json["error"] == "invalid_request"
    refresh(host, client, tokens["refresh_token"], signer, 200)


@pytest.mark.spec(DPOP, "5.2")
def test_the_metadata_member_is_registered_and_returned(new_dpop_host):
    with ignore_open_registration():
        host = new_dpop_host(registration="open")
    body = {
        "redirect_uris": ["https://new.example/cb"],
        "dpop_bound_access_tokens": True,
    }
    answer = host.browser().post_json("/oauth/register", body, status=201)
    assert answer.json["dpop_bound_access_tokens"] is True
    body["dpop_bound_access_tokens"] = "yes"
    answer = host.browser().post_json("/oauth/register", body, status=400)
    assert answer.json["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("required", "public", "confidential"),
    [("never", 200, 200), ("public", 400, 200), ("always", 400, 400)],
)
def test_a_setting_requires_proofs(
    new_dpop_host, signer, request_code, required, public, confidential
):
    host = new_dpop_host(require_dpop=required)
    client, app = host.register_client(), register_public(host, "app")
    request_client_token(host, client, None, confidential)
    request_client_token(host, client, signer, 200)
    redeem(host, app, request_code(host, app), None, public)
    redeem(host, app, request_code(host, app), signer, 200)


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_the_authorization_endpoint_issues_no_token_that_must_be_bound(
    new_dpop_host,
):
    host = new_dpop_host(profile="legacy", require_dpop="always")
    host.register_client(authorization_grant_type="implicit")
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = authorize_client(browser, response_type="token")
    error = parse_query(answer.location.replace("#", "?"))
    assert error["error"] == "invalid_request"
    assert error["error_description"] == (
        "Tokens of this client must be bound to a DPoP key."
    )
    assert not host.count("AccessToken")


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_findings_of_the_settings_are_reported(new_dpop_host):
    with pytest.warns(match="lets a DPoP proof be replayed"):
        new_dpop_host(dpop_single_use="false")
    with pytest.warns(match="older than five minutes"):
        new_dpop_host(dpop_proof_lifetime="3600")
    with pytest.warns(match="for more than ten minutes"):
        new_dpop_host(dpop_nonces="true", dpop_nonce_lifetime="3600")
    with pytest.warns(match="cannot be bound to a key"):
        new_dpop_host(profile="legacy", require_dpop="always")
