"""The command line, run in this process on an ini file of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pyramid_oauth.models import Models
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.settings import Settings
from tests.command_line import command_line
from tests.scripts import shop

STANDALONE = """
[app:main]
use = egg:pyramid_oauth
sqlalchemy.url = {url}
pyramid_oauth.issuer = https://login.example.org/oauth
pyramid_oauth.prefix = /oauth
pyramid_oauth.secret = a-secret-of-at-least-thirty-two-bytes
pyramid_oauth.scopes =
    read = Read
    write = Write
standalone.session_secret = another-secret-of-at-least-32-bytes
{more}
"""

SHOP = """
[app:main]
paste.app_factory = tests.scripts.shop:main
sqlalchemy.url = {url}
pyramid_oauth.issuer = https://shop.example.org/oauth
pyramid_oauth.prefix = /oauth
pyramid_oauth.secret = a-secret-of-at-least-thirty-two-bytes
pyramid_oauth.application_factory = tests.scripts.shop.ShopApplication
pyramid_oauth.scopes = read
{more}
"""

Run = Callable[..., Result]


def percent_free(url: str) -> str:
    return url.replace("%", "%%")


@pytest.fixture
def run() -> Run:
    """Run the command line; `code` is the exit code that is expected."""

    def run(*arguments: object, code: int = 0, stdin: str = "") -> Result:
        given = [str(argument) for argument in arguments]
        result = CliRunner().invoke(commands, given, input=stdin)
        told = f"{result.output}\n{result.exception!r}"
        assert result.exit_code == code, told
        return result

    return run


@pytest.fixture
def printed(run: Run) -> Callable[..., Any]:
    """Run a command with --json and return what it printed."""
    return lambda *arguments: json.loads(run(*arguments, "--json").stdout)


@pytest.fixture
def write_ini(tmp_path: Path) -> Callable[..., Path]:
    """Write an ini file from one of the texts above."""

    def write(text: str, url: str, more: str = "", name: str = "app.ini") -> Path:
        path = tmp_path / name
        path.write_text(text.format(url=percent_free(url), more=more))
        return path

    return write


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/app.sqlite"


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the standalone server that `upgrade` has made, to be copied."""
    folder = tmp_path_factory.mktemp("upgraded")
    ini, database = folder / "app.ini", folder / "app.sqlite"
    ini.write_text(STANDALONE.format(url=f"sqlite:///{database}", more=""))
    command_line("upgrade", ini)
    return database


@pytest.fixture
def standalone(write_ini: Callable[..., Path], tmp_path: Path, upgraded: Path) -> Path:
    """The ini of the standalone server, its database upgraded."""
    database = tmp_path / "app.sqlite"
    # What its last writer left in the journal is copied too.
    with closing(connect(upgraded)) as source, closing(connect(database)) as copy:
        source.backup(copy)
    return write_ini(STANDALONE, f"sqlite:///{database}")


@pytest.fixture(params=["with pyramid_tm", "without"])
def host(
    write_ini: Callable[..., Path], sqlite: str, request: pytest.FixtureRequest
) -> Path:
    """The ini of a host with an Application class of its own."""
    more = "" if request.param == "with pyramid_tm" else "shop.managed = no"
    ini = write_ini(SHOP, sqlite, more)
    models = Models.complete(Settings(application_factory=shop.ShopApplication))
    models.metadata.create_all(create_engine(sqlite, poolclass=NullPool))
    return ini
