"""What the ready-made server sets for its sessions of PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pyramid_oauth.standalone.database import TimeLimits, engines

pytestmark = pytest.mark.postgresql

UNLIMITED = TimeLimits(statement=0, lock=0)


def show(url, name, **options):
    """A parameter of a session, by both engines."""
    found = set()
    for engine in engines({"sqlalchemy.url": url}, **options):
        with engine.connect() as connection:
            found.add(connection.scalar(text(f"SHOW {name}")))
        engine.dispose()
    return found


@pytest.mark.parametrize("limits", [TimeLimits(), UNLIMITED], ids=["limits", "none"])
def test_the_time_zone_is_utc(postgresql_url, limits):
    assert show(postgresql_url, "timezone", limits=limits) == {"UTC"}


def test_the_limits_are_set_with_it(postgresql_url):
    assert show(postgresql_url, "lock_timeout", limits=TimeLimits(lock=2)) == {"2s"}
    assert show(postgresql_url, "lock_timeout", limits=UNLIMITED) == {"0"}


def test_options_of_the_url_replace_them(postgresql_url):
    url = f"{postgresql_url}?options=-c%20timezone%3DAsia/Tokyo"
    assert show(url, "timezone") == {"Asia/Tokyo"}
