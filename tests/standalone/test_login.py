"""Login and logout at the ready-made server."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth.standalone.accounts import users
from pyramid_oauth.standalone.page import local_path
from tests.standalone.conftest import log_in
from tests.standalone.test_statements import statements

OTHER_SITES = (
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
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_logged_in(site)


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong"), ("nobody", "wonderland"), ("", "")]
)
def test_an_unknown_user_and_a_wrong_password_get_the_same_response(
    site, username, password
):
    answer = log_in(site, username, password)
    assert answer.status_code == 403
    assert "User name and password do not match" in answer
    assert "Location" not in answer.headers
    assert not is_logged_in(site)


def test_no_transaction_is_open_while_a_password_is_checked(site, monkeypatch):
    """On SQLite it would block the writes of all other requests."""
    engine = site.app.registry["fast_session.database"].writer
    before, matches = [], users.matches
    with statements(engine) as executed:

        def record_and_match(*arguments):
            before.append(list(executed))
            return matches(*arguments)

        monkeypatch.setattr(users, "matches", record_and_match)
        assert log_in(site, password="guess").status_code == 403
        assert log_in(site).status_code == 303
    assert before == [[], []]


def test_a_user_name_is_compared_without_case_and_trailing_spaces(site):
    assert log_in(site, "Alice ").status_code == 303
    assert is_logged_in(site)


def test_next_within_the_site_is_kept(site):
    form = site.get("/login", {"next": "/playground?a=b"}).forms["login"]
    form["username"], form["password"] = "alice", "wonderland"
    assert form.submit().location == "/playground?a=b"


@pytest.mark.parametrize("target", OTHER_SITES)
def test_next_never_leaves_the_site(site, target):
    form = site.get("/login", {"next": target}).forms["login"]
    assert form["next"].value == "/"
    form["next"].force_value(target)
    form["username"], form["password"] = "alice", "wonderland"
    assert form.submit().location == "/"


@given(st.text() | st.builds("/{}".format, st.text()))
def test_a_redirect_target_outside_the_site_is_ignored(target):
    path = local_path(target)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert urlsplit(path).netloc == ""


def test_a_login_without_its_csrf_token_is_refused(site):
    answer = site.post(
        "/login", {"username": "alice", "password": "wonderland"}, status=400
    )
    assert "out of date" in answer
    assert not is_logged_in(site)


def test_a_logout_needs_the_csrf_token(site):
    log_in(site)
    assert "out of date" in site.post("/logout", status=400)
    assert site.get("/logout", status=405).headers["Allow"] == "POST"
    assert is_logged_in(site)
    site.get("/").forms[0].submit(status=303)
    assert not is_logged_in(site)


def test_a_login_starts_a_new_session(site):
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
