"""Choosing the verifier, and what including the resource server does to a host."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError
from pyramid.interfaces import ISecurityPolicy
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity
from tests.resource.memory_host import MemoryVerifier, whoami


def accept_everything(request, token):
    return TokenIdentity(client_id="any", scope="read")


def refuse_nothing_by_default(config):
    config.set_oauth_token_verifier(accept_everything, default=True)


def choose_memory(config):
    config.set_oauth_token_verifier(MemoryVerifier())


def configured(*includes):
    config = Configurator()
    config.include("pyramid_oauth.resource")
    for each in includes:
        config.include(each)
    config.add_route("me", "/me")
    config.add_view(whoami, route_name="me", oauth_scopes="read")
    return config


def status(config, token):
    app = TestApp(config.make_wsgi_app())
    headers = {"Authorization": f"Bearer {token}"}
    return app.get("/me", headers=headers, expect_errors=True).status_int


def test_the_default_verifier_is_used_without_a_choice(bearer):
    assert status(configured(refuse_nothing_by_default), "whatever") == 200


@pytest.mark.parametrize(
    "order",
    [
        (refuse_nothing_by_default, choose_memory),
        (choose_memory, refuse_nothing_by_default),
    ],
)
def test_a_chosen_verifier_overrides_the_default_in_any_order(order):
    assert status(configured(*order), "whatever") == 401
    assert status(configured(*order), "read") == 200


def test_the_host_overrides_an_include_by_one_call():
    config = configured(choose_memory)
    config.set_oauth_token_verifier(accept_everything)
    assert status(config, "whatever") == 200


def test_two_choices_of_the_same_rank_conflict():
    config = configured(choose_memory, lambda config: choose_memory(config))
    with pytest.raises(ConfigurationConflictError):
        config.make_wsgi_app()


def test_a_verifier_may_be_a_dotted_name():
    config = configured()
    config.set_oauth_token_verifier(f"{__name__}.accept_everything")
    assert status(config, "whatever") == 200


def test_an_object_that_is_no_verifier_stops_the_start():
    with pytest.raises(ConfigurationError, match="cannot be called"):
        configured().set_oauth_token_verifier(object())


def test_an_application_without_a_verifier_does_not_start():
    with pytest.raises(ConfigurationError, match="set_oauth_token_verifier"):
        configured().make_wsgi_app()


def test_the_chosen_verifier_is_introspectable():
    config = configured(choose_memory)
    config.commit()
    category = config.introspector.get_category("pyramid_oauth resource server")
    found = [each["introspectable"] for each in category]
    assert [type(each["verifier"]) for each in found] == [MemoryVerifier]


def test_the_view_option_shows_in_the_introspectable_of_the_view():
    config = configured(choose_memory)
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
