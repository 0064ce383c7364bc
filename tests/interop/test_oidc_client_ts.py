"""oidc-client-ts, a library of single-page applications, in Chromium."""

from __future__ import annotations

import pytest

from tests.chromium.conftest import ARGUMENTS
from tests.interop.ready_made import HERE, needed

FOLDER = HERE / "node_clients"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]

IS_ANOTHER = "token => document.getElementById('shown').value != token"


@pytest.fixture
def chromium_page(chromium_type):
    """Return a page in a new browser context."""
    launcher, path = chromium_type
    browser = launcher.launch(executable_path=path, args=ARGUMENTS)
    yield browser.new_page()
    browser.close()


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_a_single_page_application_logs_in_refreshes_and_logs_out(
    ready_made, client_port, start_client, chromium_page
):
    needed(FOLDER / "node_modules", "JavaScript's clients")
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "oidc-client-ts", "--public"),
        *("--redirect-uri", f"{origin}/", "--post-logout-redirect-uri", f"{origin}/"),
        *("--allowed-origin", origin),
    )
    node = needed("node", "Node.js")
    start_client({**client, "client_secret": ""}, node, FOLDER / "oidc_client_ts.mjs")
    page = chromium_page
    page.goto(f"{origin}/")
    page.click("#login")
    page.fill("#username", "alice")
    page.fill("#password", "wonderland")
    page.click("#login-submit")
    page.click("#oauth-allow")
    wait_for_title(page, "Alice Pleasance Liddell")
    first = page.inner_text("#shown")
    page.click("#refresh")
    page.wait_for_function(IS_ANOTHER, arg=first)
    assert page.title() == "Alice Pleasance Liddell"
    page.click("#logout")
    page.wait_for_url(f"{origin}/**")
    wait_for_title(page, "nobody")


def wait_for_title(page, title):
    page.wait_for_function("title => document.title == title", arg=title)
