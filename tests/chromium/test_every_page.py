"""Every page in every language and color scheme, at 200 % zoom and with forced colors.

At 200 % a page has 640 pixels in a window of 1280, and 195 in one of 390 (WCAG 1.4.4).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chromium.conftest import make_site, serve
from tests.chromium.test_pages import (
    WIDTHS,
    complete_flow,
    find_violations,
    make_administrator,
    open_consent_page,
)
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LANGUAGES = ("en", "ar", "de", "es", "fr", "ja", "pt", "zh")
ZOOMED = (195, 640)
PUBLIC = {
    "landing": "/",
    "login": "/login",
    "sign-up": "/sign-up",
    "forgotten": "/password/forgotten",
    "error": "/oauth/authorize?client_id=nobody",
    "missing": "/nothing-here",
    "playground": "/playground",
}
OWN = {
    "account": "/account",
    "profile": "/profile",
    "password": "/password",
    "mail": "/mail",
    "delete-account": "/profile/delete",
    "two-step": "/two-step",
    "recovery-codes": "/two-step/recovery-codes",
    "passkey": "/two-step/passkey",
    "connections": "/oauth/connections",
    "sessions": "/oauth/sessions",
    "log-out": "/oauth/end_session",
    "applications": "/oauth/applications",
    "register": "/oauth/applications/register",
    "application": "/oauth/applications/playground",
    "edit": "/oauth/applications/playground/edit",
    "delete": "/oauth/applications/playground/delete",
    "administration": "/oauth/administration",
    "users": "/oauth/administration/users",
    "keys": "/oauth/administration/keys",
    "outbox": "/oauth/administration/outbox",
    "throttles": "/oauth/administration/throttles?name=alice&address=192.0.2.1",
    "audit": "/oauth/administration/audit",
}


@pytest.fixture(scope="module")
def every_origin(tmp_path_factory):
    """A server whose alice administers it and has allowed the playground something."""
    port = free_port()
    ini = make_site(tmp_path_factory.mktemp("every"), port)
    make_administrator(ini)
    with serve(ini, port) as origin:
        yield origin


@pytest.fixture(scope="module")
def open_context(chromium, axe):
    """Open a browser context whose pages axe may enter."""
    return lambda **options: chromium.new_context(bypass_csp=True, **options)


def visit(page, site):
    """Open each page and yield its name."""
    for name, path in PUBLIC.items():
        page.goto(site + path)
        yield name
    complete_flow(page, site)
    for name, path in OWN.items():
        page.goto(site + path)
        assert page.url == site + path, "another page is shown"
        yield name
        if name == "users":
            page.click("#oauth-users a")
            page.wait_for_selector("#oauth-grants")
            yield "user"
        if name == "keys":
            page.click("button[value=retire_key]")
            page.wait_for_selector("#oauth-confirm")
            yield "confirmation"
    open_consent_page(page, site)
    yield "consent"


def find_sideways(page, widths):
    """The widths at which the page scrolls sideways, with what sticks out."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 700})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((width, page.evaluate(WIDE_SCRIPT)))
    return found


WIDE_SCRIPT = """
() => [...document.querySelectorAll("body *")]
  .filter(found => {
    const box = found.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 1 || box.left < -1);
  })
  .map(found => found.outerHTML.slice(0, 120)).slice(-3)
"""


def take_screenshot(page, name):
    """Keep pictures of the page where `SCREENSHOTS` names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            path = Path(folder) / f"{name}-{width}.png"
            page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible_and_fits_at_double_size(
    open_context, every_origin, language
):
    problems = {}
    with open_context(locale=language, viewport={"width": 1280, "height": 900}) as each:
        page = each.new_page()
        for name in visit(page, every_origin):
            assert page.get_attribute("html", "lang") == language, name
            found = find_violations(page) + find_sideways(page, ZOOMED)
            if found:
                problems[name] = found
            page.set_viewport_size({"width": 1280, "height": 900})
    assert problems == {}


FAINT_SCRIPT = """
() => [...document.querySelectorAll("button, a.button, input:not([type=hidden])")]
  .filter(found => found.getClientRects().length)
  .filter(found => {
    const style = getComputedStyle(found);
    const edge = style.borderTopWidth !== "0px" && style.borderTopStyle !== "none";
    const native = style.appearance !== "none" && found.type === "checkbox";
    return !edge && !native;
  })
  .map(found => found.outerHTML.slice(0, 120))
"""


def test_with_forced_colors_buttons_and_fields_have_an_edge(open_context, every_origin):
    problems = {}
    with open_context(forced_colors="active", color_scheme="dark") as context:
        page = context.new_page()
        for name in visit(page, every_origin):
            take_screenshot(page, f"forced-{name}")
            # The palette of the user decides the contrast; axe reads ours.
            violations = [
                each for each in find_violations(page) if each[0] != "color-contrast"
            ]
            if found := page.evaluate(FAINT_SCRIPT) + violations:
                problems[name] = found
    assert problems == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_in_both_schemes(open_context, every_origin, scheme):
    problems = {}
    with open_context(color_scheme=scheme) as each:
        page = each.new_page()
        for name in visit(page, every_origin):
            found = find_sideways(page, WIDTHS)
            take_screenshot(page, f"{name}-{scheme}")
            if found := found + find_violations(page):
                problems[name] = found
    assert problems == {}
