"""Paths outside UTF-8 are refused below the server and left to the host elsewhere."""

from __future__ import annotations

import pytest
from pyramid.events import ContextFound
from pyramid.exceptions import URLDecodeError
from pyramid.response import Response


@pytest.mark.parametrize(
    "path", ["token%FF", "%FF", "authorize/%C3", "token/%ED%A0%80"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_path_below_the_server_is_a_bad_request(host, path, method):
    browser = host.browser()
    answer = browser.request(f"/oauth/{path}", method=method, status=400)
    assert answer.json["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/%FF", "/oauth%FF", "/other/%FF", "/me%FF"])
def test_an_invalid_path_elsewhere_is_left_to_the_host(new_host, path):
    with pytest.raises(URLDecodeError):
        new_host().browser().get(path)

    def own_view(config):
        config.add_exception_view(lambda _: Response("ours"), context=URLDecodeError)

    browser = new_host(own_view).browser()
    assert browser.get(path).text == "ours"
    browser.get("/oauth/token%FF", status=400)


def test_with_the_prefix_at_the_root_only_endpoint_paths_are_checked(new_host):
    browser = new_host(prefix="/", issuer="https://as.example").browser()
    browser.get("/authorize/%FF", status=400)
    with pytest.raises(URLDecodeError):
        browser.get("/page/%FF")


INVALID_ROOT = {"X-Vhm-Root": "/\xff"}
AT_THE_SITES_ROOT = "/.well-known/oauth-authorization-server/oauth"


@pytest.mark.parametrize(
    "path", ["/oauth/token", "/oauth/authorize", AT_THE_SITES_ROOT]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_virtual_root_is_a_bad_request(host, path, method):
    browser = host.browser()
    answer = browser.request(path, method=method, headers=INVALID_ROOT, status=400)
    assert answer.json["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_invalid_virtual_root_elsewhere_is_left_to_the_host(host):
    with pytest.raises(UnicodeDecodeError):
        host.browser().get("/me", headers=INVALID_ROOT)


def test_another_error_of_decoding_is_not_taken_for_an_invalid_root(new_host):
    def fail(event):
        if event.request.path == "/oauth/token":
            b"\xff".decode()

    host = new_host(lambda config: config.add_subscriber(fail, ContextFound))
    with pytest.raises(UnicodeDecodeError):
        host.browser().get("/oauth/token", headers={"X-Vhm-Root": "/oauth"})
