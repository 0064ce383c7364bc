"""Prompted logins and form_post responses in a real browser."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from tests.chromium.test_pages import check_page, log_in, open_watched_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class CallbackServer:
    """The redirect URI of a client, on its own origin.

    It redirects every response to `onward`; None: it answers with a page.
    """

    def __init__(self):
        self.answers = answers = []
        self.onward = None
        client = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._note("GET", urlsplit(self.path).query)

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                self._note("POST", self.rfile.read(length).decode())

            def _note(self, method, members):
                if self.path.startswith("/callback"):
                    answers.append((method, parse_qs(members)))
                    if client.onward:
                        return self._redirect(client.onward)
                body = b"<title>The client</title><p id=arrived>Welcome back</p>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return None

            def _redirect(self, uri):
                self.send_response(302)
                self.send_header("Location", uri)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def request_url(self, site, **more):
        parameters = {
            "response_type": "code",
            "client_id": "demo",
            "redirect_uri": self.uri,
            "scope": "read",
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        }
        return f"{site}/oauth/authorize?{urlencode(parameters)}"


@pytest.fixture
def listening_client():
    client = CallbackServer()
    yield client
    client.server.shutdown()
    client.server.server_close()


def submit_login(page):
    page.fill("#username", "alice")
    page.fill("#password", "wonderland")
    page.click("#login-submit")


def give_consent(page, site, client):
    """Log in and consent, so that the consent is remembered."""
    log_in(page, site)
    page.goto(client.request_url(site, approval_prompt="force"))
    page.click("#oauth-allow")
    page.wait_for_selector("#arrived")
    client.answers.clear()


def response_parameters(page, client):
    page.wait_for_selector("#arrived")
    (answer,) = client.answers
    return answer


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
def test_after_a_new_login_the_browser_returns_to_the_client(
    either_context, origin, listening_client
):
    page, console_errors = open_watched_page(either_context)
    give_consent(page, origin, listening_client)
    page.goto(listening_client.request_url(origin, prompt="login"))
    assert "sure that it is you" in page.inner_text("#login-reason")
    submit_login(page)
    method, members = response_parameters(page, listening_client)
    assert (method, members["state"]) == ("GET", ["s"])
    assert "code" in members
    assert console_errors == []


def test_after_a_choice_of_account_the_browser_returns_to_the_client(
    either_context, origin, listening_client
):
    page, console_errors = open_watched_page(either_context)
    give_consent(page, origin, listening_client)
    page.goto(listening_client.request_url(origin, prompt="select_account"))
    page.click("#account-continue")
    assert "code" in response_parameters(page, listening_client)[1]
    assert console_errors == []


@pytest.mark.spec("OAuth 2.0 Form Post Response Mode", "2")
@pytest.mark.parametrize("prompt", ["login", "consent", ""])
def test_a_form_post_response_reaches_the_client(
    either_context, origin, listening_client, prompt
):
    page, console_errors = open_watched_page(either_context)
    give_consent(page, origin, listening_client)
    more = {"prompt": prompt} if prompt else {}
    page.goto(listening_client.request_url(origin, response_mode="form_post", **more))
    if prompt == "login":
        submit_login(page)
    if prompt == "consent":
        page.click("#oauth-allow")
    if not either_context.has_script:
        page.click("#oauth-form-post-continue")
    method, members = response_parameters(page, listening_client)
    assert (method, members["state"]) == ("POST", ["s"])
    assert "code" in members
    assert console_errors == []


def test_a_client_may_redirect_the_browser_to_a_third_site(
    either_context, origin, listening_client
):
    """Chromium checks all of these redirects by `form-action` of the form's page."""
    third = CallbackServer()
    listening_client.onward = third.uri.replace("127.0.0.1", "localhost").replace(
        "back", "ed"
    )
    page, console_errors = open_watched_page(either_context)
    give_consent(page, origin, listening_client)
    for more in (
        {"prompt": "consent"},
        {"prompt": "login"},
        {"prompt": "select_account"},
        {"response_mode": "form_post"},
    ):
        page.goto(listening_client.request_url(origin, **more))
        match more:
            case {"prompt": "consent"}:
                page.click("#oauth-allow")
            case {"prompt": "login"}:
                submit_login(page)
            case {"prompt": "select_account"}:
                page.click("#account-continue")
            case _ if not either_context.has_script:
                page.click("#oauth-form-post-continue")
        page.wait_for_url(listening_client.onward, timeout=5_000)
    assert len(listening_client.answers) == 4
    assert console_errors == []
    third.server.shutdown()
    third.server.server_close()


def test_a_long_request_posted_by_another_site_is_answered(
    either_context, origin, listening_client
):
    page, console_errors = open_watched_page(either_context)
    give_consent(page, origin, listening_client)
    fields = dict(
        parse_qsl(
            urlsplit(
                listening_client.request_url(origin, ui_locales="en " * 1500)
            ).query
        )
    )
    inputs = "".join(
        f'<input name="{name}" value="{value}">' for name, value in fields.items()
    )
    page.route(
        "http://another.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method=post action="{origin}/oauth/authorize">{inputs}'
            "<button>Go</button></form>",
        ),
    )
    page.goto("http://another.example/")
    page.click("button")
    if not either_context.has_script:
        page.click("#oauth-form-post-continue")
    assert "code" in response_parameters(page, listening_client)[1]
    assert console_errors == []


def test_a_new_user_signs_up_and_returns_to_the_client(
    either_context, origin, listening_client
):
    page, console_errors = open_watched_page(either_context)
    page.goto(listening_client.request_url(origin, prompt="create"))
    page.fill("#signup-username", f"dora{either_context.has_script}")
    page.fill("#signup-password", "several easy words")
    page.click("#signup-submit")
    page.click("#oauth-allow")
    assert "code" in response_parameters(page, listening_client)[1]
    assert console_errors == []


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("name", ["again", "account", "sign-up", "form-post"])
def test_axe_finds_no_accessibility_violation(
    chromium, origin, listening_client, scheme, name, tmp_path
):
    with chromium.new_context(color_scheme=scheme, bypass_csp=True) as context:
        page = context.new_page()
        give_consent(page, origin, listening_client)
        more = {
            "again": {"prompt": "login"},
            "account": {"prompt": "select_account"},
            "sign-up": {"prompt": "create"},
            "form-post": {"response_mode": "form_post"},
        }[name]
        page.route("**/form_post.js*", lambda route: route.fulfill(body=""))
        page.goto(listening_client.request_url(origin, **more))
        check_page(page, tmp_path, f"{name}-{scheme}")
