"""A provider with the pages of administration, and browsers of several users."""

from __future__ import annotations

import pytest
from pyramid.authorization import ACLHelper

from tests.support.documented import login_sessions
from tests.support.host import CookiePolicy
from tests.support.person import LoggedInUser

ROOT = "/oauth/administration"
SETTINGS = {
    "administrators": "user:root",
    "auditors": "user:auditor",
    "backchannel_logout": "true",
    "client_auth_attempts": 2,
}


class PolicyWithPrincipals(CookiePolicy):
    """The security policy of a host in which each user is a principal."""

    def identity(self, request):
        account = request.oauth.accounts.current(request)
        return account and account.subject

    authenticated_userid = identity

    def permits(self, request, context, permission):
        principals = ["system.Everyone", f"user:{self.identity(request)}"]
        return ACLHelper().permits(context, principals, permission)


class Office:
    """A provider with the pages of administration."""

    def __init__(self, provider):
        self.provider = provider

    def enter(self, name="root"):
        """Return a browser with a logged-in user."""
        browser = self.provider.browser()
        browser.get("/site-login", {"name": name})
        return browser


@pytest.fixture
def new_office(new_logout_provider):
    """Make a provider with the pages, and further settings."""
    site = login_sessions()

    def configure(config):
        config.include(site)
        config.include("pyramid_oauth.extensions.audit")
        config.include("pyramid_oauth.extensions.administration")

    def new(**settings):
        provider = new_logout_provider(
            configure,
            people=site.SiteAccounts,
            policy=PolicyWithPrincipals(),
            **{**SETTINGS, **settings},
        )
        site.Base.metadata.create_all(provider.engine)
        return Office(provider)

    return new


@pytest.fixture
def office(new_office):
    return new_office()


@pytest.fixture
def admitted_user(office):
    """Alice, who has used the client `web`."""
    user = LoggedInUser(office.provider)
    user.browser.get("/site-login", {"name": "alice"})
    user.tokens = user.log_in_at_client(scope="openid read offline_access")
    return user
