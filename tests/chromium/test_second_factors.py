"""Passkeys and codes in a browser, with Chromium's virtual authenticator."""

from __future__ import annotations

from urllib.parse import urlencode

import pyotp
import pytest

from tests.chromium.conftest import make_site, serve
from tests.chromium.test_pages import (
    SMALL_TARGETS_SCRIPT,
    check_page,
    log_in,
    open_watched_page,
)
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def two_step_origin(tmp_path_factory):
    """Return the origin of a ready-made server that remembers browsers, if asked."""
    port = free_port()
    month = "standalone.remember_browser = 2592000"
    ini = make_site(tmp_path_factory.mktemp("two_step"), port, month)
    with serve(ini, port) as origin:
        yield origin


class Device:
    """A device that verifies its user, who touches it at each request if `touches`."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        answer = self.session.send(
            "WebAuthn.addVirtualAuthenticator", {"options": DEVICE}
        )
        self.id = answer["authenticatorId"]

    def touch(self, touches):
        self.session.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": self.id, "enabled": touches},
        )


def enter_password(page, url):
    """Log in as alice on the page to which the URL leads."""
    page.goto(url)
    page.fill("input[name=username]", "alice")
    page.fill("input[name=password]", "wonderland")
    page.press("input[name=password]", "Enter")


def add_passkey(page, site, name):
    page.goto(f"{site}/two-step")
    page.click("#add-passkey")
    page.fill("#passkey-name", name)
    page.press("#passkey-name", "Enter")
    page.wait_for_url("**/two-step/recovery-codes?*")


def add_app(page):
    """Add an app on the page that is open; returns its secret."""
    secret = page.inner_text("#app-secret").replace(" ", "").strip()
    page.fill("#app-code", pyotp.TOTP(secret).now())
    page.click("#app-submit")
    return secret


def remove_all(page, site):
    page.goto(f"{site}/two-step")
    while page.locator("button[name=factor]").count():
        page.locator("button[name=factor]").first.click()
        page.wait_for_load_state()


def test_a_passkey_is_made_and_logs_in_with_and_without_the_password(
    context, two_step_origin
):
    page, console_errors = open_watched_page(context)
    device = Device(page)
    log_in(page, two_step_origin)
    add_passkey(page, two_step_origin, "Laptop")
    page.click("#codes-make")
    assert page.locator("#codes li").count() == 10
    page.click("#codes-continue")
    assert "Laptop" in page.inner_text("#two-step-list")
    page.click("#logout")
    # The browser offers the passkey in the field of the user name, without a click.
    page.goto(f"{two_step_origin}/login?next=/two-step")
    page.wait_for_url(f"{two_step_origin}/two-step")
    device.touch(False)
    page.click("#logout")
    log_in(page, two_step_origin)
    device.touch(True)
    page.click("#passkey-button")
    page.wait_for_url(f"{two_step_origin}/")
    assert console_errors == []
    remove_all(page, two_step_origin)


def test_a_request_for_a_passkey_lets_the_user_make_one_and_goes_on(
    context, two_step_origin
):
    page, console_errors = open_watched_page(context)
    Device(page)
    log_in(page, two_step_origin)
    query = {
        "response_type": "code",
        "client_id": "playground",
        "redirect_uri": f"{two_step_origin}/playground",
        "scope": "openid",
        "nonce": "n",
        "state": "s",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "claims": '{"id_token": {"acr": {"essential": true, "value": "phr"}}}',
    }
    enter_password(page, f"{two_step_origin}/oauth/authorize?{urlencode(query)}")
    page.click("#set-up-passkey")
    page.click("#passkey-button")
    page.click("#codes-skip")
    page.click("#oauth-allow")
    page.wait_for_url("**/playground?code=*")
    assert console_errors == []
    page.goto(two_step_origin)
    remove_all(page, two_step_origin)


def test_without_javascript_the_app_works_and_the_pages_say_so(
    chromium, two_step_origin
):
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, two_step_origin)
        page.goto(f"{two_step_origin}/two-step")
        page.click("#add-passkey")
        assert "needs JavaScript" in page.inner_text("main")
        assert not page.is_visible("#passkey-button")
        page.goto(f"{two_step_origin}/two-step")
        page.click("#add-app button")
        add_app(page)
        page.goto(f"{two_step_origin}/two-step")
        assert page.is_visible("#remove-app")
        remove_all(page, two_step_origin)


def open_page(page, site, name):
    """Open the page of this name; alice has a passkey and an app."""
    device = Device(page)
    log_in(page, site)
    page.goto(f"{site}/two-step")
    if name == "setup":
        enter_password(page, f"{site}/login?need=mfa")
        page.wait_for_selector("#set-up-later")
    if name in ("two-step-empty", "setup"):
        return
    page.click("#add-app button")
    if name == "app":
        return
    secret = add_app(page)
    if name == "recovery":
        page.click("#codes-make")
        return
    add_passkey(page, site, "Telefon der Großmutter")
    page.goto(f"{site}/two-step")
    if name == "passkey":
        page.click("#add-passkey")
    if name.startswith("second-step"):
        device.touch(False)
        page.click("#logout")
        enter_password(page, f"{site}/login")
        page.wait_for_selector("#second-step-code")
        assert page.is_visible("#remember-browser")
        device.touch(True)
    if name == "second-step-wrong":
        page.fill("#second-step-code", pyotp.TOTP(secret).at(0))
        page.click("#second-step-submit")


def leave_no_factor(page, site, name):
    """Log in and remove all factors, so that the next test can begin."""
    if name.startswith("second-step"):
        page.click("#passkey-button")
        page.wait_for_url(f"{site}/")
    remove_all(page, site)


PAGES = (
    "two-step-empty",
    "setup",
    "app",
    "recovery",
    "two-step",
    "passkey",
    "second-step",
    "second-step-wrong",
)


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_accessible(chromium, two_step_origin, scheme, name, tmp_path):
    with chromium.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        open_page(page, two_step_origin, name)
        check_page(page, tmp_path, f"{name}-{scheme}")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate(SMALL_TARGETS_SCRIPT) == []
        leave_no_factor(page, two_step_origin, name)
