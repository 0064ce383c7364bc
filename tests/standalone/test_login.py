"""Logging in to the ready-made server and out of it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyramid_oauth.standalone.page import local_path
from tests.standalone.conftest import SITE, log_in

ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "evil.example",
)


def is_logged_in(site):
    return "Alice Liddell" in site.get("/")


def test_the_right_password_logs_in(site):
    answer = log_in(site)
    assert (answer.status_code, answer.location) == (303, f"{SITE}/")
    assert is_logged_in(site)


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong"), ("nobody", "wonderland"), ("", "")]
)
def test_a_wrong_name_and_a_wrong_password_look_the_same(site, username, password):
    answer = log_in(site, username, password)
    assert answer.status_code == 403
    assert "User name and password do not match" in answer
    assert "Location" not in answer.headers
    assert not is_logged_in(site)


def test_too_many_failures_have_to_wait(site):
    statuses = [log_in(site, "mallory", "guess").status_code for _ in range(9)]
    assert statuses == [403] * 8 + [429]
    assert int(log_in(site, "mallory", "guess").headers["Retry-After"]) > 0
    assert log_in(site).status_code == 303, "another person is not locked out"


def test_the_way_back_within_the_site_is_kept(site):
    form = site.get("/login", {"next": "/playground?a=b"}).forms["login"]
    form["username"], form["password"] = "alice", "wonderland"
    assert form.submit().location == f"{SITE}/playground?a=b"


@pytest.mark.parametrize("target", ELSEWHERE)
def test_the_way_back_never_leaves_the_site(site, target):
    form = site.get("/login", {"next": target}).forms["login"]
    assert form["next"].value == "/"
    form["next"].force_value(target)
    form["username"], form["password"] = "alice", "wonderland"
    assert form.submit().location == f"{SITE}/"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.builds("/{}".format, st.text()))
def test_no_text_leads_elsewhere(target):
    path = local_path(target)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert urlsplit(path).netloc == ""


def test_a_login_without_its_csrf_token_does_nothing(site):
    answer = site.post(
        "/login", {"username": "alice", "password": "wonderland"}, status=400
    )
    assert "out of date" in answer
    assert not is_logged_in(site)


def test_logging_out_needs_the_csrf_token(site):
    log_in(site)
    assert "out of date" in site.post("/logout", status=400)
    assert site.get("/logout", status=405).headers["Allow"] == "POST"
    assert is_logged_in(site)
    site.get("/").forms[0].submit(status=303)
    assert not is_logged_in(site)


def test_a_login_begins_a_new_session(site):
    before = site.get("/login").forms["login"]["csrf_token"].value
    log_in(site)
    assert site.get("/").forms[0]["csrf_token"].value != before


@pytest.mark.parametrize("path", ["/", "/login", "/playground", "/nothing-here"])
def test_every_page_has_a_policy_without_inline_code(site, path):
    answer = site.get(path, status="*")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
