"""Management of applications: the functions that all interfaces call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect

from pyramid_oauth import events
from pyramid_oauth.clients import management
from pyramid_oauth.clients.drafts import ChangedMeanwhile
from pyramid_oauth.clients.listing import (
    ApplicationQuery,
    count_applications,
    find_application,
    list_applications,
)
from pyramid_oauth.clock import Frozen, now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.transactions import unit_of_work
from tests.support.fixtures import NewHost
from tests.support.host import CALLBACK, Host, call_api, request_client_token
from tests.support.types import Credentials

WEB = {
    "name": "Web",
    "redirect_uris": CALLBACK,
    "authorization_grant_type": "authorization_code client_credentials",
    "token_endpoint_auth_method": "client_secret_post",
}
DAY = timedelta(days=1)
Work = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def managed_host(new_host: NewHost, notified: list[events.OAuthEvent]) -> Host:
    return new_host(
        lambda config: config.add_subscriber(notified.append, events.OAuthEvent)
    )


@pytest.fixture
def work(managed_host: Host) -> Work:
    """Open a unit of work of the host; it yields a request."""
    return lambda: unit_of_work(managed_host.wsgi.registry)


def load(request: Any, client_id: str) -> Any:
    return find_application(request.oauth.server, request.oauth.session, client_id)


def register(work: Work, **changes: Any) -> Credentials:
    with work() as request:
        registered = management.register_application(request, {**WEB, **changes})
        client_id = registered.application.client_id
    secret = registered.client_secret
    return {"client_id": client_id} | ({"client_secret": secret} if secret else {})


def may_get_tokens(host: Host, client: Credentials, secret: str | None = None) -> bool:
    """Whether the client gets a token with its secret, or with another one."""
    credentials = client if secret is None else {**client, "client_secret": secret}
    return request_client_token(host, credentials, scope="read").status_int == 200


def test_a_registered_application_gets_tokens_and_is_announced(
    managed_host: Host, work: Work, notified: list[events.OAuthEvent]
) -> None:
    client = register(work, user_id="alice")
    assert may_get_tokens(managed_host, client)
    event = notified[0]
    assert isinstance(event, events.ClientRegistered)
    assert event.client_id == client["client_id"]
    assert client["client_secret"] not in repr(event)


def test_all_errors_are_reported_at_once_and_nothing_is_stored(
    managed_host: Host, work: Work
) -> None:
    wrong = {"redirect_uris": "http://a.example/", "introspection": "all"}
    with pytest.raises(FieldErrors) as refused:
        register(work, **wrong)
    assert set(refused.value.errors) == set(wrong)
    assert managed_host.count("Application") == 0


def test_a_refused_change_stores_no_part_of_it(work: Work) -> None:
    client_id = register(work)["client_id"]
    change = {"name": "Other", "redirect_uris": "http://a.example/"}
    with work() as request:
        application = load(request, client_id)
        with pytest.raises(FieldErrors):
            management.change_application(request, application, change)
        assert not inspect(application).modified
    with work() as request:
        assert load(request, client_id).name == "Web"


def test_a_change_counts_one_revision_and_names_its_fields(
    managed_host: Host, work: Work, notified: list[events.OAuthEvent]
) -> None:
    client = register(work)
    assert may_get_tokens(managed_host, client)  # the application is in the cache now
    change = {"name": "Other", "authorization_grant_type": "authorization_code"}
    with work() as request:
        application = load(request, client["client_id"])
        before = application.revision
        management.change_application(request, application, change, by="alice")
    with work() as request:
        assert load(request, client["client_id"]).revision == before + 1
    event = notified[-1]
    assert isinstance(event, events.ClientUpdated)
    assert (event.user_id, set(event.fields)) == ("alice", set(change))
    assert not may_get_tokens(managed_host, client)


def test_a_change_of_an_outdated_form_is_refused(work: Work) -> None:
    client_id = register(work)["client_id"]
    with work() as request:
        application = load(request, client_id)
        seen = application.revision
        management.change_application(request, application, {"name": "First"})
    with work() as request, pytest.raises(ChangedMeanwhile):
        management.change_application(
            request, load(request, client_id), {"name": "Second"}, revision=seen
        )
    with work() as request:
        assert load(request, client_id).name == "First"


def test_of_two_changes_at_the_same_time_one_is_refused(
    managed_host: Host, work: Work
) -> None:
    client_id = register(work)["client_id"]
    with work() as request:
        application = load(request, client_id)
        managed_host.update_application(client_id, name="First")  # another process
        with pytest.raises(ChangedMeanwhile):
            management.change_application(request, application, {"name": "Second"})


def test_the_tokens_of_a_disabled_application_do_not_count(
    managed_host: Host, work: Work
) -> None:
    client = register(work)
    token = request_client_token(managed_host, client, scope="read").json
    with work() as request:
        application = load(request, client["client_id"])
        management.set_enabled(request, application, False)
    assert call_api(managed_host, token["access_token"]) == 401
    assert not may_get_tokens(managed_host, client)
    with work() as request:
        application = load(request, client["client_id"])
        management.set_enabled(request, application, True)
    assert may_get_tokens(managed_host, client)


def test_two_secrets_are_valid_until_the_overlap_ends(
    managed_host: Host,
    work: Work,
    notified: list[events.OAuthEvent],
    frozen_clock: Frozen,
) -> None:
    client = register(work)
    with work() as request:
        application = load(request, client["client_id"])
        rotated = management.rotate_secret(request, application, overlap=DAY)
    event = notified[-1]
    assert isinstance(event, events.ClientSecretRotated)
    assert rotated.client_secret not in repr(event)
    frozen_clock.advance(DAY.total_seconds() - 1)
    assert may_get_tokens(managed_host, client)
    assert may_get_tokens(managed_host, client, rotated.client_secret)
    frozen_clock.advance(2)
    assert not may_get_tokens(managed_host, client)
    assert may_get_tokens(managed_host, client, rotated.client_secret)


def test_a_rotation_does_not_extend_a_secret_that_expires(
    managed_host: Host, work: Work, frozen_clock: Frozen
) -> None:
    client = register(work)
    expires = {"client_secret_expires_at": now() + timedelta(hours=1)}
    managed_host.update_application(client["client_id"], **expires)
    with work() as request:
        application = load(request, client["client_id"])
        rotated = management.rotate_secret(request, application, overlap=DAY)
    frozen_clock.advance(3601)
    assert not may_get_tokens(managed_host, client)
    assert may_get_tokens(managed_host, client, rotated.client_secret)


def test_a_client_without_a_secret_has_none_to_rotate(work: Work) -> None:
    client_id = register(
        work,
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
    )["client_id"]
    with work() as request, pytest.raises(FieldErrors):
        management.rotate_secret(request, load(request, client_id), overlap=DAY)


def test_a_deleted_application_is_gone_with_its_tokens(
    managed_host: Host, work: Work, notified: list[events.OAuthEvent]
) -> None:
    client = register(work)
    token = request_client_token(managed_host, client, scope="read").json
    with work() as request:
        application = load(request, client["client_id"])
        management.delete_application(request, application, by="alice")
    assert call_api(managed_host, token["access_token"]) == 401
    assert (managed_host.count("Application"), managed_host.count("AccessToken")) == (
        0,
        0,
    )
    assert isinstance(notified[-1], events.ClientDeleted)


def listed(request: Any, **query: Any) -> list[str]:
    server, session = request.oauth.server, request.oauth.session
    page = list_applications(server, session, ApplicationQuery(**query))
    return [application.name for application in page.applications]


def test_applications_are_found_by_owner_and_text(work: Work) -> None:
    register(work, name="Shop", user_id="alice")
    register(work, name="100% Blog", user_id="bob")
    with work() as request:
        assert listed(request) == ["100% Blog", "Shop"]
        assert listed(request, owner="alice") == ["Shop"]
        assert listed(request, owner="alice", search="blog") == []
        assert listed(request, search="shOP") == ["Shop"]
        assert listed(request, search="0% b") == ["100% Blog"]
        assert listed(request, search="bob") == ["100% Blog"]
        assert listed(request, search="client.example") == ["100% Blog", "Shop"]
        assert listed(request, search="%_%_") == listed(request, search="\x00") == []
        server, session = request.oauth.server, request.oauth.session
        assert count_applications(server, session, "alice") == 1


def test_pages_follow_one_another_without_gaps(work: Work) -> None:
    for number in range(5):
        register(work, name=str(number))
    with work() as request:
        server, session = request.oauth.server, request.oauth.session
        names, after, pages = [], None, 0
        while pages == 0 or after is not None:
            query = ApplicationQuery(after=after, size=2)
            page = list_applications(server, session, query)
            names += [application.name for application in page.applications]
            after, pages = page.next, pages + 1
        assert (names, pages) == (["4", "3", "2", "1", "0"], 3)
        assert listed(request, after="no number") == []
