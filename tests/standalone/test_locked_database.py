"""A locked SQLite file: 503 with Retry-After (RFC 9110 section 15.6.4)."""

from __future__ import annotations

import json
import sqlite3
import warnings

import pytest
from click.testing import CliRunner
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.standalone import database

PRAGMAS = (*database.PRAGMAS[:-1], "PRAGMA busy_timeout = 20")


@pytest.fixture
def locked_site(demo_ini, monkeypatch):
    """The server with a short busy timeout, while another connection writes."""
    command = ["application", "rotate-secret", str(demo_ini), "demo", "--json"]
    secret = json.loads(CliRunner().invoke(commands, command).stdout)["client_secret"]
    monkeypatch.setattr(database, "PRAGMAS", PRAGMAS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(demo_ini))
    engines = app.registry["fast_session.database"]
    other_connection = sqlite3.connect(
        engines.writer.url.database, isolation_level=None
    )
    other_connection.execute("BEGIN IMMEDIATE")
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    browser.secret = secret
    yield browser
    other_connection.execute("ROLLBACK")
    other_connection.close()
    engines.dispose()


def check_unavailable(answer):
    assert answer.status_int == 503
    assert answer.json["error"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"]


def test_a_request_with_a_transaction_is_answered_503(locked_site):
    metadata = {"redirect_uris": ["https://client.example/cb"]}
    check_unavailable(locked_site.post_json("/oauth/register", metadata, status="*"))


def test_an_unknown_code_is_refused_without_waiting_for_the_database(locked_site):
    locked_site.authorization = ("Basic", ("demo", locked_site.secret))
    form = {"grant_type": "authorization_code", "code": "x"}
    refused = locked_site.post("/oauth/token", form, status=400)
    assert refused.json["error"] in ("invalid_grant", "unauthorized_client")


def test_a_page_with_a_blocked_write_is_answered_503(locked_site):
    locked_site.set_cookie("pyramid_oauth_known", "x")
    form = locked_site.get("/sign-up").forms["sign_up"]
    form["username"], form["password"] = "somebody", "several easy words"
    page = form.submit(headers={"Accept": "text/html"}, status=503)
    assert "try again in a moment" in page.html.find(class_="lead").text
    assert page.headers["Retry-After"]


def test_a_request_without_a_transaction_is_answered_503(locked_site):
    locked_site.authorization = ("Basic", ("demo", locked_site.secret))
    check_unavailable(
        locked_site.post(
            "/oauth/token", {"grant_type": "client_credentials"}, status="*"
        )
    )
