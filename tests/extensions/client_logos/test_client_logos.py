"""Logos of clients are fetched once, and served from this origin."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import parse_qsl, urlencode

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fetch import Fetcher
from tests.support.host import build_authorization_request
from tests.support.servers import Server, build_response

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40
PICTURES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0" + b"x" * 40,
    "image/gif": b"GIF89a" + b"x" * 40,
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"x" * 40,
}


@pytest.fixture
def logo_server():
    """The server of a client; `send` sets its response."""
    server = Server()

    def send(body, content_type, status="200 OK"):
        answer = build_response(body, status, {"Content-Type": content_type})
        server.handler = lambda peer, request: peer.sendall(answer)

    server.send = send
    yield server
    server.close()


@pytest.fixture(scope="module")
def logo_fetcher():
    """A fetcher that finds every name on this machine."""
    return Fetcher(
        allow_http=True,
        allow_private=True,
        resolver=lambda name, port: ["127.0.0.1"],
        ssl_context=ssl.create_default_context(),
    )


@pytest.fixture
def logo_host(new_host, logo_server, logo_fetcher):
    """A host with a client whose logo is at `logo_server`."""
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.client_logos"),
        fetcher=logo_fetcher,
    )
    host.register_client()
    host.logo = f"http://localhost:{logo_server.port}/logo"
    host.set_client_metadata(logo_uri=host.logo)
    return host


def open_consent_page(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser.get("/oauth/authorize", build_authorization_request()).follow()


def get_logo_path(host):
    return open_consent_page(host).html.find(id="oauth-logo")["src"]


@pytest.mark.parametrize("media_type", PICTURES)
def test_a_logo_is_fetched_once_and_served_from_this_origin(
    logo_host, logo_server, media_type
):
    logo_server.send(PICTURES[media_type], "text/html")
    page = open_consent_page(logo_host)
    path = page.html.find(id="oauth-logo")["src"]
    assert path.startswith("/oauth/client_logos?url=http%3A%2F%2Flocalhost")
    assert "img-src 'self' data:;" in page.headers["Content-Security-Policy"]
    for _ in range(2):
        answer = logo_host.browser().get(path)
        assert (answer.content_type, answer.body) == (media_type, PICTURES[media_type])
    assert len(logo_server.requests) == 1
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "200 OK"),
        (b"<script>alert(1)</script>", "image/png", "200 OK"),
        (PNG + b"x" * 64 * 1024, "image/png", "200 OK"),
        (PNG, "image/png", "404 Not Found"),
        (PNG, "image/png", "302 Found"),
        (b"", "image/png", "200 OK"),
    ],
    ids=["svg", "script", "too-large", "missing", "redirect", "empty"],
)
def test_what_is_no_picture_is_not_served(
    logo_host, logo_server, body, content_type, status
):
    logo_server.send(body, content_type, status)
    page = open_consent_page(logo_host)
    path = page.html.find(id="oauth-logo")["src"]
    assert logo_host.browser().get(path, status=404).body == b""
    # Without the logo the first letter of the name is visible.
    assert page.html.select_one(".avatar").text.strip() == "W"


def test_only_addresses_that_were_on_a_page_are_fetched(logo_host, logo_server):
    path, _, query = get_logo_path(logo_host).partition("?")
    given = dict(parse_qsl(query))
    for changes in (
        {"url": f"{given['url']}2"},
        {"url": ""},
        {"signature": ""},
        {"signature": given["signature"][::-1]},
    ):
        forged = urlencode({**given, **changes})
        logo_host.browser().get(f"{path}?{forged}", status=404)
    logo_host.browser().get(f"{path}?url=a&url=b", status=404)
    logo_host.browser().post(f"{path}?{query}", status=405)
    assert logo_server.requests == []


def test_a_private_address_is_not_asked(new_host, logo_server):
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.client_logos")
    )
    host.register_client()
    host.set_client_metadata(logo_uri=f"http://127.0.0.1:{logo_server.port}/logo")
    host.browser().get(get_logo_path(host), status=404)
    assert logo_server.requests == []


def test_a_logo_is_sent_without_a_statement(logo_host, logo_server):
    logo_server.send(PNG, "image/png")
    path, statements = get_logo_path(logo_host), logo_host.record_statements()
    logo_host.browser().get(path, status=200)
    assert statements == []


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_one_thread_waits_for_slow_servers_of_logos(new_host, logo_server):
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.client_logos"),
        outbound_allow_http="true",
        outbound_allow_private="true",
    )
    host.register_client()
    paths = []
    for number in range(3):
        uri = f"http://127.0.0.1:{logo_server.port}/logo{number}"
        host.set_client_metadata(logo_uri=uri)
        paths.append(get_logo_path(host))
    arrived, released = Event(), Event()

    def hold(peer, request):
        arrived.set()
        released.wait(5)
        peer.sendall(build_response(PNG, headers={"Content-Type": "image/png"}))

    logo_server.handler = hold
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(host.browser().get, paths[0])
        assert arrived.wait(5)
        for path in paths[1:]:
            host.browser().get(path, status=404)
        released.set()
        assert first.result().body == PNG
    host.browser().get(paths[1], status=200)


def test_without_a_secret_the_application_does_not_start(new_host):
    with pytest.raises(ConfigurationError, match="signs the addresses of logos"):
        new_host(
            lambda config: config.include("pyramid_oauth.extensions.client_logos"),
            secret="",
            grant_types="authorization_code",
        )


def test_a_host_names_its_own_image_proxy(new_host):
    def address(server, logo):
        return f"https://images.example/?{urlencode({'url': logo})}"

    host = new_host(lambda config: config.set_oauth_client_logo_url(address))
    host.register_client()
    host.set_client_metadata(logo_uri="https://client.example/logo.png")
    page = open_consent_page(host)
    logo = page.html.find(id="oauth-logo")["src"]
    assert logo.startswith("https://images.example/?url=https%3A%2F%2Fclient.example")
    policy = page.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://images.example;" in policy
