"""A host with an Application class of its own, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pyramid_oauth.config.build import declared
from tests.scripts import shop


@pytest.fixture(params=["with pyramid_tm", "without"])
def shop_ini(
    write_ini: Callable[..., Path], sqlite_url: str, request: pytest.FixtureRequest
) -> Path:
    """The ini of a host with an Application class of its own."""
    more = "" if request.param == "with pyramid_tm" else "shop.managed = no"
    ini = write_ini(shop.INI, sqlite_url, more)
    models = declared(
        {"pyramid_oauth.application_factory": shop.ShopApplication}
    ).models
    models.metadata.create_all(create_engine(sqlite_url, poolclass=NullPool))
    return ini
