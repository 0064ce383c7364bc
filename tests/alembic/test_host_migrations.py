"""`alembic revision --autogenerate` of a host sees our tables on the host's base."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect

if TYPE_CHECKING:
    from conftest import HostProject

pytestmark = pytest.mark.slow


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_autogenerate_upgrade_and_downgrade_work(shop_project: HostProject) -> None:
    shop_project.alembic("revision", "--autogenerate", "-m", "shop")
    # The migration needs no import of ours, nor any work by hand.
    assert "pyramid_oauth" not in shop_project.migration
    assert "sa.DateTime(timezone=True)" in shop_project.migration

    shop_project.alembic("upgrade", "head")
    assert tables(shop_project.url) == {
        "alembic_version",
        "shop_user",
        "shop_application",
        "oauth_grant",
        "oauth_access_token",
        "oauth_refresh_token",
        "oauth_consent",
        "oauth_authorization_request",
        "oauth_initial_access_token",
        "oauth_outbox_message",
        "oauth_signing_key",
        "oauth_throttle",
        "oauth_used_assertion",
    }
    # Nothing is left to generate.
    assert "No new upgrade operations" in shop_project.alembic("check")

    shop_project.alembic("downgrade", "base")
    assert tables(shop_project.url) == {"alembic_version"}
