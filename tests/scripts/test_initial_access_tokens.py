"""`pyramid-oauth initial-access-token` (RFC 7591 section 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.support.command_line import STANDALONE

pytestmark = pytest.mark.slow


@pytest.fixture
def registration_ini(write_ini: Any, sqlite_url: str, run: Any) -> Path:
    more = "pyramid_oauth.registration = initial_access_token"
    path: Path = write_ini(STANDALONE, sqlite_url, more)
    run("upgrade", path)
    return path


def test_a_token_is_printed_once_and_listed_without_its_value(
    registration_ini: Path, run_json: Any, sqlite_url: str
) -> None:
    created = run_json(
        "initial-access-token",
        "create",
        registration_ini,
        "--uses",
        3,
        "--note",
        "shop",
    )
    assert len(created["token"]) >= 43
    (listed,) = run_json("initial-access-token", "list", registration_ini)
    assert listed == {k: v for k, v in created.items() if k != "token"}
    assert (listed["remaining"], listed["note"]) == (3, "shop")
    with create_engine(sqlite_url).connect() as connection:
        rows = connection.execute(text("SELECT * FROM oauth_initial_access_token"))
        assert created["token"] not in repr(rows.all())


def test_a_revoked_token_is_deleted(
    registration_ini: Path, run_json: Any, run: Any
) -> None:
    created = run_json(
        "initial-access-token", "create", registration_ini, "--unlimited"
    )
    assert created["remaining"] is None
    run("initial-access-token", "revoke", registration_ini, created["id"])
    assert run_json("initial-access-token", "list", registration_ini) == []
    output = run(
        "initial-access-token", "revoke", registration_ini, created["id"], code=1
    ).output
    assert "there is no initial access token" in output
    words = ("initial-access-token", "revoke", registration_ini, str(2**63))
    assert "not in the range" in run(*words, code=2).output


def test_a_long_note_and_zero_uses_are_refused(
    registration_ini: Path, run: Any
) -> None:
    run("initial-access-token", "create", registration_ini, "--note", "x" * 256, code=2)
    run("initial-access-token", "create", registration_ini, "--uses", 0, code=2)


def test_create_warns_when_registration_ignores_the_token(
    standalone_ini: Path, run: Any
) -> None:
    warning = run("initial-access-token", "create", standalone_ini).stderr
    assert "The token has no effect" in warning
