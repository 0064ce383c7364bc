"""A log-in in two steps, and by a passkey alone."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from pyramid_oauth.clock import frozen
from tests.standalone.conftest import log_in
from tests.standalone.second_factors.conftest import (
    add_app,
    add_passkey,
    code_of,
    is_logged_in,
    make_recovery_codes,
    new_browser,
    on_each_engine,
    parse_location,
    read_options,
    send_code,
    send_passkey,
    start_login,
)
from tests.support.authenticator import Authenticator

WEBAUTHN = "WebAuthn"


def execute(site, statement, **values):
    engine = site.app.registry["fast_session.database"].writer
    with engine.begin() as connection:
        return connection.execute(text(statement), values)


@pytest.fixture
def secret(two_step_site):
    """Return the secret of the app of alice."""
    log_in(two_step_site)
    return add_app(two_step_site)


@pytest.fixture
def passkey(two_step_site, authenticator):
    """Return the authenticator with a passkey of alice."""
    log_in(two_step_site)
    add_passkey(two_step_site, authenticator)
    return authenticator


@pytest.fixture
def fresh_browser(two_step_site):
    """Return a browser in which nobody has logged in."""
    return new_browser(two_step_site)


def test_a_user_without_a_factor_logs_in_by_the_password_alone(two_step_site):
    assert log_in(two_step_site).location == "/"
    assert is_logged_in(two_step_site)


@pytest.mark.spec("RFC 6238", "4")
def test_a_code_of_the_app_completes_the_log_in(secret, fresh_browser):
    page = start_login(fresh_browser)
    before = str(list(fresh_browser.cookiejar))
    assert send_code(page, code_of(secret)).location == "/"
    assert is_logged_in(fresh_browser)
    assert before != str(list(fresh_browser.cookiejar))


def test_a_half_finished_log_in_is_no_login_session(secret, fresh_browser):
    start_login(fresh_browser)
    assert not is_logged_in(fresh_browser)
    for path in ("/password", "/oauth/sessions", "/oauth/connections", "/two-step"):
        assert "/login" in fresh_browser.get(path, status=303).location
    assert "Log out" not in fresh_browser.get("/").text
    assert fresh_browser.post("/two-step/passkey", status=400)
    assert (
        execute(fresh_browser, "SELECT count(*) FROM standalone_session").scalar() == 1
    )


@pytest.mark.spec("RFC 6238", "5.2")
@on_each_engine
def test_a_code_is_accepted_once(secret, fresh_browser):
    with frozen():
        code = code_of(secret)
        send_code(start_login(fresh_browser), code)
        answer = send_code(start_login(new_browser(fresh_browser)), code, status=403)
    assert "used before" in answer.html.find(id="problem").text


@pytest.mark.spec("RFC 6238", "5.2")
@pytest.mark.parametrize(
    ("steps", "status"), [(-2, 403), (1, 303), (2, 403)], ids=["old", "next", "later"]
)
def test_codes_of_the_neighbouring_steps_are_accepted(
    two_step_site, fresh_browser, steps, status
):
    with frozen() as clock:
        log_in(two_step_site)
        secret = add_app(two_step_site)
        clock.advance(120)
        send_code(start_login(fresh_browser), code_of(secret, steps), status)


@on_each_engine
def test_parallel_requests_with_one_code_begin_one_session(secret, two_step_site):
    code, barrier, statuses = code_of(secret), Barrier(2), []
    pages = [start_login(new_browser(two_step_site)) for _ in range(2)]

    def run(page):
        barrier.wait()
        statuses.append(send_code(page, code, status="*").status_int)

    threads = [Thread(target=run, args=[page]) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 403]


def test_guessed_codes_are_throttled(secret, fresh_browser):
    page = start_login(fresh_browser)
    statuses = [send_code(page, "000000", "*").status_int for _ in range(9)]
    assert statuses == [403] * 8 + [429]
    answer = send_code(page, code_of(secret), 429)
    assert answer.headers["Retry-After"]
    assert not is_logged_in(fresh_browser)


@on_each_engine
def test_a_recovery_code_works_once(secret, two_step_site, fresh_browser):
    codes = make_recovery_codes(two_step_site)
    assert len(set(codes)) == 10
    send_code(start_login(fresh_browser), codes[0].upper().replace("-", " "))
    assert "9 left" in fresh_browser.get("/two-step").html.find(id="codes-left").text
    send_code(start_login(new_browser(two_step_site)), codes[0], status=403)
    stored = execute(
        two_step_site, "SELECT digest FROM standalone_recovery_code"
    ).scalars()
    assert not set(codes) & set(stored)


def test_the_secret_is_encrypted_at_rest(secret, two_step_site):
    stored = execute(
        two_step_site, "SELECT secret FROM standalone_authenticator_app"
    ).scalar()
    assert secret not in stored
    assert stored.count(".") == 4  # a JWE in compact serialization


@pytest.mark.spec(WEBAUTHN, "7.2")
def test_a_passkey_completes_the_log_in(passkey, fresh_browser):
    page = start_login(fresh_browser)
    assert send_passkey(page, passkey.get(read_options(page))).location == "/"
    assert is_logged_in(fresh_browser)


@pytest.mark.spec(WEBAUTHN, "7.2")
@on_each_engine
def test_a_passkey_alone_logs_in(passkey, fresh_browser):
    page = fresh_browser.get("/login?next=/two-step")
    answer = passkey.get(read_options(page))
    assert send_passkey(page, answer, form="passkey-form").location == "/two-step"
    assert is_logged_in(fresh_browser)


@pytest.mark.spec(WEBAUTHN, "7.2")
@on_each_engine
def test_an_answer_is_accepted_once_and_in_its_browser_only(
    passkey, two_step_site, fresh_browser
):
    page = fresh_browser.get("/login")
    answer = passkey.get(read_options(page))
    other = new_browser(two_step_site).get("/login")
    send_passkey(other, answer, status=403, form="passkey-form")
    send_passkey(page, answer, form="passkey-form")
    again = fresh_browser.get("/login")
    send_passkey(again, answer, status=403, form="passkey-form")


@pytest.mark.spec(WEBAUTHN, "7.2")
def test_an_answer_that_comes_late_is_refused(
    two_step_site, fresh_browser, authenticator
):
    with frozen() as clock:
        log_in(two_step_site)
        add_passkey(two_step_site, authenticator)
        page = fresh_browser.get("/login")
        clock.advance(601)
        answer = authenticator.get(read_options(page))
        send_passkey(page, answer, status=403, form="passkey-form")


@pytest.mark.spec(WEBAUTHN, "7.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
        {"crossOrigin": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_answer_for_another_page_is_refused(passkey, fresh_browser, changes):
    page = fresh_browser.get("/login")
    answer = passkey.get(read_options(page), **changes)
    send_passkey(page, answer, status=403, form="passkey-form")


@pytest.mark.spec(WEBAUTHN, "6.1.1")
@on_each_engine
def test_a_copied_passkey_is_refused_by_its_counter(passkey, fresh_browser):
    page = fresh_browser.get("/login")
    passkey.sign_count = 0
    answer = passkey.get(read_options(page))
    send_passkey(page, answer, status=403, form="passkey-form")


@pytest.mark.spec(WEBAUTHN, "7.2")
def test_a_passkey_that_begins_to_be_copied_is_refused(passkey, fresh_browser):
    page = fresh_browser.get("/login")
    passkey.is_synced = True
    answer = passkey.get(read_options(page))
    send_passkey(page, answer, status=403, form="passkey-form")


def test_the_password_is_needed_where_the_user_was_not_verified(
    two_step_site, fresh_browser
):
    device = Authenticator("http://localhost:6543", verifies=False, counts=False)
    log_in(two_step_site)
    add_passkey(two_step_site, device)
    page = fresh_browser.get("/login")
    answer = device.get(read_options(page))
    send_passkey(page, answer, status=403, form="passkey-form")
    page = start_login(fresh_browser)
    send_passkey(page, device.get(read_options(page)))


def test_a_passkey_of_another_user_is_no_second_step(
    passkey, two_step_site, fresh_browser
):
    log_in(fresh_browser, "bob", "builder")
    add_app(fresh_browser)
    page = start_login(new_browser(two_step_site), "bob", "builder")
    options = new_browser(two_step_site).get("/login")
    answer = passkey.get(read_options(options))
    send_passkey(page, answer, status=403)


@pytest.mark.parametrize(
    "credential",
    ["x", "[]", "{}", '{"response": {"clientDataJSON": 1}}', "null", "é"],
)
def test_a_malformed_answer_is_refused(passkey, fresh_browser, credential):
    page = fresh_browser.get("/login")
    send_passkey(page, credential, status=403, form="passkey-form")


def test_a_refused_passkey_writes_one_line_into_the_log(passkey, fresh_browser, caplog):
    """The library repeats the origin that the browser names."""
    page = fresh_browser.get("/login")
    forged = "https://x\nWARNING [other] all is well"
    answer = passkey.get(read_options(page), origin=forged)
    send_passkey(page, answer, status=403, form="passkey-form")
    (line,) = (m for m in caplog.messages if "a passkey was refused" in m)
    assert "https://x" in line
    assert "\n" not in line


def test_a_disabled_user_cannot_finish_the_log_in(secret, two_step_site, fresh_browser):
    page = start_login(fresh_browser)
    state = "UPDATE standalone_user SET is_active = :on WHERE username = 'alice'"
    execute(two_step_site, state, on=False)
    try:
        assert "/login" in send_code(page, code_of(secret)).location
    finally:
        execute(two_step_site, state, on=True)
    assert not is_logged_in(fresh_browser)


def test_a_half_finished_log_in_ends_after_a_while(secret, fresh_browser):
    with frozen() as clock:
        page = start_login(fresh_browser)
        clock.advance(15 * 60)
        answer = send_code(page, code_of(secret))
    assert parse_location(answer)[0] == "/login"


@on_each_engine
def test_a_user_without_a_factor_must_set_one_up_where_it_is_required(
    new_two_step_site,
):
    site = new_two_step_site(**{"standalone.second_factor": "required"})
    page = start_login(site)
    assert page.html.find(id="set-up-later") is None
    assert not is_logged_in(site)
    page = page.forms["app_setup"].submit()
    secret = page.html.find(id="app-secret").get_text().replace(" ", "").strip()
    form = page.forms["app_confirm"]
    form["code"] = code_of(secret)
    path, query = parse_location(form.submit(status=303))
    assert (path, query) == ("/two-step/recovery-codes", {"next": "/"})
    assert is_logged_in(site)


def test_administrators_may_be_those_who_need_one(new_two_step_site):
    site = new_two_step_site(**{"standalone.second_factor": "administrators"})
    assert log_in(site).location == "/"
    state = "UPDATE standalone_user SET is_administrator = :on WHERE username = 'alice'"
    execute(site, state, on=True)
    try:
        assert not is_logged_in(site)
        assert start_login(site).html.find(id="set-up-later") is None
    finally:
        execute(site, state, on=False)


def test_a_login_without_a_factor_ends_where_one_becomes_required(new_two_step_site):
    site = new_two_step_site()
    log_in(site)
    strict = new_two_step_site(**{"standalone.second_factor": "required"})
    strict.cookiejar = site.cookiejar
    assert not is_logged_in(strict)
    assert parse_location(strict.get("/password"))[0] == "/login"
