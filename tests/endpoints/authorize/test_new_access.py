"""A user can be told of new and of wider access by events after the commit."""

from __future__ import annotations

import pytest

from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.events import AccessGranted, AccessWidened, NewAccess
from tests.support.host import authorize_client
from tests.support.provider import log_in_browser


class Album(ConsentSource):
    """Asks about the album that the parameter `album` names."""

    def items(self, authorization):
        album = authorization.oauth.parameters.get("album")
        return [ConsentItem("album", album, album)] if album else []


@pytest.fixture
def notices(notified):
    return notified


@pytest.fixture
def notified_host(new_host, notices):
    def configure(config):
        config.add_oauth_parameter("album", endpoints=("authorize",))
        config.add_oauth_consent_source("album", Album())
        config.add_subscriber(notices.append, NewAccess)

    return new_host(configure)


@pytest.fixture
def notified_browser(notified_host):
    notified_host.register_client()
    return log_in_browser(notified_host)


def test_the_first_approval_is_new_access(notified_browser, notices):
    authorize_client(notified_browser, scope="read")
    (notice,) = notices
    assert type(notice) is AccessGranted
    assert (notice.user_id, notice.client_id, notice.client_name) == (
        "alice",
        "web",
        "Web",
    )
    assert notice.scopes == notice.new_scopes == ("read",)


def test_a_further_scope_is_wider_access(notified_browser, notices):
    authorize_client(notified_browser, scope="read")
    authorize_client(notified_browser, scope="read write")
    assert [type(notice) for notice in notices] == [AccessGranted, AccessWidened]
    assert notices[1].scopes == ("read", "write")
    assert notices[1].new_scopes == ("write",)


def test_something_beside_scopes_is_wider_access(notified_browser, notices):
    authorize_client(notified_browser, scope="read")
    authorize_client(notified_browser, scope="read", album="summer")
    assert notices[1].new_details == ("album summer",)
    assert notices[1].new_scopes == ()


def test_what_was_allowed_before_is_no_news(notified_browser, notices):
    authorize_client(notified_browser, scope="read")
    authorize_client(notified_browser, scope="read")
    authorize_client(notified_browser, scope="read", approval_prompt="force")
    assert len(notices) == 1


def test_a_refusal_gives_no_access(notified_browser, notices):
    authorize_client(notified_browser, "deny")
    assert notices == []


def test_a_trusted_client_has_no_notice(notified_host, notices):
    notified_host.register_client(skip_authorization=True)
    authorize_client(log_in_browser(notified_host))
    assert notices == []
