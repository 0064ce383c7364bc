"""Lifetimes set by server, grant type and application."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth import clock
from pyramid_oauth.errors import ConfigurationError, FieldErrors
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.settings import Settings
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
)


class Base(DeclarativeBase):
    """The base of a host."""


class ApplicationWithRequestLifetime(AbstractApplication, Base):
    """An application that reads the lifetime from a request header."""

    def lifetime(self, name, request):
        minutes = request.headers.get("X-Minutes")
        return (
            timedelta(minutes=int(minutes))
            if minutes
            else super().lifetime(name, request)
        )


def ten_minutes(request):
    assert request.method in ("GET", "POST")
    return 600


def ten_minutes_as_timedelta(request):
    return timedelta(minutes=10)


def name_value(value):
    return getattr(value, "__name__", str(value))


VALUES = pytest.mark.parametrize(
    "value",
    [
        600,
        "10m",
        timedelta(minutes=10),
        ten_minutes,
        ten_minutes_as_timedelta,
        "tests.test_lifetimes.ten_minutes",
    ],
    ids=name_value,
)


def request_own_token(host, client, **headers):
    form = {"grant_type": "client_credentials", **client}
    return host.browser().post("/oauth/token", form, headers=headers).json


def assert_lifetime(host, client, seconds, **headers):
    """Check that the lifetime is returned, introspected and enforced."""
    with clock.frozen() as time:
        tokens = request_own_token(host, client, **headers)
        assert tokens["expires_in"] == seconds
        form = {"token": tokens["access_token"], **client}
        introspection = host.browser().post("/oauth/introspect", form).json
        assert introspection["exp"] - introspection["iat"] == seconds
        time.advance(seconds - 1)
        assert call_api(host, tokens["access_token"]) == 200
        time.advance(2)
        assert call_api(host, tokens["access_token"]) == 401


@VALUES
def test_a_server_setting_sets_the_access_token_lifetime(new_host, value):
    host = new_host(access_token_lifetime=value)
    assert_lifetime(host, host.register_client(), 600)


@VALUES
def test_a_grant_type_setting_overrides_the_server_setting(new_host, value):
    host = new_host(
        access_token_lifetime=60,
        grant_access_token_lifetimes={"client_credentials": value},
    )
    client = host.register_client()
    assert_lifetime(host, client, 600)
    assert obtain_tokens(host, client)["expires_in"] == 60


def test_lifetimes_by_grant_type_are_lines_of_the_ini(new_host):
    host = new_host(
        grant_access_token_lifetimes="client_credentials = 10m\n"
        "refresh_token = tests.test_lifetimes.ten_minutes_as_timedelta"
    )
    client = host.register_client()
    assert_lifetime(host, client, 600)
    tokens = obtain_tokens(host, client)
    assert tokens["expires_in"] == 3600
    assert (
        refresh_tokens(host, client, tokens["refresh_token"]).json["expires_in"] == 600
    )


@pytest.mark.parametrize("value", [600, timedelta(minutes=10)], ids=name_value)
def test_a_client_setting_overrides_the_grant_type_setting(new_host, value):
    host = new_host(
        access_token_lifetime=60,
        grant_access_token_lifetimes={"client_credentials": 120},
    )
    assert_lifetime(host, host.register_client(access_token_lifetime=value), 600)


def test_an_application_class_of_the_host_can_decide_by_the_request(new_host):
    host = new_host(application_factory=ApplicationWithRequestLifetime)
    client = host.register_client(access_token_lifetime=60)
    assert_lifetime(host, client, 600, **{"X-Minutes": "10"})
    assert_lifetime(host, client, 60)


@pytest.mark.parametrize(
    ("level", "value"),
    [
        ("server", timedelta(minutes=10)),
        ("server", ten_minutes),
        ("server", ten_minutes_as_timedelta),
        ("application", timedelta(minutes=10)),
    ],
    ids=name_value,
)
@pytest.mark.parametrize("which", ["idle", "absolute"])
def test_refresh_tokens_expire_after_their_configured_lifetimes(
    new_host, level, value, which
):
    setting = {f"refresh_token_{which}_lifetime": value}
    host = new_host(**(setting if level == "server" else {}))
    client = host.register_client(**(setting if level == "application" else {}))
    with clock.frozen() as time:
        used, unused = (obtain_tokens(host, client)["refresh_token"] for _ in "ab")
        time.advance(599)
        used = refresh_tokens(host, client, used).json["refresh_token"]
        time.advance(2)
        assert refresh_tokens(host, client, unused).json["error"] == "invalid_grant"
        second = refresh_tokens(host, client, used)
        assert second.status_int == (200 if which == "idle" else 400)


@VALUES
def test_codes_and_pending_requests_expire_after_their_configured_lifetimes(
    new_host, value
):
    host = new_host(
        authorization_code_lifetime=value, authorization_request_lifetime=value
    )
    client, browser = host.register_client(), host.browser()
    browser.get("/login?name=alice")
    with clock.frozen() as time:
        consent_page = browser.get(
            "/oauth/authorize", build_authorization_request()
        ).follow()
        codes = [parse_redirect(authorize_client(browser))["code"] for _ in "ab"]
        time.advance(599)
        browser.get(consent_page.request.path, status=303)
        browser.post("/oauth/token", build_code_exchange(codes[0], client), status=200)
        time.advance(2)
        browser.get(consent_page.request.path, status=404)
        browser.post("/oauth/token", build_code_exchange(codes[1], client), status=400)


@pytest.mark.parametrize(
    "value", [0, "0", -1, "-5", timedelta(0), timedelta(-1), True, "soon", "1w", 2**70]
)
@pytest.mark.parametrize(
    "name", ["access_token_lifetime", "authorization_code_lifetime"]
)
def test_an_invalid_lifetime_stops_the_start(name, value):
    with pytest.raises(ConfigurationError, match=f"pyramid_oauth.{name}"):
        Settings.parse({f"pyramid_oauth.{name}": value})


@pytest.mark.parametrize("value", [0, -1, timedelta(0)])
def test_an_invalid_lifetime_of_a_client_is_refused(host, value):
    with pytest.raises(FieldErrors, match="access_token_lifetime: must be positive"):
        host.register_client(access_token_lifetime=value)
