"""A host lists the grants of a user and ends all of them."""

from __future__ import annotations

import pytest
from pyramid.response import Response

from pyramid_oauth.clock import frozen
from pyramid_oauth.events import GrantRevoked
from tests.support.host import (
    authorize_client,
    call_api,
    obtain_tokens,
    refresh_tokens,
)
from tests.support.provider import log_in_browser


@pytest.fixture
def revocations(notified):
    """The events of revoked grants."""
    return notified


@pytest.fixture
def account_host(new_host, revocations):
    """A host with an account page and an action "end all access"."""

    def show(request):
        authorizations = request.oauth.authorizations()
        return Response(
            json_body=[
                {
                    "client": request.oauth.shown_client(authorization.client_id).name,
                    "scopes": authorization.scopes,
                    "allowed": authorization.created_at.isoformat(),
                    "used": authorization.last_used_at
                    and authorization.last_used_at.isoformat(),
                }
                for authorization in authorizations
            ]
        )

    def end(request):
        subject = request.authenticated_userid
        return Response(json_body=request.oauth.end_all_grants(subject, "stolen"))

    def configure(config):
        for name, view in (("account", show), ("end", end)):
            config.add_route(name, f"/{name}")
            config.add_view(view, route_name=name)
        config.add_subscriber(revocations.append, GrantRevoked)

    return new_host(configure)


@pytest.fixture
def account_client(account_host):
    """The credentials of a client of that host."""
    return account_host.register_client()


def list_authorizations(host, name="alice"):
    return log_in_browser(host, name).get("/account").json


def test_a_grant_is_listed_with_its_scopes_and_its_last_use(
    account_host, account_client
):
    with frozen() as clock:
        tokens = obtain_tokens(account_host, account_client)
        (first,) = list_authorizations(account_host)
        assert (first["client"], first["scopes"]) == ("Web", ["read", "write"])
        assert first["used"] >= first["allowed"]
        clock.advance(60)
        refresh_tokens(account_host, account_client, tokens["refresh_token"])
        (later,) = list_authorizations(account_host)
    assert later["allowed"] == first["allowed"]
    assert later["used"] > first["used"]


def test_a_code_that_expired_unredeemed_is_not_listed(account_host, account_client):
    browser = log_in_browser(account_host)
    with frozen() as clock:
        authorize_client(browser)
        assert len(list_authorizations(account_host)) == 1
        clock.advance(601)
        assert list_authorizations(account_host) == []


def test_users_see_their_own_grants_only(account_host, account_client):
    obtain_tokens(account_host, account_client)
    assert list_authorizations(account_host, "bob") == []


def test_ending_all_grants_ends_their_tokens_and_notifies(
    account_host, account_client, revocations
):
    tokens = obtain_tokens(account_host, account_client)
    obtain_tokens(account_host, account_client)
    assert log_in_browser(account_host).get("/end").json == 2
    assert call_api(account_host, tokens["access_token"]) == 401
    refused = refresh_tokens(account_host, account_client, tokens["refresh_token"])
    assert refused.json["error"] == "invalid_grant"
    assert list_authorizations(account_host) == []
    assert [event.reason for event in revocations] == ["stolen", "stolen"]
    assert {event.user_id for event in revocations} == {"alice"}
