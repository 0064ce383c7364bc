"""Logging in to the ready-made server and out of it."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.paster import get_app
from sqlalchemy.orm import Session
from webtest import TestApp

from pyramid_oauth import events, hashing
from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.standalone.accounts import users
from pyramid_oauth.standalone.page import local_path
from tests.standalone.conftest import SITE, log_in
from tests.standalone.test_statements import statements

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


@pytest.fixture
def limited_site(demo_ini):
    """A site with lower limits, on a database without failures."""
    path = demo_ini.with_name("tight.ini")
    limits = "standalone.address_attempts = 5\nstandalone.name_attempts = 5\n"
    path.write_text(demo_ini.read_text().replace("[alembic]", f"{limits}[alembic]"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(path))
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    engine = app.registry["fast_session.database"].writer
    yield browser
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM oauth_throttle")
    app.registry["fast_session.database"].dispose()


def failed_login_status(site, username, **environ):
    """The status after a wrong password in a browser without cookies."""
    browser = TestApp(site.app, extra_environ={**site.extra_environ, **environ})
    return log_in(browser, username, "guess").status_code


def is_logged_in(site):
    return "Alice Liddell" in site.get("/")


def test_the_right_password_logs_in(site):
    answer = log_in(site)
    assert (answer.status_code, answer.location) == (303, "/")
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


def test_too_many_failed_logins_have_to_wait(site):
    statuses = [log_in(site, "mallory", "guess").status_code for _ in range(9)]
    assert statuses == [403] * 8 + [429]
    assert int(log_in(site, "mallory", "guess").headers["Retry-After"]) > 0
    assert log_in(site).status_code == 303, "another person is not locked out"


def test_failures_elsewhere_do_not_lock_a_known_browser_out(limited_site):
    """A stranger behind the same address, or behind a proxy that forwards none."""
    at_home, abroad = TestApp(limited_site.app), TestApp(limited_site.app)
    for browser in (at_home, abroad):
        browser.extra_environ = limited_site.extra_environ
    log_in(at_home)
    for _ in range(9):
        failed_login_status(limited_site, "alice")
    assert log_in(abroad).status_code == 429
    assert log_in(at_home).status_code == 303
    statuses = [log_in(at_home, "alice", "guess").status_code for _ in range(9)]
    assert statuses == [403] * 8 + [429], "a known browser has a limit of its own"


def test_parallel_guesses_do_not_pass_the_limit(limited_site):
    guesses, barrier = 16, Barrier(16)

    def guess(_):
        browser = TestApp(limited_site.app, extra_environ=limited_site.extra_environ)
        form = browser.get("/login").forms["login"]
        form["username"], form["password"] = "mallory", "guess"
        barrier.wait()
        return form.submit(status="*").status_code

    with ThreadPoolExecutor(guesses) as pool:
        statuses = sorted(pool.map(guess, range(guesses)))
    assert set(statuses) == {403, 429}
    assert statuses.count(403) == 5


def test_no_transaction_is_open_while_a_password_is_checked(site, monkeypatch):
    """On SQLite it would keep all other requests from writing."""
    engine = site.app.registry["fast_session.database"].writer
    before, matches = [], users.matches
    with statements(engine) as seen:

        def recorded(*given):
            before.append(list(seen))
            return matches(*given)

        monkeypatch.setattr(users, "matches", recorded)
        assert log_in(site, password="guess").status_code == 403
        assert log_in(site).status_code == 303
    assert before == [[], []]


def test_a_login_without_capacity_is_answered_503_and_not_counted(
    limited_site, monkeypatch
):
    monkeypatch.setattr(hashing, "LONGEST_WAIT", 0.01)
    with ExitStack() as hashes:
        for _ in range(2):
            hashes.enter_context(hashing._slot())
        for _ in range(9):
            answer = log_in(limited_site, "bob", "builder")
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "1"
    assert log_in(limited_site, "bob", "builder").status_code == 303


def test_a_failed_login_leaves_a_log_line_and_an_event(limited_site, caplog):
    heard = []
    limited_site.app.registry.registerHandler(heard.append, [events.LoginFailed])
    limited_site.app.registry.registerHandler(heard.append, [events.RequestThrottled])
    for _ in range(6):
        failed_login_status(limited_site, "mallory\nlogin of 'alice' succeeded")
    assert [type(event) for event in heard] == [events.LoginFailed] * 5 + [
        events.RequestThrottled
    ]
    lines = [r.getMessage() for r in caplog.records if "mallory" in r.getMessage()]
    assert len(lines) == 6
    assert not any("\n" in line for line in lines)


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_the_login_page_and_the_password_grant_have_one_limit(demo_ini):
    path = demo_ini.with_name("legacy.ini")
    legacy = "pyramid_oauth.profile = legacy\n[alembic]"
    path.write_text(demo_ini.read_text().replace("[alembic]", legacy))
    app = get_app(str(path))
    database = app.registry["fast_session.database"]
    with Session(database.writer) as session:
        models = app.registry["pyramid_oauth.server"].models
        client = models.Application(
            client_id="old", authorization_grant_type="password"
        )
        secret = client.new_client_secret()
        session.add(client)
        session.commit()
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    for _ in range(8):
        assert log_in(browser, "bob", "guess").status_code == 403
    browser.authorization = ("Basic", ("old", secret))
    form = {"grant_type": "password", "username": "bob", "password": "builder"}
    browser.post("/oauth/token", form, status=429)
    with database.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM oauth_throttle")
        connection.exec_driver_sql("DELETE FROM oauth_application WHERE name = ''")
    database.dispose()


def test_failed_logins_are_limited_per_address(limited_site):
    attacker = {"REMOTE_ADDR": "2001:db8:1:2::3"}
    statuses = [
        failed_login_status(limited_site, f"name{n}", **attacker) for n in range(6)
    ]
    assert statuses == [403] * 5 + [429]
    neighbour = {"REMOTE_ADDR": "2001:db8:1:2::4"}
    assert failed_login_status(limited_site, "other", **neighbour) == 429, (
        "one host has the whole network"
    )
    assert (
        failed_login_status(limited_site, "other", REMOTE_ADDR="2001:db8:1:3::4") == 403
    )
    for n in range(6):
        assert (
            failed_login_status(limited_site, f"more{n}", REMOTE_ADDR="127.0.0.1")
            == 403
        ), "a proxy"


def test_failed_logins_are_limited_per_user_name(limited_site):
    at_home, abroad = TestApp(limited_site.app), TestApp(limited_site.app)
    for browser in (at_home, abroad):
        browser.extra_environ = limited_site.extra_environ
    log_in(at_home)
    names = ("alice", "Alice", "ALICE ", " alice", "alicE", "alice")
    statuses = [
        failed_login_status(limited_site, name, REMOTE_ADDR=f"192.0.2.{n}")
        for n, name in enumerate(names)
    ]
    assert statuses == [403] * 5 + [429]
    assert log_in(abroad).status_code == 429
    assert log_in(at_home).status_code == 303, "who logged in here before still can"
    abroad.set_cookie(
        "pyramid_oauth_known", at_home.cookies["pyramid_oauth_known"][:-4] + "AAAA"
    )
    assert log_in(abroad).status_code == 429, "the cookie is signed"


def test_a_user_name_is_compared_without_case_and_trailing_spaces(site):
    assert log_in(site, "Alice ").status_code == 303
    assert is_logged_in(site)


def test_next_within_the_site_is_kept(site):
    form = site.get("/login", {"next": "/playground?a=b"}).forms["login"]
    form["username"], form["password"] = "alice", "wonderland"
    assert form.submit().location == "/playground?a=b"


@pytest.mark.parametrize("target", ELSEWHERE)
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


def registered(site, **metadata):
    """Register a client; returns the page to log in that its request leads to."""
    said = {"redirect_uris": ["https://client.example/cb"], **metadata}
    client = site.post_json("/oauth/register", said, status=201).json
    return to_login_page(
        site,
        client_id=client["client_id"],
        redirect_uri="https://client.example/cb",
    )


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_the_login_page_shows_the_requesting_client(site):
    shown = {
        name: f"https://client.example/{name}"
        for name in ("logo_uri", "policy_uri", "tos_uri")
    }
    page = registered(site, client_name="Shop <1>", **shown)
    for again in (page, page.forms["login"].submit(status=403)):
        assert again.html.find(id="client-logo")["src"] == shown["logo_uri"]
        assert again.html.find(id="client-policy")["href"] == shown["policy_uri"]
        assert again.html.find(id="client-tos")["href"] == shown["tos_uri"]
        assert "Shop &lt;1&gt;" in again.text
        policy = again.headers["Content-Security-Policy"]
        assert "img-src 'self' data: https://client.example;" in policy


def test_the_login_page_says_that_nobody_verified_a_self_registered_client(site):
    page = registered(site, client_name="Shop")
    for shown in (page, page.click(linkid="login-sign-up")):
        warning = shown.html.find(id="oauth-unchecked")
        assert "Nobody here has checked who is behind Shop" in warning.text
    vouched_for = to_login_page(site)
    assert "Playground" in vouched_for.html.find(id="client-name").text
    assert vouched_for.html.find(id="oauth-unchecked") is None


def to_login_page(site, **changes):
    """The login page that a request of the playground leads to."""
    asked = {
        "client_id": "playground",
        "redirect_uri": f"{SITE}/playground",
        "response_type": "code",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
        **changes,
    }
    return site.get("/oauth/authorize", asked).follow(status=200)


@pytest.mark.parametrize("path", ["/login", "/sign-up"])
def test_a_forged_address_of_a_login_page_shows_no_client(site, path):
    registered(site, client_name="Your Bank")
    listed = {"client_id": "playground"}
    for query in (
        listed,
        {**listed, "next": "/playground"},
        {"next": "/oauth/authorize?client_id=playground"},
        {"next": "/oauth/authorize/" + "x" * 43},
    ):
        page = site.get(path, query, status=200)
        assert page.html.find(id="client-name") is None
        assert "img-src 'self' data:;" in page.headers["Content-Security-Policy"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_no_page_on_the_way_to_the_client_cuts_a_popup_off(site):
    """`display=popup`: Cross-Origin-Opener-Policy would set `window.opener` to null."""
    log_in(site)
    for prompt in ("login", "select_account", "create"):
        asked = {"prompt": prompt, "display": "popup", "scope": "openid"}
        page = to_login_page(site, **asked)
        (form,) = (
            page.forms[name]
            for name in ("login", "account", "sign_up")
            if name in page.forms
        )
        answers = [page, form.submit(status="*")]
        if prompt == "select_account":
            answers.append(page.click(linkid="account-other"))
        for answer in answers:
            assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert "Cross-Origin-Opener-Policy" in site.get("/").headers
