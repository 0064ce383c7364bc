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
def heard(host: Path) -> list[tuple[str, str | None]]:
    """The names of events and their clients, empty at first."""
    shop.HEARD.clear()
    return shop.HEARD


def event_names(heard: list[Any]) -> list[tuple[str, str | None]]:
    return [(type(event).__name__, event.client_id) for event in heard]


def test_creating_and_deleting_a_client_sends_events(
    host: Path, heard: list[Any], run: Any
) -> None:
    run("application", "create", host, *CREATE)
    run("application", "delete", host, "web", "--yes")

    assert event_names(heard) == [("ClientRegistered", "web"), ("ClientDeleted", "web")]


def test_a_rolled_back_change_sends_no_event(
    host: Path, heard: list[Any], run: Any
) -> None:
    run("application", "create", host, *CREATE)
    heard.clear()
    run("application", "create", host, *CREATE, code=1)

    assert event_names(heard) == []


def test_purge_sends_an_event_for_each_deleted_client(
    host: Path, heard: list[Any], run: Any
) -> None:
    names = ["old-1", "old-2", "old-3"]
    with open_application(str(host)) as request:
        for name in names:
            made = shop.ShopApplication(client_id=name, source=REGISTRATION)
            made.updated_at = now() - timedelta(days=400)
            request.oauth.session.add(made)
    heard.clear()
    run("purge", host, "--batch-size", "2")

    assert event_names(heard) == [("ClientDeleted", name) for name in names]
