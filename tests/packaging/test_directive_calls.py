"""Calls of directives inside the package fit their signatures.

Modules below `pyramid_oauth.typing` annotate their configurator by the interface,
whose directives are callables of any kind. Here mypy checks a copy of the package in
which that interface has the directives.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="the extra `types`")

ROOT = Path(__file__).parents[2]
INTERFACE = "pyramid_oauth/interfaces/configurator.py"
WITH_DIRECTIVES = """
from pyramid_oauth.typing import OAuthConfigurator as Configurator  # noqa: E402

__all__ = ["Configurator", "Introspectable", "PyramidConfigurator", "ViewDeriverInfo"]
"""


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path.name} has no {old}"
    path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def copied_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, in which each configurator has the directives."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "pyramid_oauth", folder / "pyramid_oauth")
    shutil.copy(ROOT / "pyproject.toml", folder)
    replace(folder / INTERFACE, "class Configurator(", "class PyramidConfigurator(")
    with (folder / INTERFACE).open("a") as interface:
        interface.write(WITH_DIRECTIVES)
    replace(
        folder / "pyramid_oauth/typing.py",
        "configurator import Configurator",
        "configurator import PyramidConfigurator as Configurator",
    )
    return folder


def check_types(folder: Path) -> str:
    command = [sys.executable, "-m", "mypy", "--package", "pyramid_oauth"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.slow
def test_directives_are_called_as_they_are_declared(copied_package: Path) -> None:
    found = check_types(copied_package)
    assert "Success: no issues found" in found, found


@pytest.mark.slow
def test_a_wrong_call_is_found(copied_package: Path) -> None:
    pkce = copied_package / "pyramid_oauth/extensions/pkce/__init__.py"
    replace(pkce, "add_oauth_metadata(", "add_oauth_metadata(7, ")
    found = check_types(copied_package)
    assert "extensions/pkce/__init__.py" in found
    assert "Too many arguments" in found
