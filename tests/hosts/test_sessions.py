"""SQLAlchemy sessions of several kinds: writes of the server are committed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pyramid.scripting import prepare

from pyramid_oauth import clock
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.transactions import unit_of_work
from tests.hosts.site import HostSite


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
    statements = site.registry["statements"]
    statements.clear()
    client = site.client()
    site.refresh(client, site.tokens(client)["refresh_token"])
    assert {"Select", "Insert", "Update"} <= set(statements)
    assert "NoneType" not in statements


@pytest.mark.parametrize(
    "name", ["plain", "scoped_session", "beside_transaction_manager"]
)
def test_a_unit_of_work_is_committed_or_rolled_back_as_a_whole(sites, name):
    """The command line and the outbox work like this."""
    site = sites(name, "sqlite")
    for client_id, expected in (("committed", 1), ("broken", 0)):
        with suppress(RuntimeError), unit_of_work(site.registry) as request:
            application = site.models.Application(
                client_id=client_id, client_type="public"
            )
            request.oauth.session.add(application)
            request.oauth.session.flush()
            if not expected:
                raise RuntimeError
        assert site.count("Application", client_id=client_id) == expected


def test_a_request_without_a_session_says_what_to_configure(tmp_path):
    site = HostSite("without_transaction_manager", "sqlite://", tmp_path)
    with (
        prepare(registry=site.registry) as environment,
        pytest.raises(ConfigurationError, match=r"pyramid_oauth\.session"),
    ):
        environment["request"].oauth.session  # noqa: B018
    site.close()
