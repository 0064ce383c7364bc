"""Scopes are declared with a kind, a risk and whether users may deselect them."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationError

from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)


def open_consent_page(browser, **changes):
    request = build_authorization_request(**changes)
    return browser.get("/oauth/authorize", request, status=303).follow(status=200)


def log_in(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def declare_scopes(config):
    config.add_oauth_scope("delete", "Delete things", kind="delete", risk="high")
    config.add_oauth_scope("look", "Look at things", optional=True)


def test_the_page_begins_with_the_highest_risk_and_shows_icons(new_host):
    host = new_host(declare_scopes, scope_kinds="read = read", scope_risks="read = low")
    host.register_client()
    page = open_consent_page(log_in(host), scope="read write delete")
    texts = [
        item.text.split("\n")[0] for item in page.html.select(".scope-text > span")
    ]
    assert texts == ["Delete things", "Write things", "Read things"]
    icons = page.html.select(".scope-icon")
    assert len({icon.path["d"] for icon in icons}) == 3
    assert all(icon["aria-hidden"] == "true" for icon in icons)
    (warned,) = page.html.select(".risk")
    assert warned.find_parent(class_="scope").text.strip().startswith("Delete things")


@pytest.mark.spec("RFC 6749", "3.3")
def test_a_scope_declared_as_optional_can_be_left_out(new_host):
    host = new_host(declare_scopes)
    client = host.register_client()
    browser = log_in(host)
    form = open_consent_page(browser, scope="read look").forms["oauth-consent"]
    form["scope"].checked = False
    code = parse_redirect(form.submit("decision", value="allow"))["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert tokens["scope"] == "read"


def test_an_application_says_which_of_its_scopes_are_optional(
    host, client, browser, monkeypatch
):
    application = host.models.Application
    monkeypatch.setattr(application, "optional_scopes", "read", raising=False)
    page = open_consent_page(browser, scope="read write")
    assert [box["value"] for box in page.html.select("input[name=scope]")] == ["read"]


@pytest.mark.parametrize("trait", [{"kind": "sharing"}, {"risk": "none"}])
def test_an_unknown_kind_or_risk_stops_the_start(new_host, trait):
    with pytest.raises(ConfigurationError, match="is not one of"):
        new_host(lambda config: config.add_oauth_scope("x", "X", **trait))
    (name, value) = next(iter(trait.items()))
    with pytest.raises(ConfigurationError, match=f"scope_{name}s: .* is not one of"):
        new_host(**{f"scope_{name}s": f"read = {value}"})


def test_the_page_says_since_when_an_application_has_access(host, client, browser):
    first = open_consent_page(browser)
    assert first.html.find(id="oauth-first") is not None
    assert first.html.find(id="oauth-since") is None
    authorize_client(browser)
    again = open_consent_page(browser, approval_prompt="force")
    assert again.html.find(id="oauth-first") is None
    assert again.html.find(id="oauth-since").text.startswith("You first allowed it")


def test_a_long_client_name_is_shortened_on_the_page(host):
    host.register_client(name=f"{'Donaudampfschiff' * 6} Ltd")
    page = open_consent_page(log_in(host))
    assert "Donaudampfschiff…" not in page.html.h1.text
    assert "…" in page.html.h1.text
    assert "Ltd" in page.html.find(id="oauth-technical").text
