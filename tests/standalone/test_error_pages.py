"""Error views of the ready-made server: HTML for browsers, JSON for API clients."""

from __future__ import annotations

import logging

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.pages import error
from pyramid_oauth.standalone.demo import landing

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def test_a_get_of_a_post_only_url_gets_a_page_that_explains_it(site):
    page = site.get("/logout", status=405)
    assert page.headers["Allow"] == "POST"
    assert "only takes what a form sends" in page.html.find(class_="lead").text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


def fail(*args):
    raise ZeroDivisionError("a secret of the server's")


@pytest.fixture
def broken_site(site, monkeypatch):
    """A site whose landing page raises an error."""
    monkeypatch.setattr(landing, "_endpoints", fail)
    return site


def test_an_internal_error_is_logged_and_answered_without_details(broken_site, caplog):
    page = broken_site.get("/", headers=BROWSER, status=500)
    assert "Something went wrong" in page.html.h1.text
    reference = page.html.find(id="oauth-reference").text
    assert f"the request failed: / (reference {reference})" in caplog.text
    assert page.headers["Cache-Control"] == "no-store"
    response = broken_site.get("/", headers={"Accept": "*/*"}, status=500)
    assert response.json == {"error": "server_error"}
    assert "a secret" not in page.text + response.text
    assert "ZeroDivisionError: a secret" in caplog.text


def test_all_log_records_of_a_request_have_the_reference_of_its_page(
    site, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    monkeypatch.setattr(error, "page", fail)
    path = "/oauth/authorize?client_id=nobody"
    page = site.get(path, headers=BROWSER, status=500)
    reference = page.html.find(id="oauth-reference").text
    lines = [each for each in caplog.messages if f"(reference {reference})" in each]
    assert [line.partition(" ")[0] for line in lines] == ["authorize", "the"]


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_without_demo_data_no_page_links_to_the_playground(demo_ini):
    path = demo_ini.with_name("live.ini")
    text = demo_ini.read_text().replace("standalone.development = true", "")
    path.write_text(text.replace("for-development-only", "as-if-it-were-secret"))
    app = get_app(str(path))
    page = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"}).get("/")
    assert "playground" not in page
    assert "wonderland" not in page
    app.registry["fast_session.database"].dispose()
