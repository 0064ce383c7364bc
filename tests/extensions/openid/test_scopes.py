"""The standard scopes of an OpenID Provider, which need no setting."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationExecutionError
from pyramid.i18n import TranslationString

from pyramid_oauth.extensions.openid import standard_scopes
from pyramid_oauth.scopes import ScopeProvider
from tests.extensions.openid.test_userinfo import userinfo
from tests.support.host import build_authorization_request
from tests.support.provider import log_in_browser, log_in_to_client

STANDARD = ["openid", "profile", "email", "address", "phone", "offline_access"]


def published_scopes(provider):
    url = "/oauth/.well-known/openid-configuration"
    return provider.browser().get(url).json["scopes_supported"]


def open_consent_page(provider, scope):
    browser = log_in_browser(provider)
    return browser.get(
        "/oauth/authorize", build_authorization_request(scope=scope)
    ).follow()


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_the_standard_scopes_exist_without_a_setting(new_provider):
    provider = new_provider(scopes="read = Read", optional_scopes="")
    assert published_scopes(provider) == [*STANDARD, "read"]
    client = provider.register_client()
    tokens = log_in_to_client(provider, client, scope="openid email")
    claims = userinfo(provider, tokens["access_token"]).json
    assert claims["email"] == "alice@example.org"


@pytest.mark.spec("OpenID Connect Core", "11")
def test_offline_access_is_not_offered_without_the_refresh_token_grant(new_provider):
    provider = new_provider(grant_types="authorization_code")
    assert "offline_access" not in published_scopes(provider)


def test_without_openid_there_are_only_the_configured_scopes(new_host_without_openid):
    host = new_host_without_openid
    url = "/oauth/.well-known/oauth-authorization-server"
    scopes = host.browser().get(url).json["scopes_supported"]
    assert not set(scopes) & set(STANDARD)


def test_a_host_can_describe_a_standard_scope(new_provider):
    provider = new_provider(
        lambda config: config.add_oauth_scope("phone", "Ring you up"),
        scopes="email = Write letters to you",
        default_scopes="",
        optional_scopes="",
    )
    provider.register_client()
    page = open_consent_page(provider, "openid email phone").text
    assert standard_scopes.STANDARD["openid"] in page
    assert "Write letters to you" in page
    assert standard_scopes.STANDARD["email"] not in page
    assert "Ring you up" in page
    assert standard_scopes.STANDARD["phone"] not in page


def test_the_consent_page_translates_scope_descriptions(new_provider):
    own = TranslationString("team", domain="host", default="Know your ${what}")
    provider = new_provider(
        lambda config: config.add_oauth_scope("team", own % {"what": "team"})
    )
    provider.register_client()
    assert "Know your team" in open_consent_page(provider, "openid team").text
    assert {
        description.domain for description in standard_scopes.STANDARD.values()
    } == {"pyramid_oauth"}


class ScopesWithoutOpenID(ScopeProvider):
    """Scopes of a host without `openid`."""

    def published(self):
        return ["read"]


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_a_scope_provider_without_openid_stops_the_start(new_provider):
    with pytest.raises(ConfigurationExecutionError, match="does not publish the scope"):
        new_provider(
            lambda config: config.set_oauth_scope_provider(ScopesWithoutOpenID)
        )
