"""Client secrets on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.scripts.test_applications import WEB, load_application

pytestmark = pytest.mark.slow


def test_a_secret_is_never_in_the_database(
    standalone_ini: Path, sqlite_url: str, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)

    with create_engine(sqlite_url, poolclass=NullPool).connect() as connection:
        rows = connection.execute(text("SELECT * FROM oauth_application")).all()
    assert application["client_secret"] not in repr(rows)


def test_create_reads_a_secret_from_stdin(
    standalone_ini: Path, run: Any, run_json: Any
) -> None:
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    result = run(*create, "--client-secret", "-", stdin="correct horse battery\n")

    assert load_application(standalone_ini, "web").client_secret_matches(
        "correct horse battery"
    )
    assert "correct horse" not in result.output


@pytest.mark.parametrize(
    "place", ["file:{path}", "env:CLIENT_SECRET"], ids=["file", "environment"]
)
def test_a_chosen_secret_can_be_in_a_file_or_the_environment(
    standalone_ini: Path,
    run: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    path = tmp_path / "secret"
    path.write_text("correct horse battery\n")
    monkeypatch.setenv("CLIENT_SECRET", "correct horse battery")
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    run(*create, "--client-secret", place.format(path=path))

    assert load_application(standalone_ini, "web").client_secret_matches(
        "correct horse battery"
    )


@pytest.mark.parametrize(
    "place",
    ["a secret for all to see", "file:/nowhere", "env:NO"],
    ids=["literal", "missing-file", "missing-variable"],
)
def test_a_secret_cannot_be_an_argument(
    standalone_ini: Path, run: Any, place: str
) -> None:
    create = ("application", "create", standalone_ini, *WEB, "--client-id", "web")
    result = run(*create, "--client-secret", place, code=2)
    assert "--client-secret" in result.output
    assert "for all to see" not in result.output


def test_rotate_secret_keeps_the_former_secret_for_its_overlap(
    standalone_ini: Path, run_json: Any
) -> None:
    application = run_json("application", "create", standalone_ini, *WEB)
    rotate = ("application", "rotate-secret", standalone_ini, application["client_id"])

    first = run_json(*rotate)
    row = load_application(standalone_ini, application["client_id"])
    assert row.client_secret_matches(first["client_secret"])
    assert row.client_secret_matches(application["client_secret"])

    run_json(*rotate, "--overlap", "0")
    assert not load_application(
        standalone_ini, application["client_id"]
    ).client_secret_matches(first["client_secret"])


def test_rotate_secret_refuses_a_public_client(
    standalone_ini: Path, run: Any, run_json: Any
) -> None:
    application = run_json(
        *("application", "create", standalone_ini, "--public"),
        *("--redirect-uri", "https://a.example/cb"),
    )

    run(
        "application", "rotate-secret", standalone_ini, application["client_id"], code=1
    )
