"""What the tests of several extensions share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.people import People, PeopleWithSessions
from tests.support.provider import Provider, make_login_provider
from tests.support.request_objects import set_client_keys


@pytest.fixture(
    params=[People, PeopleWithSessions], ids=["without-session-ids", "with-session-ids"]
)
def people(request: pytest.FixtureRequest) -> type[People]:
    """Accounts adapters of a host with and without identifiers of its sessions."""
    adapter: type[People] = request.param
    return adapter


@pytest.fixture(scope="module")
def fuzzed_login_provider(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Provider]:
    """A provider that accepts as much as it can; the client `web` has a key."""
    folder = tmp_path_factory.mktemp("fuzz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        provider = make_login_provider(
            f"sqlite:///{folder}/fuzz.sqlite",
            request_uris="true",
            unsigned_request_objects="true",
            pushed_redirect_uri_policy=lambda *anything: True,
        )
    provider.web = provider.register_client()
    set_client_keys(provider, "ES256")
    yield provider
    provider.engine.dispose()
