"""Login sessions of the ready-made server."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from webob.cookies import SignedSerializer
from webtest import TestApp

from pyramid_oauth.clock import frozen
from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.standalone.security import SessionSerializer
from tests.standalone.conftest import CHALLENGE, log_in

REQUEST = {
    "response_type": "code",
    "client_id": "demo",
    "redirect_uri": "http://127.0.0.1/callback",
    "scope": "read",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "prompt": "none",
}
HOUR = 3600
PAGE = "/oauth/sessions"


@pytest.fixture
def other_browser(site):
    """Another browser at the same server."""
    return new_browser(site)


def new_browser(site, **headers):
    return TestApp(site.app, extra_environ={**site.extra_environ, **headers})


def copy_cookies(site):
    """A browser with the cookies of `site`."""
    copied_browser = new_browser(site)
    for cookie in site.cookiejar:
        copied_browser.cookiejar.set_cookie(cookie)
    return copied_browser


def is_logged_in(browser):
    return browser.get(PAGE, status="*").status_int == 200


def execute(site, statement, **values):
    engine = site.app.registry["fast_session.database"].writer
    with engine.begin() as connection:
        connection.execute(text(statement), values)


@pytest.fixture
def password_of_bob(site):
    """Restore the password of bob at the end."""
    statement = "SELECT password_hash FROM standalone_user WHERE username = 'bob'"
    engine = site.app.registry["fast_session.database"].writer
    with engine.begin() as connection:
        before = connection.execute(text(statement)).scalar()
    yield
    set_hash(site, before)


def set_hash(site, value):
    execute(
        site,
        "UPDATE standalone_user SET password_hash = :value WHERE username = 'bob'",
        value=value,
    )


def test_a_copied_session_cookie_is_invalid_after_the_logout(site):
    log_in(site)
    copied_browser = copy_cookies(site)
    assert is_logged_in(copied_browser)
    site.get("/").forms[0].submit()
    assert not is_logged_in(site)
    assert not is_logged_in(copied_browser)
    answer = copied_browser.get("/oauth/authorize", REQUEST, status=303)
    assert "error=login_required" in answer.location


def test_a_copied_session_cookie_is_invalid_after_a_new_login(site):
    log_in(site)
    copied_browser = copy_cookies(site)
    log_in(site)
    assert is_logged_in(site)
    assert not is_logged_in(copied_browser)


def test_a_session_in_use_ends_with_its_lifetime(site):
    with frozen() as time:
        log_in(site)
        for _ in range(11):
            time.advance(HOUR)
            assert is_logged_in(site)
        time.advance(HOUR)
        assert not is_logged_in(site)


def test_an_idle_session_ends(site):
    with frozen() as time:
        log_in(site)
        time.advance(2 * HOUR - 1)
        assert is_logged_in(site)
        time.advance(2 * HOUR)
        assert not is_logged_in(site)


def test_a_copied_session_cookie_does_not_extend_the_idle_time(site):
    """The database decides about the idle time, not the time stamp in the cookie."""
    with frozen() as time:
        log_in(site)
        copied_browser = copy_cookies(site)
        execute(
            site,
            "UPDATE standalone_session SET seen_at = '2001-01-01 00:00:00.000000'",
        )
        time.advance(1)
        assert not is_logged_in(copied_browser)


def test_a_new_password_ends_every_session(site, other_browser, password_of_bob):
    for browser in (site, other_browser):
        log_in(browser, "bob", "builder")
        assert is_logged_in(browser)
    set_hash(site, hash_chosen("another password of bob"))
    assert not is_logged_in(site)
    assert not is_logged_in(other_browser)


def test_an_inactive_user_is_not_logged_in(site):
    log_in(site, "bob", "builder")
    state = "UPDATE standalone_user SET is_active = :active WHERE username = 'bob'"
    execute(site, state, active=False)
    try:
        assert not is_logged_in(site)
    finally:
        execute(site, state, active=True)


def test_a_user_sees_their_sessions(site):
    execute(site, "DELETE FROM standalone_session")
    phone = new_browser(site, HTTP_USER_AGENT="Phone <b>1</b>\x80")
    log_in(site)
    log_in(phone)
    log_in(new_browser(site), "bob", "builder")
    page = phone.get(PAGE)
    entries = [
        item.get_text(" ", strip=True)
        for item in page.html.main.select("form.connection")[:-1]
    ]
    assert len(entries) == 2
    assert [("this browser" in entry) for entry in entries] == [True, False]
    assert "Phone <b>1</b>" in entries[0]


def test_a_user_can_end_another_session_of_theirs(site, other_browser):
    execute(site, "DELETE FROM standalone_session")
    log_in(site)
    log_in(other_browser)
    forms = site.get(PAGE).forms.values()
    (form,) = (form for form in forms if "End this session" in form.text)
    form.submit("end", status=303)
    assert is_logged_in(site)
    assert not is_logged_in(other_browser)


def test_a_user_cannot_end_the_session_of_another_user(site, other_browser):
    execute(site, "DELETE FROM standalone_session")
    log_in(other_browser, "bob", "builder")
    log_in(site)
    button = other_browser.get(PAGE).html.find("button", {"name": "end"})
    token = site.get(PAGE).forms[0]["csrf_token"].value
    site.post(PAGE, {"end": button["value"], "csrf_token": token}, status=303)
    assert is_logged_in(other_browser)


def test_a_user_can_end_all_their_sessions(site, other_browser):
    log_in(site)
    log_in(other_browser)
    page = site.get(PAGE)
    form = next(f for f in page.forms.values() if "Log out everywhere" in f.text)
    form.submit("end", value="all", status=303)
    assert not is_logged_in(site)
    assert not is_logged_in(other_browser)


def test_ending_a_session_needs_the_csrf_token(site):
    log_in(site)
    site.post(PAGE, {"end": "all"}, status=403)
    assert is_logged_in(site)


def test_the_list_of_sessions_needs_a_login(site):
    answer = site.get(PAGE, status=303)
    assert answer.location == "/login?next=%2Foauth%2Fsessions"


def test_the_session_cookie_contains_no_user_data(site):
    log_in(site)
    for cookie in site.cookiejar:
        assert "alice" not in str(cookie.value)


@pytest.mark.parametrize("place", [0, 40, 100, -1])
def test_a_session_cookie_that_was_changed_logs_nobody_in(site, place):
    log_in(site)
    changed = new_browser(site)
    for cookie in copy_cookies(site).cookiejar:
        value = list(cookie.value)
        value[place] = "A" if value[place] != "A" else "B"
        changed.set_cookie(cookie.name, "".join(value))
    assert is_logged_in(site)
    assert not is_logged_in(changed)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65])
def test_a_session_cookie_of_any_length_is_refused(length):
    serializer = SessionSerializer(b"k" * 32)
    with pytest.raises(ValueError, match=r"signature|base64|padding|characters"):
        serializer.loads(b"A" * length)


def test_a_session_cookie_is_what_webob_makes_of_it():
    secret, content = b"k" * 32, [1.5, 2, {"login": "ä\u20ac" * 5}]
    webob = SignedSerializer(secret, "pyramid_oauth.standalone.session")
    ours = SessionSerializer(secret)
    assert ours.loads(webob.dumps(content)) == content
    assert webob.loads(ours.dumps(content)) == content
