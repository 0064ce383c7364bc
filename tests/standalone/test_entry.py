"""Prompted logins, account selection and sign-up at the ready-made server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.clock import frozen
from pyramid_oauth.events import SessionEnded
from tests.standalone.conftest import CHALLENGE, SITE, log_in

CALLBACK = f"{SITE}/playground"


def send_authentication_request(site, **changes):
    """Send an authentication request of the playground; returns the response."""
    parameters = {
        "response_type": "code",
        "client_id": "playground",
        "redirect_uri": CALLBACK,
        "scope": "read",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return site.get("/oauth/authorize", parameters)


def submit_form(page, form, **fields):
    for name, value in fields.items():
        page.forms[form][name] = value
    return page.forms[form].submit(status="*")


def response_parameters(answer):
    """Follow redirects and consent; returns the parameters of the response."""
    while answer.status_int == 303 and not answer.location.startswith(CALLBACK):
        answer = answer.follow()
    if answer.status_int == 200:
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    return {k: v for k, (v,) in parse_qs(urlsplit(answer.location).query).items()}


def log_in_as_alice(page):
    return submit_form(page, "login", username="alice", password="wonderland")


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_prompt_login_needs_the_password_again(site):
    log_in(site)
    page = send_authentication_request(site, prompt="login").follow()
    assert "sure that it is you" in page.html.find(id="login-reason").text
    assert page.forms["login"]["username"].value == "alice"
    wrong = submit_form(page, "login", password="wrong")
    assert wrong.status_int == 403
    assert "sure that it is you" in wrong.html.find(id="login-reason").text
    assert "code" in response_parameters(log_in_as_alice(wrong))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_returning_without_the_prompted_login_is_login_required(site):
    log_in(site)
    page = send_authentication_request(site, prompt="login").follow()
    parameters = response_parameters(site.get(page.forms["login"]["next"].value))
    assert parameters["error"] == "login_required"


def test_two_logins_within_a_second_are_distinguished(site):
    with frozen() as time:
        log_in(site)
        time.advance(0.01)
        page = send_authentication_request(site, prompt="login").follow()
        time.advance(0.01)
        assert "code" in response_parameters(log_in_as_alice(page))
        page = send_authentication_request(site, prompt="login").follow()
        parameters = response_parameters(site.get(page.forms["login"]["next"].value))
        assert parameters["error"] == "login_required"


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_select_account_can_continue_with_the_current_account(site):
    log_in(site)
    page = send_authentication_request(site, prompt="select_account").follow()
    assert "Alice Liddell" in page.html.find(id="account-continue").text
    assert "code" in response_parameters(submit_form(page, "account"))


def test_select_account_can_log_in_to_another_account(site):
    log_in(site)
    page = send_authentication_request(site, prompt="select_account").follow()
    page = site.get(page.html.find(id="account-other")["href"])
    answer = submit_form(page, "login", username="bob", password="builder")
    assert "code" in response_parameters(answer)
    assert "Bob Mason" in site.get("/")


def test_select_account_without_a_session_shows_the_login_page(site):
    page = send_authentication_request(site, prompt="select_account").follow()
    assert "account that you want" in page.html.find(id="login-reason").text
    assert "/login" in site.get("/account", status=303).location


def test_select_account_after_the_session_expired_shows_the_login_page(site):
    with frozen() as time:
        log_in(site)
        page = send_authentication_request(site, prompt="select_account").follow()
        time.advance(13 * 3600)
        answer = submit_form(page, "account")
    assert urlsplit(answer.location).path == "/login"


@pytest.mark.spec("Initiating User Registration via OpenID Connect", "4")
def test_a_new_user_signs_up_and_continues(site):
    page = send_authentication_request(
        site, prompt="create", login_hint="carol"
    ).follow()
    assert page.forms["sign_up"]["username"].value == "carol"
    answer = submit_form(
        page, "sign_up", username="carol1", password="a long password 1"
    )
    assert "code" in response_parameters(answer)
    assert "carol1" in site.get("/")
    second = submit_form(
        site.get("/login"), "login", username="carol1", password="a long password 1"
    )
    assert second.status_int == 303


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("al", "a long password 1"),
        ("a name", "a long password 1"),
        ("dave\x00", "a long password 1"),
        ("dave", "short"),
        ("dave", "x" * 2000),
        ("dave", "my name is dave"),
        ("dave", "aaaaaaaaaaaaaa"),
        ("", ""),
    ],
    ids=[
        "short-name",
        "space-in-name",
        "null-in-name",
        "short-password",
        "long-password",
        "password-with-name",
        "repeated-letter",
        "empty",
    ],
)
def test_invalid_names_and_passwords_are_refused_at_sign_up(site, username, password):
    page = site.get("/sign-up")
    token = page.forms["sign_up"]["csrf_token"].value
    form = {"username": username, "password": password, "csrf_token": token}
    answer = site.post("/sign-up", form, status=400)
    assert answer.html.find(id="problem").text
    assert password == "" or password not in answer.text


def test_a_user_name_is_unique_regardless_of_case_and_stored_in_lower_case(site):
    def sign_up(name):
        page = site.get("/sign-up")
        return submit_form(page, "sign_up", username=name, password="a long password 1")

    for name in ("Alice", "ALICE", " alice"):
        assert sign_up(name).status_int == 409
    for name in ("alice.", "-alice", "al\u0456ce"):
        assert sign_up(name).status_int == 400
    assert sign_up("Erin-1").status_int == 303
    assert "erin-1" in site.get("/").html.find("nav").text
    assert sign_up("eRIN-1").status_int == 409


def test_a_form_error_names_its_field_and_links_to_it(site):
    page = submit_form(
        site.get("/sign-up"), "sign_up", username="dave", password="short"
    )
    problem = page.html.find(id="problem")
    assert problem["role"] == "alert"
    assert problem.a["href"] == "#signup-password"
    invalid, valid = (
        page.html.find(id=f"signup-{n}") for n in ("password", "username")
    )
    assert invalid["aria-invalid"] == "true"
    assert "problem" in invalid["aria-describedby"].split()
    assert invalid.has_attr("autofocus")
    assert not {"aria-invalid", "autofocus"} & valid.attrs.keys()


def test_another_account_can_be_chosen_for_a_pending_request(site):
    """The pending request survives the change of the account."""
    log_in(site)
    page = send_authentication_request(
        site, prompt="login consent", claims_locales="de"
    ).follow()
    page = log_in_as_alice(page).follow()
    page = page.follow() if page.status_int == 303 else page
    page = site.get(page.html.find(id="oauth-other-account")["href"])
    page = site.get(page.html.find(id="account-other")["href"])
    answer = submit_form(page, "login", username="bob", password="builder")
    page = answer.follow().follow()
    assert "Bob Mason" in page.html.find(id="oauth-account").text
    assert "code" in response_parameters(page)


def test_a_taken_name_is_refused_and_sign_ups_are_limited(site):
    def sign_up_status():
        return submit_form(
            site.get("/sign-up"),
            "sign_up",
            username="alice",
            password="a long password 1",
        ).status_int

    statuses = [sign_up_status() for _ in range(9)]
    assert statuses[0] == 409
    assert statuses[-1] == 429


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_sign_up_is_off_by_default(demo_ini, tmp_path):
    text = demo_ini.read_text().replace("standalone.sign_up = open", "")
    path = demo_ini.with_name("closed.ini")
    path.write_text(text)
    app = get_app(str(path))
    site = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    site.get("/sign-up", status=404)
    assert site.get("/login").html.find(id="login-sign-up") is None
    page = send_authentication_request(site, prompt="create").follow()
    assert "nobody can sign up" in page.html.find(id="login-reason").text
    app.registry["fast_session.database"].dispose()


@pytest.mark.parametrize("path", ["/login", "/sign-up"])
def test_form_action_allows_other_sites_only_for_a_pending_request(site, path):
    def form_action(query):
        policy = site.get(path, query).headers["Content-Security-Policy"]
        return policy.partition("; form-action ")[2].partition(";")[0]

    pending = parse_qs(urlsplit(send_authentication_request(site).location).query)
    assert form_action(pending) == (
        "'self' https: http://localhost:* http://127.0.0.1:*"
    )
    for path_back in ("/", "/playground", "/oauth/authorize/x"):
        assert form_action({"next": path_back}) == "'self'"


@pytest.mark.parametrize("path", ["/login", "/sign-up", "/account"])
def test_next_never_leaves_the_site(site, path):
    log_in(site)
    page = site.get(path, {"next": "https://evil.example/", "reason": "<b>"})
    (form,) = (
        page.forms[n] for n in ("login", "sign_up", "account") if n in page.forms
    )
    assert form["next"].value == "/"


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.3")
def test_logging_in_as_another_user_ends_the_former_session(site):
    session_events = []
    site.app.registry.registerHandler(session_events.append, (SessionEnded,))
    log_in(site)
    assert "code" in response_parameters(
        send_authentication_request(site, scope="openid")
    )
    page = send_authentication_request(site, prompt="select_account").follow()
    page = site.get(page.html.find(id="account-other")["href"])
    answer = submit_form(page, "login", username="bob", password="builder")
    assert [event.client_ids for event in session_events] == [("playground",)]
    assert "code" in response_parameters(answer), "the pending request continues"
    log_in(site, "bob", "builder")
    assert len(session_events) == 1
