"""A login that begins at the provider (OpenID Connect Core section 4)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.response import Response

from pyramid_oauth.clock import now
from tests.support.authentication import CORE

ISSUER = "https://as.example/oauth"


def launch(request):
    parameters = {**request.params}
    url = request.oauth.initiate_login_url(parameters.pop("client_id"), **parameters)
    return Response(url or "nowhere")


def configure(config):
    config.add_route("launch", "/launch")
    config.add_view(launch, route_name="launch")


@pytest.fixture
def launcher(new_login_provider):
    """A host with a page that sends people to applications."""
    return new_login_provider(configure)


def login_url(launcher, client_id="web", **more):
    return launcher.browser().get("/launch", {"client_id": client_id, **more}).text


@pytest.mark.spec(CORE, "4")
def test_the_login_url_has_issuer_login_hint_and_target_link_uri(launcher):
    uri = "https://client.example/begin?from=as"
    launcher.register_client(client_metadata={"initiate_login_uri": uri})
    url = login_url(
        launcher,
        login_hint="alice@example.org",
        target_link_uri="https://client.example/deep?x=1",
    )
    parts = urlsplit(url)
    assert parts[:3] == ("https", "client.example", "/begin")
    assert parse_qs(parts.query) == {
        "from": ["as"],
        "iss": [ISSUER],
        "login_hint": ["alice@example.org"],
        "target_link_uri": ["https://client.example/deep?x=1"],
    }


@pytest.mark.spec(CORE, "4")
def test_only_the_issuer_is_required_in_the_login_url(launcher):
    uri = "https://client.example/begin"
    launcher.register_client(client_metadata={"initiate_login_uri": uri})
    assert login_url(launcher) == (
        "https://client.example/begin?iss=https%3A%2F%2Fas.example%2Foauth"
    )


@pytest.mark.parametrize("client_id", ["web", "nobody", "a\x00b", ""])
def test_a_client_without_initiate_login_uri_has_no_login_url(launcher, client_id):
    launcher.register_client()
    assert login_url(launcher, client_id) == "nowhere"


def test_a_disabled_client_has_no_login_url(launcher):
    uri = "https://client.example/begin"
    launcher.register_client(
        client_metadata={"initiate_login_uri": uri}, disabled_at=now()
    )
    assert login_url(launcher) == "nowhere"
