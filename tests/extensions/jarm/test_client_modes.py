"""A client limits its response modes (FAPI 2.0 Message Signing section 5.3.3)."""

from __future__ import annotations

import pytest

from pyramid_oauth.clients.validation import unsupported_values
from tests.support.host import CALLBACK, authorize_client, parse_query
from tests.support.pushing import push
from tests.support.registry import OPENID, ignore_open_registration

SIGNING = "FAPI 2.0 Message Signing"
pytestmark = pytest.mark.spec(SIGNING, "5.3.3")


@pytest.fixture
def new_limited_provider(new_login_provider):
    """Make a provider whose client `web` registered response modes, or none."""

    def make(*modes):
        provider = new_login_provider(extensions="default jarm")
        metadata = {"response_modes": list(modes)} if modes else {}
        provider.web = provider.register_client(client_metadata=metadata)
        return provider

    return make


def ask(provider, mode):
    browser = provider.open_browser("alice")
    answer = authorize_client(browser, response_mode=mode)
    return parse_query(answer.location.replace("#", "?"))


@pytest.mark.parametrize(
    ("registered", "mode", "member"),
    [
        ((), "query", "code"),
        ((), "jwt", "response"),
        (("query",), None, "code"),
        (("query", "jwt"), "query", "code"),
        (("jwt",), "jwt", "response"),
        (("jwt",), "query.jwt", "response"),
        (("query.jwt",), "jwt", "response"),
        (("fragment.jwt",), "fragment.jwt", "response"),
    ],
)
def test_a_registered_mode_is_used(new_limited_provider, registered, mode, member):
    assert member in ask(new_limited_provider(*registered), mode)


@pytest.mark.parametrize(
    ("registered", "mode"),
    [
        (("jwt",), None),
        (("jwt",), "query"),
        (("jwt",), "fragment.jwt"),
        (("query.jwt", "form_post.jwt"), "fragment"),
    ],
)
def test_another_mode_is_refused_in_a_registered_one(
    new_limited_provider, registered, mode
):
    provider = new_limited_provider(*registered)
    members = ask(provider, mode)
    assert members.keys() == {"response"}
    claims = provider.verify_token(members["response"], "web", ["exp"])
    assert claims["error"] == "invalid_request"
    assert "registered" in claims["error_description"]


def test_another_mode_is_refused_where_requests_are_pushed(new_limited_provider):
    provider = new_limited_provider("jwt")
    assert push(provider, provider.web, 201, response_mode="jwt")
    answer = push(provider, provider.web, 400, response_mode="query")
    assert answer.json["error"] == "invalid_request"


def test_a_client_registers_modes_that_the_server_has(new_registry):
    with ignore_open_registration():
        registry = new_registry(**{**OPENID, "extensions": "default jarm"})
    created = registry.create_client(response_modes=["jwt", "query.jwt"])
    assert created["response_modes"] == ["jwt", "query.jwt"]
    for wrong in ("jwt", [7], ["jwt\n"]):
        registry.registration_error(
            redirect_uris=[CALLBACK], response_modes=wrong, scope="openid"
        )


def test_an_unknown_mode_is_an_error_of_the_metadata(new_limited_provider):
    provider = new_limited_provider()
    application = provider.models.Application(
        client_metadata={"response_modes": ["jwt", "unknown"]}
    )
    assert "response_modes" in str(unsupported_values(provider.server, application))
