"""Hosts with the pages of applications, and logged-in browsers."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.authorization import ACLHelper, Authenticated, Everyone
from sqlalchemy.orm import Session

from tests.support.host import CALLBACK, CookiePolicy
from tests.support.provider import log_in_browser

PAGE = "/oauth/applications"
CONFIDENTIAL = {
    "name": "Shop",
    "redirect_uris": CALLBACK,
    "token_endpoint_auth_method": "client_secret_post",
    "authorization_grant_type": ["authorization_code", "refresh_token"],
}


class Policy(CookiePolicy):
    """The security policy of a host in which root is an administrator."""

    def permits(self, request: Any, context: object, permission: str) -> Any:
        principals = [Everyone]
        if user := self.identity(request):
            principals.append(Authenticated)
        if user == "root":
            principals.append("group:admins")
        return ACLHelper().permits(context, principals, permission)


@pytest.fixture
def new_pages_host(new_host, notified):
    """Make a host that includes the pages, with further settings."""

    def new(configure=None, **settings):
        def configure_all(config):
            config.include("pyramid_oauth.extensions.applications")
            config.add_subscriber(notified.append, "pyramid_oauth.events.OAuthEvent")
            if configure is not None:
                configure(config)

        settings.setdefault("administrators", "group:admins")
        return new_host(configure_all, policy=Policy(), **settings)

    return new


@pytest.fixture
def pages_host(new_pages_host):
    return new_pages_host()


@pytest.fixture
def alice(pages_host):
    """The browser of alice, who is not an administrator."""
    return log_in_browser(pages_host)


@pytest.fixture
def bob(pages_host):
    """The browser of bob, another user."""
    return log_in_browser(pages_host, "bob")


@pytest.fixture
def root(pages_host):
    """The browser of root, an administrator."""
    return log_in_browser(pages_host, "root")


def fill(form, **values):
    """Fill a form; a list ticks boxes."""
    for name, value in values.items():
        if isinstance(value, list):
            for box in form.fields[name]:
                box.checked = box._value in value
        else:
            form[name] = value
    return form


def open_form(browser):
    return browser.get(f"{PAGE}/register", status=200).forms["oauth-application-form"]


def register(browser, **changes):
    """Register an application; return its client identifier and secret."""
    page = fill(open_form(browser), **{**CONFIDENTIAL, **changes}).submit(status=200)
    return {
        "client_id": page.html.find(id="oauth-client-id").text,
        "client_secret": page.html.find(id="oauth-secret").text,
    }


def open_application(browser, client, **options):
    return browser.get(f"{PAGE}/{client['client_id']}", **options)


def edit(browser, client, **changes):
    """Submit the form of an application with changes; return the response."""
    page = browser.get(f"{PAGE}/{client['client_id']}/edit", status=200)
    return fill(page.forms["oauth-application-form"], **changes).submit(
        expect_errors=True
    )


def press(browser, client, button):
    """Press a button of the page of an application."""
    page = open_application(browser, client, status=200)
    for form in page.forms.values():
        if form.action.endswith(f"/{button}"):
            return form.submit(expect_errors=True)
    raise AssertionError(f"there is no button {button}")


def names(page):
    return [heading.text for heading in page.html.select("#oauth-application-list h2")]


def problems(page):
    """Return the fields with errors, and the error texts."""
    found = page.html.select("p.alert[id$=-errors]")
    return {each["id"][12:-7]: each.text for each in found}


def stored(host, client_id):
    """Return the row of an application."""
    with Session(host.engine) as session:
        query = session.query(host.models.Application)
        return query.filter_by(client_id=client_id).one()
