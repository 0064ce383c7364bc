"""Rate limits of the login page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from threading import Barrier

import pytest
from pyramid.paster import get_app
from sqlalchemy.orm import Session
from webtest import TestApp

from pyramid_oauth import events, hashing
from tests.standalone.conftest import forget_attempts, log_in, start_site
from tests.support.process_threads import close_app


@pytest.fixture
def limited_site(demo_ini, lease):
    """A site with lower limits; its rate-limit counters are deleted at the end."""
    path = demo_ini.with_name("tight.ini")
    limits = "standalone.address_attempts = 5\nstandalone.name_attempts = 5\n"
    path.write_text(demo_ini.read_text().replace("[alembic]", f"{limits}[alembic]"))
    app = lease.get(partial(start_site, str(path)), str(path)).wsgi
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    yield browser
    forget_attempts(app)
    close_app(app)


def failed_login_status(site, username, **environ):
    """The status after a wrong password in a browser without cookies."""
    browser = TestApp(site.app, extra_environ={**site.extra_environ, **environ})
    return log_in(browser, username, "guess").status_code


def test_failed_logins_are_rate_limited(site, caplog):
    caplog.set_level("INFO")
    statuses = [log_in(site, "mallory", "guess").status_code for _ in range(9)]
    assert statuses == [403] * 8 + [429]
    refused = log_in(site, "mallory", "guess")
    assert int(refused.headers["Retry-After"]) > 0
    reference = refused.html.find(id="oauth-reference").text
    assert f"(reference {reference})" in caplog.text
    assert site.get("/login").html.find(id="oauth-reference") is None
    assert log_in(site).status_code == 303, "another user is not locked out"


def test_failures_in_other_browsers_do_not_lock_out_a_known_browser(limited_site):
    """An attacker at the same address, or behind a proxy that forwards no address."""
    known_browser, new_browser = TestApp(limited_site.app), TestApp(limited_site.app)
    for browser in (known_browser, new_browser):
        browser.extra_environ = limited_site.extra_environ
    log_in(known_browser)
    for _ in range(9):
        failed_login_status(limited_site, "alice")
    assert log_in(new_browser).status_code == 429
    assert log_in(known_browser).status_code == 303
    statuses = [log_in(known_browser, "alice", "guess").status_code for _ in range(9)]
    assert statuses == [403] * 8 + [429], "a known browser has a limit of its own"


@pytest.mark.slow
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
    received_events = []
    limited_site.app.registry.registerHandler(
        received_events.append, [events.LoginFailed]
    )
    limited_site.app.registry.registerHandler(
        received_events.append, [events.RequestThrottled]
    )
    for _ in range(6):
        failed_login_status(limited_site, "mallory\nlogin of 'alice' succeeded")
    assert [type(event) for event in received_events] == [events.LoginFailed] * 5 + [
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
    known_browser, new_browser = TestApp(limited_site.app), TestApp(limited_site.app)
    for browser in (known_browser, new_browser):
        browser.extra_environ = limited_site.extra_environ
    log_in(known_browser)
    names = ("alice", "Alice", "ALICE ", " alice", "alicE", "alice")
    statuses = [
        failed_login_status(limited_site, name, REMOTE_ADDR=f"192.0.2.{n}")
        for n, name in enumerate(names)
    ]
    assert statuses == [403] * 5 + [429]
    assert log_in(new_browser).status_code == 429
    assert log_in(known_browser).status_code == 303, (
        "a browser with an earlier login still can"
    )
    new_browser.set_cookie(
        "pyramid_oauth_known",
        known_browser.cookies["pyramid_oauth_known"][:-4] + "AAAA",
    )
    assert log_in(new_browser).status_code == 429, "the cookie is signed"
