"""Redirects in a real browser to popups and native applications."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.chromium.test_entry import CHALLENGE, submit_login
from tests.chromium.test_pages import log_in, open_watched_page
from tests.support.command_line import run_command

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NATIVE = "com.example.app:/callback"

OPENER = b"""<title>The client</title><button id=open>Log in</button><p id=received></p>
<script>
  addEventListener("message", event => { received.textContent = event.data })
  document.getElementById("open").onclick = () => {
    opened = window.open(location.hash.slice(1), "login", "popup,width=500,height=700")
  }
</script>"""

CALLBACK = b"""<title>Back</title><p id=arrived>Welcome back</p>
<script>if (window.opener) window.opener.postMessage(location.search, "*")</script>"""


class PopupClient(BaseHTTPRequestHandler):
    """A client that logs in within a popup, which sends the response to its opener."""

    def do_GET(self):
        body = CALLBACK if self.path.startswith("/callback") else OPENER
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def popup_client():
    server = ThreadingHTTPServer(("127.0.0.1", 0), PopupClient)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def request_url(site, uri, client_id="demo", **more):
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": uri,
        "scope": "openid read",
        "state": "s",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return f"{site}/oauth/authorize?{urlencode(parameters)}"


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize("prompt", ["login consent", "select_account consent"])
def test_a_popup_can_send_the_response_to_its_opener(
    context, origin, popup_client, prompt
):
    page, console_errors = open_watched_page(context)
    if "select_account" in prompt:
        log_in(page, origin)
    url = request_url(
        origin, f"{popup_client}/callback", prompt=prompt, display="popup"
    )
    page.goto(f"{popup_client}/#{url}")
    with page.expect_popup() as opening:
        page.click("#open")
    popup = opening.value
    if "select_account" in prompt:
        popup.click("#account-continue")
    else:
        submit_login(popup)
    popup.click("#oauth-allow")
    popup.wait_for_selector("#arrived")
    page.locator("#received", has_text="code=").wait_for(timeout=5_000)
    assert page.evaluate("opened.closed") is False
    assert console_errors == []


@pytest.fixture(scope="module")
def native(served_ini):
    """A native application with a private-use scheme."""
    run_command(
        *(
            "application",
            "create",
            served_ini,
            "--client-id",
            "native",
            "--name",
            "Native",
        ),
        *("--redirect-uri", NATIVE, "--public"),
        *("--grant-type", "authorization_code"),
    )
    return "native"


@pytest.mark.parametrize(
    ("button", "member"), [("#oauth-deny", "error"), ("#oauth-allow", "code")]
)
def test_a_native_application_gets_the_answer_of_the_consent_page(
    context, origin, native, button, member
):
    """Chromium sends no request if `form-action` does not allow the scheme."""
    page, console_errors = open_watched_page(context)
    log_in(page, origin)
    page.goto(request_url(origin, NATIVE, native))
    with page.expect_request(
        lambda request: request.url.startswith(NATIVE)
    ) as request_info:
        page.click(button)
    assert member in parse_qs(urlsplit(request_info.value.url).query)
    assert console_errors == []
