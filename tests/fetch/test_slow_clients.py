"""Servers of clients that do not answer do not block the threads of this server."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from pyramid_oauth.fetch import FetchError, Reason
from pyramid_oauth.fetch.waiting import WaitingThreads
from tests.support.client_keys import (
    METHODS,
    TYPE,
    build_assertion_claims,
    key_set,
    sign_claims,
)
from tests.support.host import request_client_token
from tests.support.request_objects import request_by_object, set_client_keys
from tests.support.servers import Server, build_response

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


class HeldResponses:
    """Holds the responses of a server until they are released."""

    def __init__(self, server):
        self.began, self._free = threading.Event(), threading.Event()
        self._answer = server.handler
        server.handler = self._handle

    def _handle(self, peer, request):
        self.began.set()
        self._free.wait(10)
        self._answer(peer, request)

    @contextmanager
    def waiting(self, call):
        """Run the block while `call` waits in another thread; yields its future."""
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(call)
            assert self.began.wait(10)
            try:
                yield future
            finally:
                self._free.set()


def register_key_client(host, client_id, url):
    host.register_client(
        client_id=client_id,
        authorization_grant_type="client_credentials",
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks_uri": url},
    )


def request_client_token_by_key(host, client_id):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": TYPE,
        "client_assertion": sign_claims(build_assertion_claims(client_id), "ES256"),
    }
    return host.browser().post("/oauth/token", form, status="*")


@pytest.fixture
def slow_host(new_host, client_site):
    """A host where one thread may wait, and two clients with keys at a held server."""
    host = new_host(
        token_endpoint_auth_methods=METHODS,
        outbound_concurrency="1",
        **client_site.settings,
    )
    register_key_client(host, "robot", f"{client_site.url}/robot")
    register_key_client(host, "android", f"{client_site.url}/android")
    client_site.respond_with(key_set("ES256"))
    return host, HeldResponses(client_site.server)


@pytest.mark.spec("RFC 9110", "15.6.4")
def test_a_request_beyond_the_waiting_limit_is_refused_at_once(slow_host):
    host, held_responses = slow_host
    web = host.register_client()
    with held_responses.waiting(
        lambda: request_client_token_by_key(host, "robot")
    ) as first:
        started = time.monotonic()
        refused = request_client_token_by_key(host, "android")
        assert time.monotonic() - started < 2
        assert refused.status_int == 503
        assert refused.json["error"] == "temporarily_unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        assert request_client_token(host, web).status_int == 200
        assert not first.done()
    assert first.result(10).status_int == 200
    assert request_client_token_by_key(host, "android").status_int == 200


def test_a_second_request_for_the_same_document_is_refused(slow_host):
    host, held_responses = slow_host
    with held_responses.waiting(lambda: request_client_token_by_key(host, "robot")):
        assert request_client_token_by_key(host, "robot").status_int == 503


def test_a_browser_beyond_the_waiting_limit_gets_a_page(
    new_login_provider, client_site
):
    provider = new_login_provider(
        request_uris="true", outbound_concurrency="1", **client_site.settings
    )
    uris = [f"{client_site.url}/{number}" for number in range(2)]
    provider.register_client(skip_authorization=True)
    set_client_keys(provider, "ES256", request_uris=uris)
    held_responses = HeldResponses(client_site.server)

    def authorize(uri):
        browser = provider.open_browser("alice")
        return request_by_object(browser, None, request_uri=uri)

    with held_responses.waiting(lambda: authorize(uris[0])):
        page = authorize(uris[1])
    assert page.status_int == 503, page.text
    assert page.content_type == "text/html"
    assert "temporarily_unavailable" in page.text
    assert int(page.headers["Retry-After"]) > 0


def test_a_cached_document_is_used_beyond_the_waiting_limit(make_fetcher, http_server):
    url = f"http://localhost:{http_server.port}/keys"
    fetcher = make_fetcher(max_waiting=1, refetch_interval=0)
    cached = fetcher.get(url)
    http_server.handler = lambda peer, request: peer.sendall(build_response())
    held_responses = HeldResponses(http_server)
    with held_responses.waiting(lambda: fetcher.get(f"{url}/other")):
        assert fetcher.get(url, fresh_after=datetime.now(UTC)) == cached
        with pytest.raises(FetchError) as caught:
            fetcher.get(f"{url}/third")
    assert caught.value.reason is Reason.BUSY


def quick_elsewhere(host, port):
    """A resolver with another address for quick.example."""
    return ["127.0.0.2" if host == "quick.example" else "127.0.0.1"]


def test_a_slow_host_does_not_use_up_all_waiting_threads(make_fetcher, http_server):
    fetcher = make_fetcher(max_waiting=2, resolver=quick_elsewhere)
    slow_host = f"http://slow.example:{http_server.port}"
    http_server.handler = lambda peer, request: peer.sendall(build_response())
    held_responses, quick = HeldResponses(http_server), Server(host="127.0.0.2")
    with (
        closing(quick),
        held_responses.waiting(lambda: fetcher.get(f"{slow_host}/1")) as first,
    ):
        with pytest.raises(FetchError) as caught:
            fetcher.get(f"{slow_host}/2")
        assert fetcher.get(f"http://quick.example:{quick.port}/").body == b"{}"
    assert first.result(10).url == f"{slow_host}/1"
    assert caught.value.reason is Reason.BUSY
    assert fetcher.get(f"{slow_host}/2").url == f"{slow_host}/2"


@pytest.mark.parametrize(
    ("first", "second"),
    [(["127.0.0.1"], ["127.0.0.1"]), (["127.0.0.1", "::1"], ["::2", "127.0.0.1"])],
    ids=["one-address", "one-in-common"],
)
def test_two_names_of_one_address_are_one_slow_host(
    make_fetcher, http_server, first, second
):
    addresses = {"one.example": first, "two.example": second}
    fetcher = make_fetcher(max_waiting=2, resolver=lambda host, port: addresses[host])
    http_server.handler = lambda peer, request: peer.sendall(build_response())
    held_responses = HeldResponses(http_server)
    one, two = (f"http://{name}:{http_server.port}/" for name in addresses)
    with (
        held_responses.waiting(lambda: fetcher.get(one)) as waiting,
        pytest.raises(FetchError) as caught,
    ):
        fetcher.get(two)
    assert caught.value.reason is Reason.BUSY
    assert waiting.result(10).url == one
    addresses["two.example"] = ["127.0.0.1"]
    assert fetcher.get(two).url == two


def test_addresses_of_one_ipv6_network_are_one_server():
    waiting = WaitingThreads(2)
    assert waiting.enter("one.example")
    assert waiting.locate("one.example", [ip_address("2001:db8::1")])
    assert waiting.enter("two.example")
    assert not waiting.locate("two.example", [ip_address("2001:db8::2")])
    waiting.leave("two.example")
    assert waiting.enter("three.example")
    assert waiting.locate("three.example", [ip_address("2001:db8:0:1::1")])
