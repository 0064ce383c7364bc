"""Resources beside OpenID Connect: its scopes belong to no resource."""

from __future__ import annotations

import pytest

from tests.support.host import authorize_client, parse_redirect
from tests.support.pushing import submit_decision
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_object,
    set_client_keys,
    sign_request_object,
)
from tests.support.resources import (
    authorize_resources,
    introspect,
    only_row,
    redeem_for,
    request_resources,
)

PLAIN = "https://api.example/"
PROFILES = "https://profiles.example/"


def declare_resources(config):
    config.include("pyramid_oauth.extensions.resource_indicators")
    config.add_oauth_resource(PLAIN)
    config.add_oauth_resource(PROFILES, scopes=("openid", "profile"))


@pytest.fixture
def resource_provider(new_login_provider):
    provider = new_login_provider(declare_resources)
    provider.web = provider.register_client()
    return provider


def tokens_of(provider, scope, resource):
    browser = provider.open_browser("alice")
    answer = authorize_resources(browser, resource, scope=scope, nonce="n")
    code = parse_redirect(answer)["code"]
    return redeem_for(browser, provider.web, code, status=200).json


def ask_userinfo(provider, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return provider.browser().get(
        "/oauth/userinfo", headers=headers, expect_errors=True
    )


@pytest.mark.spec("RFC 8707", "3")
def test_a_resource_cannot_ask_userinfo_with_its_token(resource_provider):
    tokens = tokens_of(resource_provider, "openid profile read offline_access", PLAIN)
    assert resource_provider.verify_id_token(tokens["id_token"])["sub"]
    assert tokens["scope"] == "read"
    assert introspect(resource_provider, resource_provider.web, tokens)["aud"] == PLAIN
    assert ask_userinfo(resource_provider, tokens).status_int == 403


def test_a_resource_may_be_declared_with_these_scopes(resource_provider):
    tokens = tokens_of(resource_provider, "openid profile read", PROFILES)
    assert tokens["scope"] == "openid profile"
    assert ask_userinfo(resource_provider, tokens).status_int == 200


def test_a_client_that_names_no_resource_can_ask_userinfo(new_login_provider):
    provider = new_login_provider(declare_resources, default_resources=PLAIN)
    provider.web = provider.register_client()
    answer = authorize_client(
        provider.open_browser("alice"), scope="openid profile read", nonce="n"
    )
    code = parse_redirect(answer)["code"]
    tokens = redeem_for(provider.browser(), provider.web, code, status=200).json
    assert introspect(provider, provider.web, tokens)["aud"] == PLAIN
    assert ask_userinfo(provider, tokens).status_int == 200


def test_a_grant_of_which_all_scopes_were_unticked_still_proves_a_login(
    new_login_provider,
):
    def declare(config):
        config.include("pyramid_oauth.extensions.resource_indicators")
        config.add_oauth_resource(PLAIN, scopes=["read"])

    provider = new_login_provider(declare, optional_scopes="read")
    client = provider.register_client()
    browser = provider.open_browser("alice")
    asked = request_resources(browser, PLAIN, scope="openid read", nonce="n")
    form = asked.follow().forms["oauth-consent"]
    form["scope"] = False
    code = parse_redirect(form.submit("decision", value="allow"))["code"]
    tokens = redeem_for(browser, client, code, status=200).json
    assert tokens["scope"] == ""
    assert provider.verify_id_token(tokens["id_token"])


def test_a_token_that_proves_a_login_only_has_no_scope(resource_provider):
    tokens = tokens_of(resource_provider, "openid", PLAIN)
    assert tokens["scope"] == ""
    introspection = introspect(resource_provider, resource_provider.web, tokens)
    assert (introspection["aud"], introspection["scope"]) == (PLAIN, "")


@pytest.mark.spec("RFC 8707", "2.1")
@pytest.mark.parametrize("resource", [PLAIN, [PLAIN, PROFILES]])
def test_a_request_object_has_a_string_or_an_array(resource_provider, resource):
    set_client_keys(resource_provider, "ES256")
    claims = build_request_object_claims(resource=resource, scope="openid profile read")
    browser = resource_provider.open_browser("alice")
    submit_decision(request_by_object(browser, sign_request_object(claims)))
    named = [resource] if isinstance(resource, str) else resource
    assert only_row(resource_provider, "Grant").resource.split() == named


def test_a_request_object_with_another_type_is_refused(resource_provider):
    set_client_keys(resource_provider, "ES256")
    claims = build_request_object_claims(resource={"uri": PLAIN})
    answer = request_by_object(resource_provider.browser(), sign_request_object(claims))
    assert parse_redirect(answer)["error"] == "invalid_request_object"
