"""The command line, run in this process: a new Python process takes two seconds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from click.testing import CliRunner, Result

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.scripts.main import commands
from tests.support.secret import SECRET

STANDALONE = """
[app:main]
use = egg:pyramid_oauth
sqlalchemy.url = {url}
pyramid_oauth.issuer = https://login.example.org/oauth
pyramid_oauth.prefix = /oauth
pyramid_oauth.secret = @SECRET@
pyramid_oauth.scopes =
    read = Read
    write = Write
standalone.session_secret = @SECRET@
{more}
""".replace("@SECRET@", SECRET)

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]


def escape_percent(url: str) -> str:
    return url.replace("%", "%%")


def run_command(*arguments: object, **environment: str) -> str:
    """Run `pyramid-oauth` with these variables on top; returns its output."""
    words = [str(argument) for argument in arguments]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        result = CliRunner().invoke(commands, words, env=environment)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.stdout


def make_demo_site(ini: Path, changes: Mapping[str, str]) -> Path:
    """Write development.ini with `changes` of its text to `ini`; make its database.

    Users are told nothing by mail unless `changes` say so: the thread that delivers
    would use connections that a test closes with its site.
    """
    text = (ROOT / "development.ini").read_text()
    for old, new in {"%(here)s/alembic": str(ROOT / "alembic"), **changes}.items():
        assert old in text, f"development.ini has no {old}"
        text = text.replace(old, new)
    if "standalone.notices" not in text:
        text = text.replace("[app:main]", "[app:main]\nstandalone.notices =")
    ini.write_text(text)
    _make_database(ini, text)
    return ini


_IMAGES: dict[str, bytes] = {}
"""The SQLite databases that `init` has made, by the settings of the server."""


def _make_database(ini: Path, text: str) -> None:
    """Run `init`, or copy what it made for an ini that differs in `standalone` only."""
    settings = "\n".join(
        line
        for line in text.splitlines()
        if not line.startswith("standalone.") or "development" in line
    )
    database = ini.parent / "var" / "development.sqlite"
    if image := _IMAGES.get(settings):
        database.parent.mkdir(exist_ok=True)
        database.write_bytes(image)
        return
    run_command("init", ini)
    if database.exists():
        with closing(connect(database)) as made:
            _IMAGES[settings] = made.serialize()
