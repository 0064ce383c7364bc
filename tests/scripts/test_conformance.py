"""`pyramid-oauth conformance-config`: files for OpenID's conformance suite."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pyramid_oauth.extensions.logout.pages import Outcome
from pyramid_oauth.scripts.main import commands
from tests.oidf.browser import matches
from tests.support.command_line import STANDALONE, Run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SUITE = "https://suite.example"
CALLBACKS = f"{SUITE}/test/a/us/"
# The commands of the suite's browser, and how each names an element.
COMMANDS = {"text": {"id"}, "click": {"id"}, "wait": {"id", "contains", "match"}}


def write_initialised(folder: Path, name: str) -> Path:
    """The ini of that name with its database initialised."""
    path = folder / name
    text = (ROOT / name).read_text()
    path.write_text(text.replace("%(here)s/alembic", str(ROOT / "alembic")))
    result = CliRunner().invoke(commands, ["init", str(path)])
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="module")
def conformance_ini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_initialised(tmp_path_factory.mktemp("conformance"), "conformance.ini")


def write_arguments(ini: Path, folder: Path) -> list[object]:
    return ["conformance-config", ini, "--output", folder, "--suite", SUITE, *ALIAS]


@pytest.fixture
def config_files(conformance_ini: Path, run: Run, tmp_path: Path) -> dict[str, Any]:
    """The written files by name."""
    run(*write_arguments(conformance_ini, tmp_path))
    return {path.name: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}


ALIAS = ("--alias", "us")


def tasks(content: dict[str, Any]) -> list[dict[str, Any]]:
    browsers = [content["browser"]]
    browsers += [other["browser"] for other in content["override"].values()]
    return [
        task for browser in browsers for entry in browser for task in entry["tasks"]
    ]


def test_every_test_plan_run_has_a_configuration_file(
    config_files: dict[str, Any], tmp_path: Path
) -> None:
    lines = (tmp_path / "runs.txt").read_text().splitlines()
    runs = [shlex.split(line) for line in lines]
    assert all(len(run) == 2 for run in runs)
    assert {file for _, file in runs} == set(config_files)
    plans = {plan.partition("[")[0] for plan, _ in runs}
    for name in (
        *("basic", "implicit", "hybrid", "config", "dynamic", "3rdparty-init-login"),
        *("formpost-basic", "formpost-implicit", "formpost-hybrid"),
        *("rp-initiated-logout", "session-management"),
        *("frontchannel-rp-initiated-logout", "backchannel-rp-initiated-logout"),
    ):
        assert f"oidcc-{name}-certification-test-plan" in plans


def test_every_file_names_the_issuer_and_the_alias_of_the_suite(
    config_files: dict[str, Any],
) -> None:
    for content in config_files.values():
        assert content["alias"] == "us"
        assert content["description"]
        assert content["server"]["discoveryUrl"] == (
            "http://localhost:6543/oauth/.well-known/openid-configuration"
        )


def test_browser_steps_have_the_format_of_the_suite(
    config_files: dict[str, Any],
) -> None:
    for content in config_files.values():
        for task in tasks(content):
            assert task["task"]
            assert task["match"]
            for name, kind, target, *rest in task["commands"]:
                assert kind in COMMANDS[name]
                assert target
                assert name != "wait" or isinstance(rest[0], int)


def test_every_element_named_by_a_browser_step_is_in_a_template(
    config_files: dict[str, Any],
) -> None:
    pages = "".join(
        path.read_text() for path in (ROOT / "pyramid_oauth").rglob("*.oauth")
    )
    template_ids = set(re.findall(r"""['"]([\w-]+)['"]""", pages))
    template_ids |= {f"oauth-{outcome.value}" for outcome in Outcome}
    step_ids = {
        target
        for content in config_files.values()
        for task in tasks(content)
        for _, kind, target, *_ in task["commands"]
        if kind == "id"
    }
    # The element of the suite's own page after a response.
    assert step_ids - template_ids == {"submission_complete"}


def test_browser_steps_match_authorization_and_logout_urls(
    config_files: dict[str, Any],
) -> None:
    browser = config_files["basic-static.json"]["browser"]
    for url in (
        "http://localhost:6543/oauth/authorize?client_id=x&scope=openid",
        "http://localhost:6543/oauth/end_session",
    ):
        assert sum(matches(entry["match"], url) for entry in browser) == 1


def test_static_clients_are_registered_and_their_secrets_work(
    config_files: dict[str, Any], conformance_ini: Path, run: Run
) -> None:
    content = config_files["basic-static.json"]
    assert {"client", "client2", "client_secret_post"} <= set(content)
    assert "client_secret" not in config_files["basic-dynamic.json"]["client"]
    for name in ("client", "client2", "client_secret_post"):
        client_id = content[name]["client_id"]
        application = json.loads(
            run("application", "show", conformance_ini, client_id, "--json").stdout
        )
        assert application["redirect_uris"] == f"{CALLBACKS}callback"
        assert content[name]["client_secret"]


def test_only_the_clients_of_a_logout_plan_have_logout_uris(
    config_files: dict[str, Any], conformance_ini: Path, run: Run
) -> None:
    logout_uris = {}
    for file in ("basic", "frontchannel-rp-initiated-logout", "rp-initiated-logout"):
        client_id = config_files[f"{file}-static.json"]["client"]["client_id"]
        application = json.loads(
            run("application", "show", conformance_ini, client_id, "--json").stdout
        )
        logout_uris[file] = application["client_metadata"].get(
            "frontchannel_logout_uri"
        )
    assert logout_uris == {
        "basic": None,
        "frontchannel-rp-initiated-logout": f"{CALLBACKS}frontchannel_logout",
        "rp-initiated-logout": None,
    }


def test_a_second_run_rotates_the_secrets_of_the_same_clients(
    config_files: dict[str, Any], conformance_ini: Path, run: Run, tmp_path: Path
) -> None:
    before = config_files["basic-static.json"]["client"]
    run(*write_arguments(conformance_ini, tmp_path))
    after = json.loads((tmp_path / "basic-static.json").read_text())["client"]
    assert after["client_id"] == before["client_id"]
    assert after["client_secret"] != before["client_secret"]


def test_plans_for_unsupported_features_are_left_out(
    write_ini: Callable[..., Path], sqlite_url: str, run: Run, tmp_path: Path
) -> None:
    ini = write_ini(STANDALONE, sqlite_url, "pyramid_oauth.openid = true")
    text = ini.read_text().replace("    read = Read", "    openid = Know you")
    ini.write_text(text)
    run("init", ini)
    run("conformance-config", ini, "--output", tmp_path / "files", "--suite", SUITE)
    names = {path.stem for path in (tmp_path / "files").glob("*.json")}
    logout = "rp-initiated-logout-static"
    assert names == {"basic-static", "formpost-basic-static", "config-dynamic", logout}
    # They contain secrets.
    modes = {
        path.stat().st_mode & 0o777 for path in (tmp_path / "files").glob("*.json")
    }
    assert modes == {0o600}


def test_the_password_comes_from_the_place_that_is_named(
    conformance_ini: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("of carol\n")
    words = [*write_arguments(conformance_ini, tmp_path), "--username", "carol"]
    run(*words, "--password", f"file:{tmp_path / 'password'}")
    written = (tmp_path / "basic-static.json").read_text()
    assert ("of carol" in written, "wonderland" in written) == (True, False)
    run(*words, "--password", "-", stdin="typed by carol\n")
    assert "typed by carol" in (tmp_path / "basic-static.json").read_text()


def test_a_password_among_the_arguments_is_refused(
    conformance_ini: Path, run: Run, tmp_path: Path
) -> None:
    words = write_arguments(conformance_ini, tmp_path)
    result = run(*words, "--password", "of-carol", code=2)
    assert "give file:PATH, env:NAME or -" in result.output
    assert "of-carol" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_openid_is_refused(standalone_ini: Path, run: Run) -> None:
    result = run("conformance-config", standalone_ini, code=1)
    assert "not an OpenID Provider" in result.output
