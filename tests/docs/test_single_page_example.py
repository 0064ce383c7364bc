"""The consent page of docs/how_to/single_page.rst, in a browser."""

from __future__ import annotations

from threading import Thread

import pytest
from waitress.server import create_server

from tests.support.documented import example
from tests.support.host import (
    Host,
    build_authorization_request,
    build_code_exchange,
    parse_query,
)
from tests.support.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def single_page_host(tmp_path):
    """The host with the page, served on this machine, and its client."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    host = Host(
        f"sqlite:///{tmp_path}/site.sqlite",
        example("single_page").includeme,
        issuer=f"{origin}/oauth",
        consent_url="/consent",
    )
    host.client = host.register_client(redirect_uris=f"{origin}/whoami")
    host.origin = origin
    server = create_server(host.wsgi, host="127.0.0.1", port=port)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield host
    server.close()


def test_the_script_shows_the_request_and_sends_the_decision(
    single_page_host, chromium_type
):
    launcher, path = chromium_type
    chromium = launcher.launch(executable_path=path, args=["--no-sandbox"])
    site = single_page_host
    page, uri = chromium.new_page(), f"{site.origin}/whoami"
    request = build_authorization_request(redirect_uri=uri)
    query = "&".join(f"{name}={value}" for name, value in request.items())
    page.goto(f"{site.origin}/login?name=alice")
    page.goto(f"{site.origin}/oauth/authorize?{query}")
    page.get_by_text("Web asks for access").wait_for()
    assert "/consent?request=" in page.url
    assert page.inner_text("#host") == "127.0.0.1"
    page.uncheck("[data-name=write]")
    page.click("#allow")
    page.wait_for_url("**/whoami?*")
    code = parse_query(page.url)["code"]
    form = build_code_exchange(code, site.client, redirect_uri=uri)
    assert site.browser().post("/oauth/token", form).json["scope"] == "read"
    page.goto(f"{site.origin}/consent?request=https://evil.example/x")
    page.get_by_text("This page has no request.").wait_for()
    chromium.close()
