"""The directives of the resource server, and the effects of its include."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError
from pyramid.interfaces import ISecurityPolicy
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity
from tests.resource.memory_host import MemoryVerifier, whoami


def accept_every_token(request, token):
    return TokenIdentity(client_id="any", scope="read")


def set_default_verifier(config):
    config.set_oauth_token_verifier(accept_every_token, default=True)


def set_memory_verifier(config):
    config.set_oauth_token_verifier(MemoryVerifier())


def configure_host(*includes):
    config = Configurator()
    config.include("pyramid_oauth.resource")
    for include in includes:
        config.include(include)
    config.add_route("me", "/me")
    config.add_view(whoami, route_name="me", oauth_scopes="read")
    return config


def status(config, token):
    app = TestApp(config.make_wsgi_app())
    headers = {"Authorization": f"Bearer {token}"}
    return app.get("/me", headers=headers, expect_errors=True).status_int


def test_the_default_verifier_is_used_without_a_choice(bearer):
    assert status(configure_host(set_default_verifier), "whatever") == 200


@pytest.mark.parametrize(
    "order",
    [
        (set_default_verifier, set_memory_verifier),
        (set_memory_verifier, set_default_verifier),
    ],
)
def test_a_chosen_verifier_overrides_the_default_in_any_order(order):
    assert status(configure_host(*order), "whatever") == 401
    assert status(configure_host(*order), "read") == 200


def test_the_host_overrides_an_include_by_one_call():
    config = configure_host(set_memory_verifier)
    config.set_oauth_token_verifier(accept_every_token)
    assert status(config, "whatever") == 200


def test_two_choices_of_the_same_rank_conflict():
    config = configure_host(
        set_memory_verifier, lambda config: set_memory_verifier(config)
    )
    with pytest.raises(ConfigurationConflictError):
        config.make_wsgi_app()


def test_a_verifier_may_be_a_dotted_name():
    config = configure_host()
    config.set_oauth_token_verifier(f"{__name__}.accept_every_token")
    assert status(config, "whatever") == 200


def test_an_object_that_is_no_verifier_stops_the_start():
    with pytest.raises(ConfigurationError, match="cannot be called"):
        configure_host().set_oauth_token_verifier(object())


def test_an_application_without_a_verifier_does_not_start():
    with pytest.raises(ConfigurationError, match="set_oauth_token_verifier"):
        configure_host().make_wsgi_app()


def test_a_verifier_is_not_set_once_another_is_in_use():
    config = configure_host(set_memory_verifier)
    config.commit()

    with pytest.raises(ConfigurationError, match=r"after config\.commit\(\)"):
        config.set_oauth_token_verifier(accept_every_token)


def test_the_chosen_verifier_is_introspectable():
    config = configure_host(set_memory_verifier)
    config.commit()
    category = config.introspector.get_category("pyramid_oauth resource server")
    servers = [item["introspectable"] for item in category]
    assert [type(item["verifier"]) for item in servers] == [MemoryVerifier]


def test_the_view_option_shows_in_the_introspectable_of_the_view():
    config = configure_host(set_memory_verifier)
    config.commit()
    views = [
        each["introspectable"] for each in config.introspector.get_category("views")
    ]
    assert "read" in [view.get("oauth_scopes") for view in views]


def test_including_sets_no_policy_and_reads_no_other_settings(memory_host):
    app = memory_host.app()
    assert app.app.registry.queryUtility(ISecurityPolicy) is None
    with pytest.raises(ConfigurationError, match=r"did you mean pyramid_oauth\.realm"):
        memory_host.app(relm="x")
