"""Throttled views: how often a user and a client may call them (RFC 6585 section 4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from pyramid_oauth import clock
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity
from pyramid_oauth.resource.request_rates import MemoryCounter, Rate, Usage


@pytest.fixture
def throttled_app(memory_host):
    """Return a function that starts a host whose view `/busy` has a throttle."""
    tokens = memory_host.verifier.tokens
    for client in ("app", "web"):
        for user in ("alice", "bob", None):
            tokens[f"{client}-{user}"] = TokenIdentity(
                client_id=client, user_id=user, scope="read"
            )

    def run(throttle=None, view=None, configure=None, setting=""):
        def add_view(config):
            config.add_route("busy", "/busy")
            config.add_view(
                view or (lambda request: Response("done")),
                route_name="busy",
                oauth_scopes="read",
                oauth_throttle=throttle,
            )
            if configure:
                configure(config)

        return memory_host.app(add_view, throttle=setting)

    return run


@pytest.fixture
def call_busy(bearer):
    """Return a function that calls `/busy` for each token; it returns the statuses."""

    def run(app, *tokens, path="/busy"):
        return [
            app.get(path, headers=bearer(token), expect_errors=True).status_int
            for token in tokens
        ]

    return run


@pytest.mark.spec("RFC 6585", "4")
def test_a_request_over_the_rate_is_told_when_to_return(throttled_app, bearer):
    app = throttled_app("2/m")
    with clock.frozen() as time:
        for remaining in ("1", "0"):
            answer = app.get("/busy", headers=bearer("read"), status=200)
            assert answer.headers["RateLimit-Policy"] == '"each";q=2;w=60'
            assert f'"each";r={remaining};t=' in answer.headers["RateLimit"]
        answer = app.get("/busy", headers=bearer("read"), status=429)
        assert answer.headers["Retry-After"] == "30"
        assert answer.headers["RateLimit"] == '"each";r=0;t=60'
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json["error"] == "temporarily_unavailable"
        time.advance(29)
        app.get("/busy", headers=bearer("read"), status=429)
        time.advance(1)
        app.get("/busy", headers=bearer("read"), status=200)
        app.get("/busy", headers=bearer("read"), status=429)
        time.advance(60)
        answer = app.get("/busy", headers=bearer("read"), status=200)
        assert answer.headers["RateLimit"] == '"each";r=1;t=30'


def test_a_user_with_one_client_has_a_quota_of_their_own(throttled_app, call_busy):
    app = throttled_app("1/h")
    tokens = ["app-alice", "app-bob", "web-alice", "app-None", "web-None"]
    assert call_busy(app, *tokens) == [200] * 5
    assert call_busy(app, *tokens) == [429] * 5


def test_a_user_is_counted_over_all_clients(throttled_app, call_busy):
    app = throttled_app("user=2/h")
    assert call_busy(app, "app-alice", "web-alice", "web-alice") == [200, 200, 429]
    assert call_busy(app, "app-bob") == [200]
    # A client that acts for itself is its own user, and not that of another client.
    assert call_busy(app, *["app-None"] * 3, "web-None") == [200, 200, 429, 200]


@pytest.mark.parametrize("throttle", ["1/m", "user=1/m", "client=1/m"])
def test_a_name_at_another_issuer_is_counted_for_itself(
    throttled_app, call_busy, memory_host, throttle
):
    app = throttled_app(throttle)
    memory_host.verifier.tokens["elsewhere"] = TokenIdentity(
        client_id="app", user_id="alice", scope="read", issuer="https://b.example"
    )
    called = call_busy(app, "app-alice", "elsewhere", "app-alice", "elsewhere")
    assert called == [200, 200, 429, 429]


def test_a_client_is_counted_over_all_users(throttled_app, call_busy):
    app = throttled_app("client=2/h")
    assert call_busy(app, "app-alice", "app-bob", "app-None") == [200, 200, 429]
    assert call_busy(app, "web-alice") == [200]


def test_a_user_over_the_limit_uses_up_nothing_of_their_client(
    throttled_app, call_busy
):
    app = throttled_app("1/h client=3/h")
    assert call_busy(app, *["app-alice"] * 5) == [200, 429, 429, 429, 429]
    assert call_busy(app, "app-bob", "app-None", "app-None") == [200, 200, 429]


def test_each_limit_has_its_headers(throttled_app, bearer):
    app = throttled_app("10/m client=1000/h name=search")
    headers = app.get("/busy", headers=bearer("read")).headers
    assert headers["RateLimit-Policy"] == (
        '"search-each";q=10;w=60, "search-client";q=1000;w=3600'
    )
    assert headers["RateLimit"].startswith('"search-each";r=9;t=6, "search-client";r=')


def test_the_setting_throttles_all_protected_views_together(throttled_app, call_busy):
    def configure(config):
        for name, throttle in {"free": False, "own": "1/m"}.items():
            config.add_route(name, f"/{name}")
            config.add_view(
                lambda request: Response("done"),
                route_name=name,
                oauth_scopes="read",
                oauth_throttle=throttle,
            )
        config.add_route("open", "/open")
        config.add_view(lambda request: Response("open"), route_name="open")

    app = throttled_app(configure=configure, setting="2/h")
    assert call_busy(app, "read") == [200]
    assert call_busy(app, "read", path="/me") == [200]
    assert call_busy(app, "read") == [429]
    assert call_busy(app, *["read"] * 3, path="/free") == [200] * 3
    assert call_busy(app, *["read"] * 2, path="/own") == [200, 429]
    assert call_busy(app, *["read"] * 3, path="/open") == [200] * 3


def test_refused_requests_are_not_counted(throttled_app, call_busy, memory_host):
    app = throttled_app("1/h")
    assert call_busy(app, "unknown", "admin", "unknown", "read") == [401, 403, 401, 200]
    assert app.get("/busy", status=401).headers.get("RateLimit") is None


def test_an_exception_of_the_view_has_the_headers_too(throttled_app, bearer):
    def absent(request):
        raise HTTPNotFound

    answer = throttled_app("5/m", absent).get(
        "/busy", headers=bearer("read"), status=404
    )
    assert '"each";r=4' in answer.headers["RateLimit"]


def test_a_host_may_count_in_a_store_of_its_own(throttled_app, call_busy):
    class Store:
        keys: list = []

        def count(self, key, rate, at):
            self.keys.append((key, rate))
            return Usage(0, 9, wait=9)

    app = throttled_app(
        "7/m", configure=lambda config: config.set_oauth_request_counter(Store())
    )
    assert call_busy(app, "read") == [429]
    ((key, rate),) = Store.keys
    assert rate == Rate(7, 60)
    assert "alice" in key


@pytest.mark.parametrize(
    "throttle",
    ["", "often", "0/m", "5/w", "5", "1/m 2/m", "pet=1/m", "name=x", "name=é 1/m", 7],
)
def test_what_is_no_rate_stops_the_start(throttled_app, throttle):
    with pytest.raises(ConfigurationError, match="oauth_throttle"):
        throttled_app(throttle)


def test_a_throttle_without_scopes_stops_the_start(memory_host):
    with pytest.raises(ConfigurationError, match="needs oauth_scopes"):
        memory_host.app(
            lambda config: config.add_view(
                lambda request: Response("x"), oauth_throttle="1/m"
            )
        )


def test_the_memory_of_a_process_is_bounded():
    counter = MemoryCounter(100)
    for number in range(1000):
        counter.count(f"user {number}", Rate(1, 60), 0.0)
    assert len(counter) == 100
    assert counter.count("user 999", Rate(1, 60), 0.0).wait
    assert not counter.count("user 0", Rate(1, 60), 0.0).wait


def test_parallel_requests_get_no_more_than_the_quota():
    counter, rate = MemoryCounter(100), Rate(50, 3600)
    with ThreadPoolExecutor(8) as threads:
        used = list(threads.map(lambda _: counter.count("key", rate, 5.0), range(200)))
    assert sum(not usage.wait for usage in used) == 50


def test_a_clock_that_is_set_back_makes_nobody_wait_for_longer_than_the_window():
    counter, rate = MemoryCounter(100), Rate(2, 60)
    for _ in range(3):
        counter.count("key", rate, 1_000_000.0)
    assert counter.count("key", rate, 0.0).wait <= 60
