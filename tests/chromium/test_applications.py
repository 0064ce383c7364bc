"""The pages of applications in a browser, from registration to deletion."""

from __future__ import annotations

import pytest

from tests.chromium.test_pages import (
    SMALL_TARGETS_SCRIPT,
    check_page,
    log_in,
    open_watched_page,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def open_list(page, site):
    log_in(page, site)
    page.goto(site)
    page.click("#applications")
    page.wait_for_selector("#oauth-applications")


def visit_pages(page):
    """Register, edit, disable and delete an application; yield each page's name."""
    yield "applications"
    page.click("#oauth-register")
    page.fill("#application-redirect_uris", "http://shop.example/cb")
    page.fill("#application-name", "Shop")
    page.click("#oauth-save")
    page.wait_for_selector("#oauth-problems")
    yield "application-problems"
    page.fill("#application-redirect_uris", "https://shop.example/cb")
    page.click("#oauth-save")
    secret = page.inner_text("#oauth-secret")
    yield "application-secret"
    page.click("#oauth-continue")
    yield "application"
    assert secret not in page.content()
    page.click("#oauth-edit")
    page.fill("#application-name", "Store")
    yield "application-form"
    page.click("#oauth-save")
    page.wait_for_selector("#oauth-outcome")
    assert page.inner_text("h1") == "Store"
    page.click("#oauth-rotate-secret")
    assert page.inner_text("#oauth-secret") != secret
    page.click("#oauth-continue")
    page.wait_for_selector("#oauth-former-secret")
    page.click("#oauth-disable")
    page.wait_for_selector("#oauth-enable")
    yield "application-disabled"
    page.click("#oauth-enable")
    page.wait_for_selector("#oauth-disable")
    page.click("#oauth-delete")
    yield "application-deletion"
    page.click("#oauth-confirm")
    page.wait_for_selector("#oauth-applications")
    assert "deleted" in page.inner_text("#oauth-outcome")


def test_a_user_manages_an_application_on_a_phone_without_javascript(chromium, origin):
    phone = {"width": 390, "height": 844}
    with chromium.new_context(viewport=phone, java_script_enabled=False) as context:
        page, console_errors = open_watched_page(context)
        open_list(page, origin)
        for name in visit_pages(page):
            assert page.evaluate(SMALL_TARGETS_SCRIPT) == [], name
        # The form with problems has this status.
        assert [text for text in console_errors if "400" not in text] == []


@pytest.mark.usefixtures("axe")
def test_axe_finds_no_accessibility_violation_in_applications(
    chromium, origin, scheme, tmp_path
):
    with chromium.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        open_list(page, origin)
        for name in visit_pages(page):
            check_page(page, tmp_path, f"{name}-{scheme}")
