"""`amr` and `acr` in ID Tokens, and requests that require a stronger log-in."""

from __future__ import annotations

import json

import jwt
import pytest
from sqlalchemy.orm import Session

from tests.standalone.conftest import (
    CALLBACK,
    PLAYGROUND_REQUEST,
    VERIFIER,
    log_in,
)
from tests.standalone.second_factors.conftest import (
    add_app,
    add_passkey,
    code_of,
    make_recovery_codes,
    new_browser,
    parse_location,
    read_options,
    read_secret,
    send_code,
    send_passkey,
    start_login,
)
from tests.support.authenticator import Authenticator

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
MFA = "https://refeds.org/profile/mfa"
CORE = "OpenID Connect Core"


def essential(*values):
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


def request(browser, **changes):
    parameters = {**PLAYGROUND_REQUEST, "scope": "openid", "nonce": "n", **changes}
    return browser.get("/oauth/authorize", parameters)


def redeem(browser, answer):
    """Return the claims of the ID Token; answer the consent page if it is shown."""
    if answer.status_int == 303 and "code=" not in answer.location:
        answer = answer.follow()
    if answer.status_int == 200:
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
    tokens = browser.post(
        "/oauth/token",
        {
            "grant_type": "authorization_code",
            "client_id": "playground",
            "redirect_uri": CALLBACK,
            "code": parse_location(answer)[1]["code"],
            "code_verifier": VERIFIER,
        },
    )
    return jwt.decode(tokens.json["id_token"], options={"verify_signature": False})


def enter_password(answer):
    """Send the password on the login page to which the request led."""
    form = answer.follow().forms["login"]
    form["username"], form["password"] = "alice", "wonderland"
    return form.submit(status=303)


@pytest.mark.spec("RFC 8176", "2")
@pytest.mark.parametrize("way", ["password", "app", "recovery code"])
def test_amr_and_acr_of_a_log_in_with_a_password(two_step_site, way):
    log_in(two_step_site)
    browser = new_browser(two_step_site)
    if way == "password":
        log_in(browser)
    else:
        secret = add_app(two_step_site)
        codes = make_recovery_codes(two_step_site)
        code = codes[0] if way == "recovery code" else code_of(secret)
        send_code(start_login(browser), code)
    claims = redeem(browser, request(browser))
    expected = {"password": (PASSWORD, ["pwd"])}.get(way, (MFA, ["pwd", "otp", "mfa"]))
    assert (claims["acr"], claims["amr"]) == expected


@pytest.mark.spec("RFC 8176", "2")
@pytest.mark.parametrize(
    ("verifies", "is_synced", "expected"),
    [
        (True, False, ["pwd", "pop", "user", "mfa"]),
        (False, True, ["pwd", "pop", "swk", "user", "mfa"]),
    ],
    ids=["verified", "synced and not verified"],
)
def test_amr_of_a_password_and_a_passkey(two_step_site, verifies, is_synced, expected):
    device = Authenticator("http://localhost:6543", verifies, is_synced)
    log_in(two_step_site)
    add_passkey(two_step_site, device)
    browser = new_browser(two_step_site)
    page = start_login(browser)
    send_passkey(page, device.get(read_options(page)))
    claims = redeem(browser, request(browser))
    assert claims["acr"] == "phr"
    assert sorted(claims["amr"]) == sorted(expected)


@pytest.mark.spec("RFC 8176", "2")
def test_amr_of_a_passkey_alone(two_step_site, authenticator):
    log_in(two_step_site)
    add_passkey(two_step_site, authenticator)
    browser = new_browser(two_step_site)
    page = request(browser).follow()
    answer = send_passkey(
        page, authenticator.get(read_options(page)), form="passkey-form"
    )
    claims = redeem(browser, answer.follow())
    assert (claims["acr"], claims["amr"]) == ("phr", ["pop", "user", "mfa"])


@pytest.mark.spec(CORE, "5.5.1.1")
def test_a_request_for_two_factors_lets_the_user_set_one_up_and_goes_on(two_step_site):
    log_in(two_step_site)
    answer = enter_password(request(two_step_site, claims=essential(MFA)))
    page = answer.follow()
    assert page.html.find(id="set-up-later")
    page = page.forms["app_setup"].submit()
    form = page.forms["app_confirm"]
    form["code"] = code_of(read_secret(page))
    page = form.submit(status=303).follow()
    claims = redeem(two_step_site, page.click(linkid="codes-skip"))
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])


@pytest.mark.spec(CORE, "5.5.1.1")
def test_a_user_who_sets_up_no_factor_does_not_reach_two(two_step_site):
    log_in(two_step_site)
    page = enter_password(request(two_step_site, claims=essential(MFA))).follow()
    form = page.forms["app_setup"]
    form.action = "/login/second-step/skip"
    answer = form.submit(status=303).follow()
    query = parse_location(answer)[1]
    assert query["error"] == "unmet_authentication_requirements"


@pytest.mark.spec(CORE, "5.5.1.1")
def test_a_stronger_log_in_satisfies_a_weaker_class(two_step_site, authenticator):
    log_in(two_step_site)
    add_passkey(two_step_site, authenticator)
    claims = redeem(two_step_site, request(two_step_site, claims=essential(MFA)))
    assert claims["acr"] == MFA
    assert "pop" in claims["amr"]


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_login_asks_for_both_steps_again(two_step_site):
    log_in(two_step_site)
    secret = add_app(two_step_site)
    page = enter_password(request(two_step_site, prompt="login")).follow()
    claims = redeem(two_step_site, send_code(page, code_of(secret)).follow())
    assert claims["amr"] == ["pwd", "otp", "mfa"]


@pytest.mark.spec(CORE, "3.1.2.1")
def test_acr_values_lead_to_a_second_step(two_step_site):
    log_in(two_step_site)
    secret = add_app(two_step_site)
    recovery_code, *_ = make_recovery_codes(two_step_site)
    browser = new_browser(two_step_site)
    send_code(start_login(browser), code_of(secret))
    assert "/login" not in request(browser, acr_values=f"{MFA} phr").location
    page = enter_password(request(browser, acr_values="unknown phr")).follow()
    form = send_code(page, recovery_code).follow(status=200).forms["passkey_setup"]
    form.action = "/login/second-step/skip"
    assert redeem(browser, form.submit(status=303).follow())["acr"] == MFA


@pytest.mark.spec(CORE, "3.1.2.1")
def test_who_goes_on_without_a_factor_is_asked_once_in_a_session(two_step_site):
    log_in(two_step_site)
    answer = request(two_step_site, acr_values=MFA)
    assert parse_location(answer)[1]["reason"] == "step_up"
    form = enter_password(answer).follow().forms["app_setup"]
    form.action = "/login/second-step/skip"
    assert redeem(two_step_site, form.submit(status=303).follow())["acr"] == PASSWORD
    for acr in (MFA, "phr"):
        answer = request(two_step_site, acr_values=acr)
        assert redeem(two_step_site, answer)["acr"] == PASSWORD
    assert "/login" in request(two_step_site, claims=essential(MFA)).location
    log_in(two_step_site)
    assert "/login" in request(two_step_site, acr_values=MFA).location


@pytest.mark.spec(CORE, "3.1.2.1")
def test_who_declined_a_passkey_is_still_asked_for_an_app(two_step_site):
    log_in(two_step_site)
    form = enter_password(request(two_step_site, acr_values="phr")).follow()
    form = form.forms["app_setup"]
    form.action = "/login/second-step/skip"
    form.submit(status=303)
    assert "/login" not in request(two_step_site, acr_values="phr").location
    assert "/login" in request(two_step_site, acr_values=MFA).location


def test_acr_values_lead_nowhere_without_second_factors(new_two_step_site):
    site = new_two_step_site(**{"standalone.second_factor": "off"})
    log_in(site)
    assert "/login" not in request(site, acr_values=f"{MFA} phr").location


def test_discovery_names_the_classes(new_two_step_site):
    site = new_two_step_site(**{"standalone.acr_values": "mfa = urn:example:two"})
    document = site.get("/oauth/.well-known/openid-configuration").json
    assert document["acr_values_supported"] == [PASSWORD, "urn:example:two", "phr"]


def test_a_new_password_keeps_how_the_user_logged_in(two_step_site, kept_password):
    log_in(two_step_site)
    add_app(two_step_site)
    form = two_step_site.get("/password").forms["password-form"]
    form["current"], form["password"] = "wonderland", "a looking glass"
    form.submit(status=303)
    assert redeem(two_step_site, request(two_step_site))["acr"] == MFA


def test_the_password_grant_refuses_a_user_with_a_factor(new_two_step_site):
    site = new_two_step_site(**{"pyramid_oauth.profile": "legacy"})
    server = site.app.registry["pyramid_oauth.server"]
    client = server.models.Application(
        client_id="old", name="Old", authorization_grant_type="password"
    )
    client.token_endpoint_auth_method = "client_secret_post"
    client.redirect_uris, client.allowed_scopes = "", "read"
    secret = client.new_client_secret()
    with Session(site.app.registry["fast_session.database"].writer) as session:
        session.add(client)
        session.commit()
    form = {
        "grant_type": "password",
        "username": "alice",
        "password": "wonderland",
        "client_id": "old",
        "client_secret": secret,
    }
    site.post("/oauth/token", form, status=200)
    log_in(site)
    add_app(site)
    answer = site.post("/oauth/token", form, status=400)
    assert answer.json["error"] == "invalid_grant"


def ask_for_a_passkey(site):
    """Log in by password and code where a passkey is essential; return the page."""
    log_in(site)
    secret = add_app(site)
    page = enter_password(request(site, claims=essential("phr"))).follow()
    return send_code(page, code_of(secret)).follow(status=200)


@pytest.mark.spec(CORE, "5.5.1.1")
def test_a_user_with_an_app_is_offered_the_passkey_that_is_asked_for(
    two_step_site, authenticator
):
    page = ask_for_a_passkey(two_step_site)
    assert "asks for a log-in by a passkey" in page.html.find(id="needs-passkey").text
    form = page.forms["passkey_setup"]
    form["credential"] = authenticator.create(read_options(page))
    answer = form.submit(status=303)
    while "/authorize" not in answer.location:
        page = answer.follow()
        answer = page.click(linkid="codes-skip") if page.status_int == 200 else page
    claims = redeem(two_step_site, answer.follow())
    assert claims["acr"] == "phr"


@pytest.mark.spec(CORE, "5.5.1.1")
def test_a_user_who_adds_no_passkey_is_refused_where_one_is_essential(two_step_site):
    form = ask_for_a_passkey(two_step_site).forms["passkey_setup"]
    form.action = "/login/second-step/skip"
    answer = form.submit(status=303).follow()
    error = parse_location(answer)[1]
    assert error["error"] == "unmet_authentication_requirements"


def test_a_password_alone_does_not_open_the_page_of_a_new_passkey(two_step_site):
    log_in(two_step_site)
    add_app(two_step_site)
    page = enter_password(request(two_step_site, claims=essential("phr"))).follow()
    answer = two_step_site.get("/two-step/passkey?step=login", status=303)
    assert "/login/second-step" in answer.location
    form = page.forms["second_step"]
    form.action = "/login/second-step/skip"
    assert "/login/second-step" in form.submit(status=303).location
