"""The cookiecutter template: a new host whose tests pass and which answers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter

from tests.support.ports import free_port, is_listening
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "cookiecutter"
BIN = Path(sys.executable).parent
FOREIGN = ("COV", "PYRAMID_OAUTH", "PYTEST")


class Project:
    """A generated project, installed without its dependencies: they are here."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder, self.site = folder, site
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(FOREIGN)
        }
        self._environment["PYTHONPATH"] = os.pathsep.join(map(str, (site, ROOT)))

    def run(self, *command: str, given: str = "") -> str:
        """Run a command of the environment; return what it prints."""
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.folder,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def serve(self, ini: str, port: int) -> Iterator[None]:
        """Run `pserve` until the end of the block."""
        command = [str(BIN / "pserve"), ini]
        server = subprocess.Popen(command, cwd=self.folder, env=self._environment)
        try:
            wait_until(lambda: is_listening(port) or server.poll() is not None, 60)
            assert server.poll() is None
            yield
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("generated")
    names = {"project_name": "Bread & Butter", "repo_name": "bakery"}
    cookiecutter(
        str(TEMPLATE),
        no_input=True,
        extra_context=names,
        output_dir=str(folder),
        default_config=True,
    )
    project = Project(folder / "bakery", folder / "site")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    target = ("--target", str(folder / "site"))
    project.run("python", "-m", "pip", "install", *options, *target, ".")
    return project


@pytest.mark.slow
def test_the_tests_of_a_new_project_pass(project: Project) -> None:
    assert " passed" in project.run("python", "-m", "pytest", "-q")


@pytest.mark.slow
def test_a_new_project_is_formatted_and_without_findings(project: Project) -> None:
    if not (BIN / "ruff").exists():
        pytest.skip("ruff comes with the extra dev")
    project.run("ruff", "format", "--check", "--isolated", ".")
    project.run("ruff", "check", "--isolated", ".")


@pytest.mark.slow
def test_the_commands_of_the_readme_lead_to_a_server_that_answers(
    project: Project,
) -> None:
    ini, port = "development.ini", free_port()
    text = (project.folder / ini).read_text()
    (project.folder / ini).write_text(text.replace(":6543", f":{port}"))
    revision = ("revision", "--autogenerate", "-m", "First tables")
    project.run("alembic", "-c", ini, *revision)
    project.run("alembic", "-c", ini, "upgrade", "head")
    project.run("alembic", "-c", ini, "check")
    create_user = str(project.site / "bin" / "bakery-user")
    created = project.run(create_user, ini, "ada", given="analytical engine\n")
    assert created == "ada can log in.\n"
    project.run(
        *("pyramid-oauth", "application", "create", ini, "--name", "Web"),
        *("--redirect-uri", "http://127.0.0.1/callback"),
        *("--grant-type", "authorization_code"),
    )
    url = f"http://localhost:{port}"
    with project.serve(ini, port):
        assert "Log in" in requests.get(url, timeout=10).text
        well_known = f"{url}/.well-known/oauth-authorization-server/oauth"
        metadata = requests.get(well_known, timeout=10).json()
        assert metadata["token_endpoint"] == f"{url}/oauth/token"
        assert requests.get(f"{url}/notes", timeout=10).status_code == 401


@pytest.mark.slow
def test_a_name_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FailedHookException):
        cookiecutter(
            str(TEMPLATE),
            no_input=True,
            extra_context={"repo_name": "no-package"},
            output_dir=str(tmp_path),
            default_config=True,
        )
