"""Hosts that mount the server in their tree, at the root or below a prefix."""

from __future__ import annotations

import re
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from psycopg.errors import SerializationFailure
from psycopg2.extensions import TransactionRollbackError
from pyramid.request import Request
from pyramid.traversal import resource_path, traverse
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from pyramid_oauth.tree import AuthorizationServer
from tests.support.host import build_code_exchange, parse_redirect


@pytest.fixture
def sqlite_site(sites):
    """A function that returns a named host on SQLite, if the engine does not matter."""
    return lambda name: sites(name, "sqlite")


def test_urls_are_built_for_a_tree_mounted_by_traversal(sqlite_site):
    site = sqlite_site("grafted")
    request = Request.blank("/", base_url="https://as.example")
    request.registry = site.registry
    traversed = traverse(site.host.Root(request), "/company/oauth/token")
    token, server = traversed["context"], traversed["context"].__parent__
    assert isinstance(server, AuthorizationServer)
    assert resource_path(token) == "/company/oauth/token"
    url = request.resource_url(server, "token")
    assert url == request.resource_url(token).rstrip("/")
    assert url == site.registry["pyramid_oauth.server"].url("token")


def test_a_tree_mounted_by_traversal_keeps_views_of_host_and_server_apart(sqlite_site):
    site = sqlite_site("grafted")
    browser = site.browser()
    assert browser.get("/company").text == "page of /company/"
    assert browser.get("/company/edit").text == "page of /company/"
    # A view of the host for any context applies to our endpoints under its name.
    assert browser.get("/company/oauth/token/edit").text.endswith("/oauth/token/")
    browser.get("/company/oauth/token", status=405)
    browser.get("/company/oauth/token/unknown", status=404)


def test_an_acl_of_the_root_does_not_reach_the_mounted_tree(sqlite_site):
    site = sqlite_site("grafted")
    request = Request.blank("/")
    request.registry = site.registry
    policy = site.registry["policy"]
    request.session = {}
    root = site.host.Root(request)
    assert policy.permits(request, root, "administer")
    assert not policy.permits(request, root["company"]["oauth"], "administer")
    assert not policy.permits(request, root["company"]["oauth"]["token"], "administer")


@pytest.mark.parametrize(
    "name", ["two_segments", "included_below", "at_the_root", "plain"]
)
def test_a_tree_mounted_by_route_serves_its_paths_only(sqlite_site, name):
    site = sqlite_site(name)
    browser = site.browser()
    document = f"{site.server}/.well-known/oauth-authorization-server"
    assert browser.get(document).json["token_endpoint"] == f"{site.issuer}/token"
    browser.get(f"{site.server}/token/", status=405)
    browser.get(f"{site.server}/token/more", status=404)
    browser.get(f"{site.server}/nothing", status=404)


def test_a_server_mounted_at_the_root_keeps_the_pages_of_the_host(sqlite_site):
    browser = sqlite_site("at_the_root").browser()
    assert browser.get("/").text == "front page"
    assert browser.get("/login").form["name"].value == ""
    browser.get("/tokens", status=404)


def test_an_unknown_path_below_the_prefix_gets_the_not_found_page_of_the_host(
    sqlite_site,
):
    browser = sqlite_site("catch_all").browser()
    assert browser.get("/oauth/unknown", status=404).text == (
        "the host has no such page"
    )


def test_a_view_that_the_host_forbids_stays_forbidden(sqlite_site):
    site = sqlite_site("strict_defaults")
    token = site.tokens(site.client())["access_token"]
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        site.browser().get("/secret", headers=headers, status=403)


def test_no_response_is_cacheable_where_the_host_disables_http_cache(sqlite_site):
    site = sqlite_site("strict_defaults")
    browser, client = site.browser(), site.client()
    consent_page = site.open_consent_page(browser, client)
    assert consent_page.headers["Cache-Control"] == "no-store"
    answer = consent_page.forms["oauth-consent"].submit("decision", value="allow")
    assert answer.headers["Cache-Control"] == "no-store"


@contextmanager
def fail_once(site, statement, error=SerializationFailure):
    """Fail the first execution of `statement`, as by a conflicting transaction."""
    remaining = [error("could not serialize access")]

    def fail(connection, cursor, text, *rest):
        if remaining and statement in text:
            raise OperationalError(text, {}, remaining.pop())

    event.listen(site.engine, "before_cursor_execute", fail)
    yield remaining
    event.remove(site.engine, "before_cursor_execute", fail)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SELECT", SerializationFailure),
        ("UPDATE oauth_grant", TransactionRollbackError),
        ("INSERT INTO oauth_access_token", SerializationFailure),
    ],
)
def test_a_retried_request_is_answered_once(site_of, statement, error):
    site = site_of("retrying")
    client = site.client()
    code = site.code(site.browser(), client)
    with fail_once(site, statement, error) as remaining:
        tokens = site.post("token", build_code_exchange(code, client), status=200).json
    assert remaining == []
    site.call(tokens["access_token"], status=200)
    assert site.count("AccessToken", client_id=client["client_id"]) == 1
    assert site.count("RefreshToken", client_id=client["client_id"]) == 1


def test_a_retried_consent_decision_is_stored_once(site_of):
    site = site_of("retrying")
    client = site.client()
    form = site.open_consent_page(site.browser(), client).forms["oauth-consent"]
    with fail_once(site, "INSERT INTO oauth_grant") as remaining:
        answer = form.submit("decision", value="allow", status=303)
    assert remaining == []
    site.post(
        "token", build_code_exchange(parse_redirect(answer)["code"], client), status=200
    )
    assert site.count("Grant", client_id=client["client_id"]) == 1


@pytest.mark.parametrize("name", ["plain", "retrying", "without_transaction_manager"])
def test_subscribers_receive_events_of_committed_transactions_only(
    site_of, name, monkeypatch
):
    site, events = site_of(name), []
    monkeypatch.setitem(site.registry, "received_events", events)
    client = site.client()
    tokens = site.tokens(client)
    names = [type(event).__name__ for event in events]
    assert names == ["ConsentGiven", "AccessGranted", "TokenIssued"]
    events.clear()
    site.refresh(client, tokens["refresh_token"] + "x", status=400)
    assert events == []
    site.post("revoke", {"token": tokens["refresh_token"], **client})
    assert [type(event).__name__ for event in events] == ["GrantRevoked"]


@pytest.mark.spec("RFC 9700", "4.11.2")
@pytest.mark.parametrize(("name", "prefix"), [("at_the_root", ""), ("grafted", None)])
def test_a_path_with_a_double_slash_redirects_within_the_site(
    sqlite_site, name, prefix
):
    site = sqlite_site(name)
    client = site.client()
    browser = site.browser()
    path = f"//evil.example/..{site.server if prefix is None else prefix}/authorize"
    for changes in ({}, {"prompt": "login"}):
        answer = browser.get(
            path, site.authorization_parameters(client, **changes), status=303
        )
        return_to = parse_qs(urlsplit(answer.location).query)["next"][0]
        assert re.match("/(?!/)", return_to)
    site.open_consent_page(browser, client)
    answer = browser.get(path, site.authorization_parameters(client), status=303)
    assert re.match("/(?!/)", answer.location)
