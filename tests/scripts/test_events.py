"""Events of the command line, sent to a host's subscribers after the commit."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth.clock import now
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.scripts.environment import open_application
from tests.scripts import shop

CREATE = ("--redirect-uri", "https://a.example/cb", "--client-id", "web")


@pytest.fixture
def shop_events(shop_ini: Path) -> list[tuple[str, str | None]]:
    """The events that the shop receives, empty at first."""
    shop.RECEIVED_EVENTS.clear()
    return shop.RECEIVED_EVENTS


def event_names(received: list[Any]) -> list[tuple[str, str | None]]:
    return [(type(event).__name__, event.client_id) for event in received]


def test_creating_and_deleting_a_client_sends_events(
    shop_ini: Path, shop_events: list[Any], run: Any
) -> None:
    run("application", "create", shop_ini, *CREATE)
    run("application", "delete", shop_ini, "web", "--yes")

    assert event_names(shop_events) == [
        ("ClientRegistered", "web"),
        ("ClientDeleted", "web"),
    ]


def test_a_rolled_back_change_sends_no_event(
    shop_ini: Path, shop_events: list[Any], run: Any
) -> None:
    run("application", "create", shop_ini, *CREATE)
    shop_events.clear()
    run("application", "create", shop_ini, *CREATE, code=1)

    assert event_names(shop_events) == []


def test_purge_sends_an_event_for_each_deleted_client(
    shop_ini: Path, shop_events: list[Any], run: Any
) -> None:
    names = ["old-1", "old-2", "old-3"]
    with open_application(str(shop_ini)) as request:
        for name in names:
            application = shop.ShopApplication(client_id=name, source=REGISTRATION)
            application.updated_at = now() - timedelta(days=400)
            request.oauth.session.add(application)
    shop_events.clear()
    run("purge", shop_ini, "--batch-size", "2")

    assert event_names(shop_events) == [("ClientDeleted", name) for name in names]
