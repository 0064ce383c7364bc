"""One host and its clients for all combinations of a database engine.

Overrides the fixture `database_engine` and the fixture `database_url`: theirs is for
one test only.
"""

from __future__ import annotations

import warnings

import pytest

from pyramid_oauth.errors import InsecureSettingWarning
from tests.cross_product.site import Site
from tests.support.postgresql import empty_postgresql


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def database_engine(request):
    """The engine of the one database for all tests of the module."""
    return request.param


@pytest.fixture(scope="module")
def database_url(database_engine, tmp_path_factory):
    """The URL of that database."""
    if database_engine == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('cross_product')}/host.sqlite"
        return
    with empty_postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def combination_site(database_url):
    """The host with every grant, method, token format and response mode."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        site = Site(database_url)
    yield site
    site.host.engine.dispose()
