"""Fixtures of the command line: ini files, and functions that run a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pyramid_oauth.scripts.main import commands
from tests.support.command_line import (
    STANDALONE,
    Run,
    escape_percent,
    make_demo_site,
    run_command,
)


@pytest.fixture
def run() -> Run:
    """Run the command line; `code` is the exit code that is expected."""

    def run(*arguments: object, code: int = 0, stdin: str = "") -> Result:
        words = [str(argument) for argument in arguments]
        result = CliRunner().invoke(commands, words, input=stdin)
        message = f"{result.output}\n{result.exception!r}"
        assert result.exit_code == code, message
        return result

    return run


@pytest.fixture
def run_json(run: Run) -> Callable[..., Any]:
    """Run a command with --json and return what it printed."""
    return lambda *arguments: json.loads(run(*arguments, "--json").stdout)


@pytest.fixture
def write_ini(tmp_path: Path) -> Callable[..., Path]:
    """Write an ini file from a text of `tests.support.command_line`."""

    def write(text: str, url: str, more: str = "", name: str = "app.ini") -> Path:
        path = tmp_path / name
        path.write_text(text.format(url=escape_percent(url), more=more))
        return path

    return write


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/app.sqlite"


@pytest.fixture(scope="session")
def upgraded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the standalone server that `upgrade` has made, to be copied."""
    folder = tmp_path_factory.mktemp("upgraded")
    ini, database = folder / "app.ini", folder / "app.sqlite"
    ini.write_text(STANDALONE.format(url=f"sqlite:///{database}", more=""))
    run_command("upgrade", ini)
    return database


@pytest.fixture
def standalone_ini(
    write_ini: Callable[..., Path], tmp_path: Path, upgraded_database: Path
) -> Path:
    """The ini of the standalone server, its database upgraded."""
    database = tmp_path / "app.sqlite"
    # `backup` copies the journal too.
    with (
        closing(connect(upgraded_database)) as source,
        closing(connect(database)) as copy,
    ):
        source.backup(copy)
    return write_ini(STANDALONE, f"sqlite:///{database}")


@pytest.fixture(scope="session")
def demo_ini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ini of the ready-made server; its database has the demo people and clients."""
    return make_demo_site(tmp_path_factory.mktemp("standalone") / "site.ini", {})
