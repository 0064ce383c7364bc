"""The tutorials, command by command, in a new virtual environment each."""

from __future__ import annotations

import time

import pytest

from tests.docs.shell_page import DOCS, Reader
from tests.support.checkout import copy_checkout

pytestmark = pytest.mark.slow

FIVE_MINUTES = 5 * 60


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout") / "pyramid_oauth")


@pytest.fixture
def reader(tmp_path, checkout):
    reader = Reader(tmp_path, checkout)
    yield reader
    reader.close()


def test_the_first_page_leads_to_a_protected_api_in_five_minutes(reader, capsys):
    started = time.monotonic()
    reader.follow(DOCS / "tutorials/five_minutes.rst")
    seconds = time.monotonic() - started
    with capsys.disabled():
        print(f"\nfrom zero to a protected API: {seconds:.0f} s of computer time")
    assert seconds < FIVE_MINUTES


def test_an_mcp_server_is_put_behind_the_server(reader):
    reader.follow(DOCS / "tutorials/mcp.rst")


def test_the_tutorial_leads_to_a_token_of_a_user(reader):
    reader.follow(DOCS / "tutorials/tutorial.rst")


def test_an_api_in_another_process_needs_no_package_of_the_server(reader, tmp_path):
    reader.follow(DOCS / "how_to/api_in_another_process.rst")
    folder = next((tmp_path / "api" / "lib").glob("python*")) / "site-packages"
    names = {path.name.partition("-")[0].lower() for path in folder.glob("*.dist-info")}
    assert {"joserfc", "pyramid"} <= names
    assert not {"sqlalchemy", "oauthlib", "alembic", "argon2_cffi"} & names
