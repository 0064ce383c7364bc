"""A client is challenged by an API and comes back with a second factor, over HTTP.

The API is a process of its own in all but name: it knows the ready-made server only by
its introspection endpoint, as a Model Context Protocol server does.
"""

from __future__ import annotations

import re
import time
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pyotp
import pytest
import requests
from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.resource import identity
from tests.interop.ready_made import Person, ReadyMadeServer
from tests.support.host import CHALLENGE, VERIFIER

pytestmark = pytest.mark.slow

MFA = "https://refeds.org/profile/mfa"


class Silent(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def step_up_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("step_up")
    server = ReadyMadeServer(folder, extensions="default step_up")
    yield server
    server.stop()


def vault(request):
    return Response(json_body={"user": identity(request).user_id})


def make_api(server, client):
    """Return the application of the API, which introspects as `client`."""
    settings = {
        "token_verifiers": "introspection",
        "token_issuer": server.issuer,
        "introspection_client_id": client["client_id"],
        "introspection_client_secret": client["client_secret"],
        "allow_http": "true",
    }
    named = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
    config = Configurator(settings=named)
    config.include("pyramid_oauth.resource")
    config.add_route("vault", "/vault")
    config.add_view(
        vault,
        route_name="vault",
        oauth_scopes="read",
        oauth_acr=(MFA, "phr"),
        oauth_max_age=300,
    )
    return config.make_wsgi_app()


@pytest.fixture
def challenging_api(step_up_server):
    """The origin of the API, which also stands for that of the client."""
    reader = step_up_server.register(
        *("--name", "API", "--introspection", "any"), grants=("client_credentials",)
    )
    app = make_api(step_up_server, reader)
    httpd = make_server("localhost", 0, app, handler_class=Silent)
    Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://localhost:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


class ChallengedClient:
    """A client of the server, and the API that it calls."""

    def __init__(self, server, api):
        self.server, self.api = server, api
        self.callback = f"{api}/cb"
        self.client = server.register("--name", "App", "--redirect-uri", self.callback)

    def authorization_url(self, **demands):
        parameters = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": self.callback,
            "scope": "read",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **demands,
        }
        return f"{self.server.issuer}/authorize?{urlencode(parameters)}"

    def redeem(self, page):
        answer = parse_qs(urlsplit(page.url).query)
        assert page.url.startswith(self.callback), page.text
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "redirect_uri": self.callback,
            "code_verifier": VERIFIER,
        }
        auth = (self.client["client_id"], self.client["client_secret"])
        tokens = requests.post(f"{self.server.issuer}/token", form, auth=auth)
        return tokens.json()["access_token"]

    def call(self, token):
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.api}/vault", headers=headers, timeout=10)


def challenge_of(answer):
    """Return the demands of a challenge, as parameters of an authorization request."""
    assert answer.status_code == 401
    found = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))
    assert found["error"] == "insufficient_user_authentication"
    return {name: found[name] for name in ("acr_values", "max_age")}


def press(browser, name, **typed):
    browser.typed = typed
    return browser.press(browser.page.element("id", name))


def code_of(secret, steps=0):
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


@pytest.mark.spec("RFC 9470", "2")
def test_a_challenge_leads_to_the_second_factor_and_back(
    step_up_server, challenging_api
):
    client = ChallengedClient(step_up_server, challenging_api)
    person = Person(step_up_server)
    token = client.redeem(person.visit(client.authorization_url()))
    demands = challenge_of(client.call(token))
    assert demands == {"acr_values": f"{MFA} phr", "max_age": "300"}

    browser = person.browser
    person.visit(client.authorization_url(**demands))
    press(browser, "set-up-app")
    secret = browser.page.element("id", "app-secret").get_text()
    secret = "".join(secret.split())
    press(browser, "app-submit", code=code_of(secret))
    token = client.redeem(press(browser, "codes-skip"))
    assert client.call(token).json().keys() == {"user"}

    later = Person(step_up_server)
    later.visit(client.authorization_url(**demands))
    press(later.browser, "second-step-submit", code=code_of(secret, 1))
    token = client.redeem(later.answer_pages())
    assert client.call(token).status_code == 200
