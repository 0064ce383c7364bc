"""Login, consent and the playground in a browser."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.chromium.conftest import AXE
from tests.support.command_line import run_command

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (390, 1280)
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def log_in(page, site):
    page.goto(f"{site}/login")
    page.fill("input[name=username]", "alice")
    page.fill("input[name=password]", "wonderland")
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()


def open_consent_page(page, site):
    page.goto(f"{site}/playground")
    page.check("input[name=force]")
    page.click("#authorize")
    page.wait_for_selector("#oauth-consent")


def complete_flow(page, site):
    log_in(page, site)
    open_consent_page(page, site)
    page.click("#oauth-allow")
    page.wait_for_selector("#me:enabled")


def expect_text(page, selector, text):
    """Wait until the element has `text`, without a script that the policy forbids."""
    page.locator(selector, has_text=text).wait_for()


def open_watched_page(context):
    """A page, and the list of errors in its console."""
    page, console_errors = context.new_page(), []
    page.on(
        "console",
        lambda entry: (
            console_errors.append(entry.text) if entry.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    return page, console_errors


def test_the_playground_completes_under_the_policy(context, origin):
    page, console_errors = open_watched_page(context)
    complete_flow(page, origin)
    expect_text(page, "#log", "What the ID Token says")
    page.click("#me")
    expect_text(page, "#log", '"username": "alice"')
    page.click("#userinfo")
    expect_text(page, "#log", '"family_name": "Liddell"')
    page.fill("#text", "Written by the playground")
    page.click("#add")
    expect_text(page, "#status", "Add")
    page.click("#notes")
    expect_text(page, "#status", "List")
    assert "Written by the playground" in page.inner_text("#log")
    page.click("#refresh")
    page.click("#revoke")
    expect_text(page, "#status", "revoked")
    assert console_errors == []
    page.click("#me")
    expect_text(page, "#log", "401")


def test_the_playground_ends_an_action_before_it_begins_the_next(context, origin):
    page, console_errors = open_watched_page(context)
    complete_flow(page, origin)
    held_back = []
    page.route("**/oauth/token", lambda route: held_back.append(route))
    page.click("#refresh")
    page.click("#revoke")
    page.wait_for_timeout(500)
    held_back[0].continue_()
    page.wait_for_selector("#log h3:text('Revoke')")
    expect_text(page, "#log li:nth-child(2) h3", "Refresh")
    expect_text(page, "#status", "revoked")
    assert console_errors == []


def test_denied_consent_returns_an_error_to_the_client(context, origin):
    page, console_errors = open_watched_page(context)
    log_in(page, origin)
    open_consent_page(page, origin)
    page.click("#oauth-deny")
    expect_text(page, "#status", "access_denied")
    assert console_errors == []


def test_consent_works_by_keyboard_and_without_javascript(chromium, origin):
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, origin)
        page.goto(
            f"{origin}/oauth/authorize?response_type=code&client_id=playground"
            f"&redirect_uri={origin}/playground&scope=read&approval_prompt=force"
            "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
            "&code_challenge_method=S256&state=s"
        )
        page.focus("#oauth-allow")
        page.keyboard.press("Enter")
        page.wait_for_url("**/playground?code=*")
        assert "state=s" in page.url


BROKEN_WORDS_SCRIPT = """
() => [...document.querySelectorAll("dd code")].flatMap(code => [...code.childNodes])
  .filter(node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return node.nodeType === Node.TEXT_NODE && range.getClientRects().length > 1;
  })
  .map(node => node.textContent)
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_a_url_on_the_landing_page_is_not_broken_within_a_word(chromium, origin, width):
    with chromium.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(origin)
        assert "/oauth/authorize" in page.inner_text("main")
        assert page.evaluate(BROKEN_WORDS_SCRIPT) == []


def register_client_with_long_name(ini, uri):
    run_command(
        *("application", "create", ini, "--client-id", "long", "--redirect-uri", uri),
        *("--name", f"{'Donaudampfschiff' * 6} Ltd"),
        *("--grant-type", "authorization_code"),
        *("--client-metadata", '{"client_uri": "https://a.example"}'),
    )


def test_a_long_client_name_and_host_fit_the_consent_page_on_a_phone(
    chromium, origin, served_ini
):
    host = ".".join(
        ["a-label-of-sixty-three-characters-is-as-long-as-they-may-be-ever"] * 3
    )
    uri = f"https://{host[:200]}.example/cb"
    register_client_with_long_name(served_ini, uri)
    query = urlencode(
        {
            "response_type": "code",
            "client_id": "long",
            "redirect_uri": uri,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scope": "read",
            "state": "s",
        }
    )
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        log_in(page, origin)
        page.goto(f"{origin}/oauth/authorize?{query}")
        assert host[:200] in page.inner_text("#oauth-destination"), (
            "the whole host is visible"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        small_targets = page.evaluate(SMALL_TARGETS_SCRIPT)
        assert small_targets == []


SMALL_TARGETS_SCRIPT = """
() => [...document.querySelectorAll("main a, main button, main label.scope")]
  .filter(found => found.getBoundingClientRect().height < 44)
  .map(found => found.outerHTML)
"""


def is_visible(page, selector):
    box, view = page.locator(selector).bounding_box(), page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= view["height"]


def test_on_a_phone_the_result_stays_visible_and_links_to_the_messages(
    chromium, origin
):
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        complete_flow(page, origin)
        for button, status in (("#me", "Who am I?"), ("#notes", "List my notes")):
            page.click(button)
            expect_text(page, "#status", status)
            assert is_visible(page, "#status")
        assert page.inner_text("#count") == "6"
        page.click("#jump")
        assert is_visible(page, "#log li:first-child h3")
        assert page.inner_text("#log li:first-child h3") == "List my notes"


def test_a_user_ends_the_access_of_an_application_on_a_phone(chromium, origin):
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page, console_errors = open_watched_page(context)
        open_path(page, origin, "connections")
        assert page.evaluate(SMALL_TARGETS_SCRIPT) == []
        connections = page.locator(".connection").count()
        page.click("button[name=decision]")
        page.wait_for_selector("#oauth-withdrawn")
        # Other tests at this server may have left consents to other clients.
        assert page.locator(".connection").count() == connections - 1
        assert console_errors == []


def make_administrator(ini):
    run_command("user", "set", ini, "alice", "--administrator")


def open_administration(page, site, name):
    """Open a page of administration, through the links that people follow."""
    if name == "user":
        complete_flow(page, site)
    else:
        log_in(page, site)
    page.goto(site)
    page.click("#administration")
    links = {
        "user": "Users",
        "confirmation": "Keys",
        "throttles": "Throttled attempts",
        "audit": "Audit log",
    }
    page.click(f"nav.sections >> text={links[name]}")
    if name == "user":
        page.fill("#oauth-search", "alice")
        page.click("text=Search")
        page.click("#oauth-users a")
        page.wait_for_selector("#oauth-grants")
    if name == "confirmation":
        page.click("button[value=retire_key]")
        page.wait_for_selector("#oauth-confirm")


def test_an_administrator_ends_the_access_of_a_user_on_a_phone(
    chromium, origin, served_ini
):
    make_administrator(served_ini)
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page, console_errors = open_watched_page(context)
        open_administration(page, origin, "user")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("text=End all access")
        page.click("#oauth-confirmed")
        expect_text(page, "#oauth-notice", "No application has a valid token")
        expect_text(page, "#oauth-grants", "None.")
        page.click("nav.sections >> text=Audit log")
        expect_text(page, "#oauth-entries", "end_all_grants")
        assert console_errors == []


def find_violations(page):
    page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run()")
    return [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in result["violations"]
    ]


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("name", ["messages", "logged-out"])
def test_axe_finds_no_accessibility_violation(
    chromium, origin, served_ini, scheme, name, tmp_path
):
    make_administrator(served_ini)
    # axe is injected from outside the page, which the page's own policy forbids.
    with chromium.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        open_path(page, origin, name)
        check_page(page, tmp_path, f"{name}-{scheme}")


def check_page(page, tmp_path, name):
    """Check a page by axe and at every width; take screenshots of it."""
    assert find_violations(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page_width = page.evaluate("document.documentElement.scrollWidth")
        assert page_width <= width, "the page scrolls sideways"
        folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def open_path(page, site, name):
    if name == "consent":
        log_in(page, site)
        open_consent_page(page, site)
        return
    if name == "messages":
        complete_flow(page, site)
        page.click("#me")
        expect_text(page, "#log", '"username": "alice"')
        return
    if name == "connections":
        complete_flow(page, site)
        page.goto(site)
        page.click("#connections")
        page.wait_for_selector(".connection")
        return
    if name in ("sessions", "password"):
        log_in(page, site)
        page.goto(site)
        page.click("#profile")
        page.click("#sessions" if name == "sessions" else "#change-password")
        return
    if name in ("logout", "logged-out"):
        log_in(page, site)
        page.goto(f"{site}/oauth/end_session")
        if name == "logged-out":
            page.click("#oauth-logout-confirm")
        return
    paths = {
        "landing": "/",
        "login": "/login",
        "error": "/oauth/authorize?client_id=nobody",
        "playground": "/playground",
        "missing": "/nothing-here",
    }
    page.goto(site + paths[name])
