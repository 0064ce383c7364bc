"""`pyramid-oauth user …`: the users of the ready-made server."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from tests.scripts.shop import INI
from tests.support.process_threads import close_app

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple staples stapled"


@pytest.fixture
def login_site(standalone_ini: Path) -> Iterator[TestApp]:
    """A browser at the server whose users the commands change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(standalone_ini))
    yield TestApp(
        app,
        extra_environ={
            "HTTP_HOST": "login.example.org",
            "wsgi.url_scheme": "https",
        },
    )
    close_app(app)


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    return f"file:{path}"


@pytest.fixture
def ada(standalone_ini: Path, run_json: Any, password_file: str) -> dict[str, Any]:
    """A user, created by the command."""
    created: dict[str, Any] = run_json(
        *("user", "create", standalone_ini, "ada", "--password", password_file),
        *("--display-name", "Ada Lovelace"),
        *("--claims", '{"given_name": "Ada"}'),
        *("--mail", "Ada@example.org"),
    )
    return created


def log_in(login_site: TestApp, password: str = PASSWORD) -> int:
    """Submit the login form as ada; returns the status."""
    form = login_site.get("/login").forms["login"]
    form["username"], form["password"] = "ada", password
    status: int = form.submit(status="*").status_int
    return status


def is_logged_in(login_site: TestApp) -> bool:
    return bool(login_site.get("/oauth/sessions", status="*").status_int == 200)


def test_a_created_user_can_log_in(login_site: TestApp, ada: dict[str, Any]) -> None:
    assert log_in(login_site) == 303
    assert "Ada Lovelace" in login_site.get("/oauth/sessions").text


def test_list_shows_users_without_their_passwords(
    standalone_ini: Path, run_json: Any, run: Any, ada: dict[str, Any]
) -> None:
    (user,) = run_json("user", "list", standalone_ini)
    assert user == ada
    assert (user["username"], user["is_active"]) == ("ada", True)
    assert user["claims"]["given_name"] == "Ada"
    assert (user["mail"], user["mail_verified"]) == ("ada@example.org", False)
    output = run("user", "list", standalone_ini).output
    assert output == "ada\tactive\tAda Lovelace\n"
    assert "argon2" not in repr(user) + output


def test_a_user_is_made_an_administrator_and_no_longer_one(
    standalone_ini: Path, run: Any, run_json: Any, ada: dict[str, Any]
) -> None:
    assert not ada["is_administrator"]
    run("user", "set", standalone_ini, "ada", "--administrator")
    output = run("user", "list", standalone_ini).output
    assert output == "ada\tactive administrator\tAda Lovelace\n"
    run("user", "set", standalone_ini, "ada", "--no-administrator")
    (user,) = run_json("user", "list", standalone_ini)
    assert not user["is_administrator"]
    assert run("user", "set", standalone_ini, "ada", code=2)


def test_a_password_is_prompted_for_twice(standalone_ini: Path, run: Any) -> None:
    answers = f"{PASSWORD}\n{PASSWORD}\n"
    output = run("user", "create", standalone_ini, "bob", stdin=answers).output
    assert "bob can log in" in output
    assert PASSWORD not in output


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [
        ("ada", "short", "at least 10 characters"),
        ("ada", "ada ada ada ada", "easy to guess"),
        ("-", PASSWORD, "A user name has 3 to 64"),
    ],
    ids=["short-password", "password-with-name", "short-name"],
)
def test_a_weak_password_and_a_malformed_name_are_refused(
    standalone_ini: Path,
    run: Any,
    run_json: Any,
    monkeypatch: pytest.MonkeyPatch,
    username: str,
    password: str,
    reason: str,
) -> None:
    monkeypatch.setenv("NEW_PASSWORD", password)
    options = ("--password", "env:NEW_PASSWORD")
    refused = run("user", "create", standalone_ini, *options, "--", username, code=1)
    assert reason in refused.output
    assert run_json("user", "list", standalone_ini) == []


def test_a_password_as_argument_is_refused(standalone_ini: Path, run: Any) -> None:
    refused = run(
        "user", "create", standalone_ini, "ada", "--password", PASSWORD, code=2
    )
    assert "other users of this machine see arguments" in refused.output


def test_a_taken_name_is_refused_whatever_its_case(
    standalone_ini: Path, run: Any, password_file: str, ada: dict[str, Any]
) -> None:
    options = ("--password", password_file)
    refused = run("user", "create", standalone_ini, "ADA", *options, code=1)
    assert "'ADA' is taken" in refused.output


def test_claims_must_be_a_json_object(standalone_ini: Path, run: Any) -> None:
    for claims, reason in (
        ("{", "is not JSON: Expecting property name"),
        ("[]", "is not a JSON object"),
        ('{"height": NaN}', "is not JSON: NaN is not JSON"),
        ('{"height": -Infinity}', "-Infinity is not JSON"),
        ('{"height": 1e999}', "a number is too large"),
        ('{"locale": "\\u0000"}', "U+0000"),
    ):
        options = ("--password", "env:HOME", "--claims", claims)
        refused = run("user", "create", standalone_ini, "ada", *options, code=2)
        assert reason in refused.output


def test_a_disabled_user_is_logged_out_and_refused_until_enabled(
    login_site: TestApp, standalone_ini: Path, run: Any, ada: dict[str, Any]
) -> None:
    log_in(login_site)
    output = run("user", "disable", standalone_ini, "ada").output
    assert output == "ada is disabled; 1 sessions ended.\n"
    assert not is_logged_in(login_site)
    assert log_in(login_site) == 403
    run("user", "enable", standalone_ini, "ada")
    assert not is_logged_in(login_site)
    assert log_in(login_site) == 303


def test_a_deleted_user_is_gone_with_sessions_after_a_question(
    login_site: TestApp, standalone_ini: Path, run: Any, ada: dict[str, Any]
) -> None:
    log_in(login_site)
    kept = run("user", "delete", standalone_ini, "ada", stdin="n\n", code=1)
    assert "with 1 sessions, 0 grants and 0 consents?" in kept.output
    assert is_logged_in(login_site)
    output = run("user", "delete", standalone_ini, "Ada", "--yes").output
    assert output == "Ada is deleted, with 1 sessions, 0 grants and 0 consents.\n"
    assert not is_logged_in(login_site)
    assert log_in(login_site) == 403
    unknown = run("user", "delete", standalone_ini, "ada", "--yes", code=1)
    assert "there is no user 'ada'" in unknown.output


def test_a_new_password_replaces_the_old_one_and_ends_sessions(
    login_site: TestApp, standalone_ini: Path, run: Any, ada: dict[str, Any]
) -> None:
    log_in(login_site)
    answers = f"{NEW_PASSWORD}\n{NEW_PASSWORD}\n"
    output = run("user", "set-password", standalone_ini, "ada", stdin=answers).output
    assert "1 sessions and 0 grants ended" in output
    assert not is_logged_in(login_site)
    assert log_in(login_site) == 403
    assert log_in(login_site, NEW_PASSWORD) == 303


@pytest.mark.parametrize("command", ["disable", "enable", "set-password"])
def test_an_unknown_user_is_reported(
    standalone_ini: Path, run: Any, password_file: str, command: str
) -> None:
    options = ("--password", password_file) if command == "set-password" else ()
    refused = run("user", command, standalone_ini, "nobody", *options, code=1)
    assert "there is no user 'nobody'" in refused.output


def test_a_host_has_users_of_its_own(write_ini: Any, sqlite_url: str, run: Any) -> None:
    ini = write_ini(INI, sqlite_url, "")
    refused = run("user", "list", ini, code=2)
    assert "runs an application of its own" in refused.output
