"""Time and memory of every endpoint and page grow at most linearly with the input.

Paths, parameters and headers come from the registries, so that new ones are measured
automatically.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pyramid.paster import get_app

from pyramid_oauth.server import SERVER
from tests.support import growth, views
from tests.support.fixtures import make_hosts
from tests.support.host import Host, build_authorization_request
from tests.support.registry import OPENID

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning"),
    # WebOb leaves the files of large bodies to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
BASE = urlencode(build_authorization_request(client_id="playground", scope="openid"))
PAGES = ("next", "login_hint", "ui_locales", "client_id", "reason", "username")
EXTRA = ("id_token_hint", "ui_locales", "token", "state", "logout_hint", "code")
MOST_MEMORY = 12 * 1024 * 1024
"""The memory of a request at the limits; parsing 2.4 MB of `a=&` takes 150 MB."""


@pytest.fixture(autouse=True)
def collect_files() -> Iterator[None]:
    """Close the files of large bodies while their warnings are ignored."""
    yield
    gc.collect()


@pytest.fixture
def growth_app(tmp_path: Path) -> Iterator[Any]:
    settings = {**OPENID, "registration": "open", "registration_limit": "0"}
    settings["protected_resource"] = "https://as.example/api"
    url = f"sqlite:///{tmp_path}/growth.sqlite"
    with make_hosts(Host, url, session_management="true", **settings) as new:
        yield new().wsgi


@pytest.fixture
def standalone_app(demo_ini: Any) -> Iterator[Any]:
    app = get_app(str(demo_ini))
    yield app
    app.registry["fast_session.database"].dispose()


def find_page_paths(app: Any) -> list[str]:
    """The paths of every endpoint and page."""
    all_paths = views.find_paths(app.registry.introspector)
    return [path for path in all_paths if "static" not in path]


def parameter_names(app: Any, path: str) -> list[str]:
    """The parameters that the endpoint takes, or those of pages."""
    registered = app.registry[SERVER].parameters
    endpoint_parameters = (
        registered.get(path.split("/")[2]) if path.startswith("/oauth/") else None
    )
    return sorted(
        {*(endpoint_parameters.by_name if endpoint_parameters else PAGES), *EXTRA}
    )


@pytest.mark.parametrize("kind", ["growth_app", "standalone_app"])
def test_time_is_linear_in_every_header(kind: str, request: Any) -> None:
    app = request.getfixturevalue(kind)
    for path in find_page_paths(app):
        for name, make in growth.header_requests():
            assert growth.is_linear(app, path, make), (path, name)


@pytest.mark.parametrize("kind", ["growth_app", "standalone_app"])
def test_time_is_linear_in_every_parameter(kind: str, request: Any) -> None:
    app = request.getfixturevalue(kind)
    for path in find_page_paths(app):
        for name, make in growth.parameter_requests(parameter_names(app, path), BASE):
            assert growth.is_linear(app, path, make), (path, name)


@pytest.mark.parametrize("kind", ["growth_app", "standalone_app"])
def test_time_is_linear_in_every_body(kind: str, request: Any) -> None:
    app = request.getfixturevalue(kind)
    for path in find_page_paths(app):
        for name, make in growth.body_requests():
            assert growth.is_linear(app, path, make), (path, name)


@pytest.mark.parametrize("kind", ["growth_app", "standalone_app"])
def test_memory_is_bounded_for_every_body_and_header(kind: str, request: Any) -> None:
    app = request.getfixturevalue(kind)
    for path in find_page_paths(app):
        for name, make in (*growth.body_requests(), *growth.header_requests()):
            if "'a=&'" in name or "'; '" in name:
                used = growth.measure_peak(app, path, make(growth.LARGE))
                assert used < MOST_MEMORY, (path, name)
