"""Sessions of all kinds: what the server writes is kept, whichever a host has."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pyramid.scripting import prepare

from pyramid_oauth import clock
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.transactions import unit_of_work
from tests.hosts.site import Site


@pytest.mark.parametrize("name", ["scoped_session", "two_databases"])
def test_rows_are_committed_before_the_next_request(sites, name):
    site = sites(name, "sqlite")
    client = site.client()
    tokens = site.tokens(client)
    assert site.call(tokens["access_token"]).json["scope"] == "read write"
    with clock.frozen() as time:
        renewed = site.refresh(client, tokens["refresh_token"], status=200).json
        time.advance(61)
        site.refresh(client, tokens["refresh_token"], status=400)
        site.call(renewed["access_token"], status=401)


def test_a_routing_session_receives_every_statement(sites):
    site = sites("two_databases", "sqlite")
    asked = site.registry["asked"]
    asked.clear()
    client = site.client()
    site.refresh(client, site.tokens(client)["refresh_token"])
    assert {"Select", "Insert", "Update"} <= set(asked)
    assert "NoneType" not in asked


@pytest.mark.parametrize(
    "name", ["plain", "scoped_session", "beside_transaction_manager"]
)
def test_work_outside_a_request_is_committed_or_rolled_back_as_a_whole(sites, name):
    """So do the command line and the outbox work."""
    site = sites(name, "sqlite")
    for client_id, kept in (("kept", 1), ("broken", 0)):
        with suppress(RuntimeError), unit_of_work(site.registry) as request:
            application = site.models.Application(
                client_id=client_id, client_type="public"
            )
            request.oauth.session.add(application)
            request.oauth.session.flush()
            if not kept:
                raise RuntimeError
        assert site.count("Application", client_id=client_id) == kept


def test_a_request_without_a_session_says_what_to_configure(tmp_path):
    site = Site("without_transaction_manager", "sqlite://", tmp_path)
    with (
        prepare(registry=site.registry) as environment,
        pytest.raises(ConfigurationError, match=r"pyramid_oauth\.session"),
    ):
        environment["request"].oauth.session  # noqa: B018
    site.close()
