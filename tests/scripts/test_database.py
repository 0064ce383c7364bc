"""`pyramid-oauth init`, `upgrade` and `check` on the standalone server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, create_engine, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from pyramid_oauth.scripts import environment, migrations
from pyramid_oauth.standalone.models import User
from tests.scripts.shop import INI as SHOP
from tests.support.command_line import STANDALONE

DEMONSTRATION = """
standalone.development = true
pyramid_oauth.allow_known_secrets = true
"""


@pytest.fixture
def empty_ini(write_ini: Callable[..., Path], database_url: str) -> Path:
    """An ini whose database is still empty."""
    return write_ini(STANDALONE, database_url)


def test_init_can_be_run_twice(empty_ini: Path, run: Any, run_json: Any) -> None:
    assert "up to date" in run("init", "--demo", empty_ini).stdout
    first = run_json("application", "list", empty_ini)

    run("init", "--demo", empty_ini)

    assert run_json("application", "list", empty_ini) == first
    assert first


def test_demo_users_are_not_loaded_in_production(
    empty_ini: Path, run: Any, run_json: Any
) -> None:
    assert "No demo data" in run("init", empty_ini).stdout
    assert run_json("application", "list", empty_ini) == []
    path = empty_ini.with_name("development.ini")
    path.write_text(empty_ini.read_text() + DEMONSTRATION)
    assert "No demo data" in run("init", "--no-demo", path).stdout
    assert "in place" in run("init", path).stdout


def test_upgrade_creates_the_tables_that_check_reports(
    empty_ini: Path, run: Any
) -> None:
    missing = run("check", empty_ini, code=1).stdout
    assert "E201 the table oauth_application is missing" in missing
    assert "E203 the database is at revision none" in missing

    run("upgrade", empty_ini)

    lines = run("check", empty_ini).stdout.splitlines()
    assert lines[0].startswith("W321 there is no user")
    assert lines[1:] == ["0 errors, 1 warnings"]


def test_check_has_no_finding_if_users_can_sign_up(
    write_ini: Callable[..., Path], sqlite_url: str, run: Any
) -> None:
    ini = write_ini(STANDALONE, sqlite_url, "standalone.sign_up = open")
    run("upgrade", ini)

    assert run("check", ini).stdout == "0 errors, 0 warnings\n"


def test_check_has_no_finding_if_a_user_can_log_in(empty_ini: Path, run: Any) -> None:
    run("init", "--demo", empty_ini)

    assert "W321" not in run("check", empty_ini).stdout


def test_the_migrations_match_the_models(
    empty_ini: Path, run: Any, database_url: str
) -> None:
    run("upgrade", empty_ini)
    options = {"version_table": migrations.VERSION_TABLE, "compare_type": True}
    options["target_metadata"] = migrations.target_metadata()

    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, options["target_metadata"]) == []


def test_downgrade_removes_all_tables(
    empty_ini: Path, run: Any, database_url: str
) -> None:
    run("upgrade", empty_ini)

    command.downgrade(migrations.configuration(str(empty_ini)), "base")

    engine = create_engine(database_url, poolclass=NullPool)
    assert inspect(engine).get_table_names() == [migrations.VERSION_TABLE]


def test_addresses_move_out_of_the_claims_and_back(
    empty_ini: Path, database_url: str
) -> None:
    """Of two users with the same verified address the first keeps it."""
    alembic = migrations.configuration(str(empty_ini))
    engine = create_engine(database_url, poolclass=NullPool)
    users = User.__table__
    former = Table(
        users.name,
        MetaData(),
        *(
            Column(column.name, column.type)
            for column in users.columns
            if column.name not in ("mail", "mail_verified", "locale")
        ),
    )
    claims: dict[str, dict[str, object]] = {
        "ada": {"email": "Ada@example.org", "email_verified": True, "locale": "en"},
        "bea": {"email": "ada@example.org", "email_verified": True},
        "cyd": {"email": "cyd@example.org"},
        "dan": {"nickname": "Dan"},
    }
    command.upgrade(alembic, "0009")
    with engine.begin() as connection:
        for number, name in enumerate(claims):
            values = {
                "subject": name,
                "username": name,
                "password_hash": "x",
                "display_name": name,
                "claims": claims[name],
                "is_active": True,
                "is_administrator": False,
                "created_at": datetime(2026, 1, 1 + number, tzinfo=UTC),
            }
            connection.execute(former.insert().values(values))
    command.upgrade(alembic, "0010")
    columns = (users.c.username, users.c.mail, users.c.mail_verified, users.c.claims)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(users.c.username)).all()
    assert [tuple(row) for row in rows] == [
        ("ada", "ada@example.org", True, {"locale": "en"}),
        ("bea", "ada@example.org", False, {}),
        ("cyd", "cyd@example.org", False, {}),
        ("dan", None, False, {"nickname": "Dan"}),
    ]
    command.downgrade(alembic, "0009")
    with engine.connect() as connection:
        query = select(former.c.claims).where(former.c.username == "ada")
        assert connection.execute(query).scalar_one() == {
            "email": "ada@example.org",
            "email_verified": True,
            "locale": "en",
        }


def test_check_reports_a_missing_column(
    empty_ini: Path, run: Any, database_url: str
) -> None:
    run("upgrade", empty_ini)
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("ALTER TABLE oauth_grant DROP COLUMN redirect_uri"))

    output = run("check", empty_ini, code=1).stdout

    assert "E202 oauth_grant lacks the column redirect_uri" in output


def test_check_reports_a_client_that_breaks_the_rules(
    empty_ini: Path, run: Any, database_url: str
) -> None:
    run("init", "--demo", empty_ini)
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(
            text("UPDATE oauth_application SET redirect_uris = 'http://a.example/'")
        )

    assert "W301 application" in run("check", empty_ini).stdout


def test_check_reports_unsafe_settings(
    write_ini: Callable[..., Path], sqlite_url: str, run: Any, run_json: Any
) -> None:
    ini = write_ini(STANDALONE, sqlite_url, "pyramid_oauth.profile = legacy")
    run("upgrade", ini)

    numbers = {finding["number"] for finding in run_json("check", ini)}

    assert {"W107", "W108", "W109"} <= numbers


def test_a_host_migrates_its_own_tables(
    write_ini: Callable[..., Path], sqlite_url: str, run: Any
) -> None:
    ini = write_ini(SHOP, sqlite_url)

    for name in ("init", "upgrade"):
        assert "Alembic environment" in run(name, ini, code=1).stderr


def test_check_works_on_a_host_application(shop_ini: Path, run: Any) -> None:
    finding, summary = run("check", shop_ini).stdout.splitlines()

    # The shop has no accounts adapter of its own.
    assert finding.startswith("W128 ")
    assert summary == "0 errors, 1 warnings"


@pytest.mark.parametrize("command", ["init", "upgrade", "check", "purge"])
def test_a_missing_ini_file_is_a_usage_error(
    run: Any, tmp_path: Path, command: str
) -> None:
    assert "there is no file" in run(command, tmp_path / "no.ini", code=2).stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "pyramid_oauth.isuer = https://a.example",
            "did you mean pyramid_oauth.issuer",
        ),
        ("pyramid_oauth.pkce_required = ture", "neither true nor false"),
    ],
    ids=["unknown-setting", "malformed-value"],
)
def test_an_application_that_does_not_start_is_reported(
    write_ini: Callable[..., Path], sqlite_url: str, run: Any, more: str, message: str
) -> None:
    result = run("check", write_ini(STANDALONE, sqlite_url, more), code=1)

    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_an_application_without_the_package_is_reported(
    tmp_path: Path, run: Any
) -> None:
    ini = tmp_path / "plain.ini"
    ini.write_text("[app:main]\npaste.app_factory = tests.scripts.shop:plain\n")

    assert "has no pyramid_oauth" in run("check", ini, code=1).stderr


def test_a_missing_database_url_is_reported(tmp_path: Path, run: Any) -> None:
    ini = tmp_path / "bare.ini"
    ini.write_text("[app:main]\nuse = egg:pyramid_oauth\n")

    assert "no sqlalchemy.url" in run("upgrade", ini, code=1).stderr


def test_an_unreachable_database_is_reported(
    write_ini: Callable[..., Path], run: Any
) -> None:
    ini = write_ini(STANDALONE, "postgresql+psycopg://nobody@127.0.0.1:9/none")

    assert "refuses" in run("upgrade", ini, code=1).stderr


def test_only_the_owner_may_read_the_database(
    write_ini: Callable[..., Path], run: Any, tmp_path: Path
) -> None:
    ini = write_ini(STANDALONE, f"sqlite:///{tmp_path}/new/var/site.sqlite")
    run("init", ini)
    files = list((tmp_path / "new/var").iterdir())
    assert files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_an_error_of_the_database_without_a_text_is_named() -> None:
    error = OperationalError("SELECT 1", {}, ConnectionError())
    with (
        pytest.raises(click.ClickException, match="refuses: OperationalError"),
        environment.explain_errors(),
    ):
        raise error
