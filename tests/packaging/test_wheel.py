"""The wheel contains migrations, templates and entry points.

`.ci/run` installs it into an empty environment, with its dependencies, as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.checkout import copy_checkout
from tests.support.command_line import STANDALONE

pytestmark = pytest.mark.slow

SITE = "https://forge.example/maintainers/pyramid_oauth"
"""What the workflow of a release gives as the address of the project."""

PLACES = {"pyramid_oauth": "pyramid_oauth", "alembic": "pyramid_oauth/migrations"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build leaves files in its folder."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = copy_checkout(folder / "source")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "."]
    environment = {**os.environ, "PROJECT_URL": SITE}
    command = [*build, "--wheel-dir", str(folder)]
    subprocess.run(command, cwd=copy, env=environment, check=True)
    (built,) = folder.glob("pyramid_oauth-*.whl")
    return built


def test_the_wheel_contains_everything_the_package_needs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    source = wheel.parent / "source"
    for folder, place in PLACES.items():
        files = (path for path in (source / folder).rglob("*.*") if path.is_file())
        for path in files:
            assert f"{place}/{path.relative_to(source / folder)}" in names


def test_the_wheel_contains_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pyramid_oauth"}


def test_the_wheel_has_links_to_the_project(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        lines = archive.read(name).decode().splitlines()

    links = [line.removeprefix("Project-URL: ") for line in lines if "-URL: " in line]
    assert f"Source, {SITE}" in links
    assert f"Issues, {SITE}/issues" in links
    assert all(SITE in link for link in links)


def test_init_and_upgrade_work_with_the_installed_wheel(
    wheel: Path, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    ini = tmp_path / "server.ini"
    ini.write_text(STANDALONE.format(url=f"sqlite:///{tmp_path}/db.sqlite", more=""))
    code = (
        "import sys, pyramid_oauth.scripts as s; "
        "print(s.__file__); s.main(sys.argv[1:])"
    )

    for command in ("init", "upgrade", "check"):
        run = subprocess.run(
            [sys.executable, "-c", code, command, str(ini)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert run.stdout.startswith(str(installed))
