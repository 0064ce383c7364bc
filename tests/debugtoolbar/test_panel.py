"""The panel in the real pyramid_debugtoolbar, which shows what a request did."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from bs4 import BeautifulSoup
from pyramid.config import Configurator
from sqlalchemy import Engine, event
from webtest import TestApp

from pyramid_oauth.debugtoolbar import trace
from pyramid_oauth.errors import ConfigurationError
from tests.support.host import (
    Host,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)

EVENTS = (
    *("before_cursor_execute", "after_cursor_execute", "begin", "commit", "rollback"),
    *("savepoint", "rollback_savepoint", "release_savepoint"),
    *("begin_twophase", "prepare_twophase", "commit_twophase"),
)


@pytest.fixture(scope="module", autouse=True)
def _without_traces() -> Iterator[None]:
    """Remove the listeners and log handlers that the toolbar adds to the process."""
    sqla, logger = (
        import_module(f"pyramid_debugtoolbar.panels.{name}")
        for name in ("sqla", "logger")
    )
    listeners = [(Engine, name, getattr(sqla, f"_{name}")) for name in EVENTS]
    for listener in listeners:
        if not event.contains(*listener):
            event.listen(*listener)
    yield
    for listener in listeners:
        event.remove(*listener)
    Engine._has_events = False
    logging.root.removeHandler(logger.handler)
    trace.LOGGER.removeHandler(trace.HANDLER)
    trace.LOGGER.setLevel(logging.NOTSET)


def _add_toolbar(config: Configurator) -> None:
    config.registry.settings["debugtoolbar.includes"] = "pyramid_oauth.debugtoolbar"
    config.include("pyramid_debugtoolbar")


@pytest.fixture
def watched_host(tables_url: str) -> Iterator[Host]:
    """A host in development, with the toolbar and a client."""
    host = Host(tables_url, _add_toolbar)
    yield host
    host.engine.dispose()


@pytest.fixture
def developer(watched_host: Host) -> TestApp:
    environ = {
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "as.example",
        "REMOTE_ADDR": "127.0.0.1",
    }
    return TestApp(watched_host.wsgi, extra_environ=environ)


def _panel(host: Host) -> Any:
    """Return the OAuth panel of the last request that the toolbar recorded."""
    ((_, toolbar),) = host.wsgi.registry.pdtb_history.last(1)
    (panel,) = (each for each in toolbar.panels if each.name == "oauth")
    return panel


def _page(host: Host, browser: TestApp) -> str:
    """Return the page of the toolbar for the last request."""
    ((identifier, _),) = host.wsgi.registry.pdtb_history.last(1)
    page = browser.get(f"/_debug_toolbar/{identifier}", status=200)
    return str(page.html.find(id="pDebugPanel-oauth-content") or page.html)


def _rows(html: str) -> dict[str, str]:
    rows = BeautifulSoup(html, "html.parser").find_all("tr")
    cells = (row.find_all(["th", "td"]) for row in rows)
    return {each[0].text: each[1].text for each in cells if len(each) == 2}


def _login(browser: TestApp) -> None:
    browser.get("/login?name=alice")


@pytest.mark.slow
def test_a_code_flow_shows_steps_decision_and_events(
    watched_host: Host, developer: TestApp
) -> None:
    client = watched_host.register_client()
    _login(developer)
    developer.get("/oauth/authorize", build_authorization_request(), status=303)
    steps = [each.name for each in _panel(watched_host).data["steps"]]
    assert steps[-1] == "ask_consent"
    assert _panel(watched_host).data["steps"][-1].outcome == "answered"

    code = parse_redirect(authorize_client(developer))["code"]
    rows = _rows(_page(watched_host, developer))
    assert (rows["Endpoint"], rows["Decision"]) == ("authorize", "allow")
    assert rows["Issued"] == "code"
    assert "scopes=('read', 'write')" in rows["ConsentGiven"]

    answer = developer.post("/oauth/token", build_code_exchange(code, client))
    html = _page(watched_host, developer)
    rows = _rows(html)
    assert rows["Grant"] == "authorization_code"
    assert rows["Client"] == "web"
    assert rows["Issued"] == "access_token, refresh_token"
    assert int(rows["SQL statements"]) >= 2
    assert "grant_type='authorization_code'" in rows["TokenIssued"]
    secrets = (code, *client.values(), *answer.json.values())
    shown = {"web", "Bearer", "read write", 3600}
    assert not [each for each in secrets if each not in shown and str(each) in html]

    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    developer.get("/me", headers=headers, status=200)
    html = _page(watched_host, developer)
    rows = _rows(html)
    assert (rows["User"], rows["Scopes"]) == ("alice", "read write")
    assert rows["Sent in"] == "header"
    assert answer.json["access_token"] not in html


def test_a_refusal_shows_its_rule_and_cure(
    watched_host: Host, developer: TestApp
) -> None:
    watched_host.register_client()
    _login(developer)
    request = build_authorization_request(code_challenge=None)
    developer.get("/oauth/authorize", request)
    rows = _rows(_page(watched_host, developer))
    assert rows["Refused"] == "invalid_request"
    assert "code_challenge" in rows["INFO"]
    assert _panel(watched_host).nav_subtitle == "invalid_request"


def test_what_a_client_sends_is_escaped_and_secrets_are_not_shown(
    watched_host: Host, developer: TestApp
) -> None:
    watched_host.register_client()
    form = {
        "grant_type": "client_credentials",
        "client_id": "<script>alert(1)</script>",
        "client_secret": "a-very-secret-secret",
        "cleint_secret": "a-mistyped-secret",
    }
    developer.post("/oauth/token", form, status=401)
    html = _page(watched_host, developer)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "a-very-secret" not in html
    assert "a-mistyped" not in html
    assert _rows(html)["cleint_secret"] == "(17 characters)"


def test_other_requests_have_no_panel(watched_host: Host, developer: TestApp) -> None:
    _login(developer)
    assert not _panel(watched_host).has_content


def test_the_application_itself_cannot_include_the_panel() -> None:
    with pytest.raises(ConfigurationError, match=r"debugtoolbar\.includes ="):
        Configurator().include("pyramid_oauth.debugtoolbar")
