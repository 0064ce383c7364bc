"""Delivery of forms to clients (OpenID Connect Back-Channel Logout section 2.5)."""

from __future__ import annotations

import pytest

from pyramid_oauth.fetch import Fetcher, FetchError, Reason
from tests.fetch.conftest import MakeFetcher
from tests.support.servers import Server, build_response


def url(server: Server) -> str:
    return f"http://client.example:{server.port}/logout"


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.5")
def test_a_form_is_posted_every_time(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    for _ in range(2):
        assert (
            local_fetcher.post_form(url(http_server), {"logout_token": "a.b+c&d"})
            == 200
        )
    assert len(http_server.requests) == 2
    head, _, body = http_server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /logout HTTP/1.1\r\n")
    assert b"content-type: application/x-www-form-urlencoded" in head.lower()
    assert body == b"logout_token=a.b%2Bc%26d"


@pytest.mark.parametrize("status", [204, 302, 400, 503])
def test_every_status_is_returned_and_no_redirect_is_followed(
    local_fetcher: Fetcher, http_server: Server, status: int
) -> None:
    body = b"" if status == 204 else b"{}"
    http_server.respond_with(
        build_response(body, f"{status} Some", {"Location": url(http_server)})
    )
    assert local_fetcher.post_form(url(http_server), {"logout_token": "x"}) == status
    assert len(http_server.requests) == 1


def test_an_endless_response_is_not_read(
    local_fetcher: Fetcher, http_server: Server
) -> None:
    http_server.send_slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"x")
    assert local_fetcher.post_form(url(http_server), {"logout_token": "x"}) == 200


@pytest.mark.spec("RFC 9728", "7.7")
def test_unsafe_urls_are_refused_for_posts_as_well(
    make_fetcher: MakeFetcher, http_server: Server
) -> None:
    fetcher = make_fetcher(allow_private=False)
    with pytest.raises(FetchError) as caught:
        fetcher.post_form(url(http_server), {"logout_token": "x"})
    assert caught.value.reason is Reason.ADDRESS
    assert http_server.connections == 0
