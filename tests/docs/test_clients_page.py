"""The table of docs/how_to/clients names the versions that tests/interop runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INTEROP = ROOT / "tests" / "interop"


def read_table():
    """The libraries of the table with their versions."""
    text = (ROOT / "docs/how_to/clients.rst").read_text()
    rows = re.findall(r"^(\S+)(?: \(.*\))?  +(\d[\d.]+) ", text, re.MULTILINE)
    return dict(rows)


def read_locked_versions():
    """The version of every locked package, by its lower-case name."""
    versions = {}
    for path in (
        INTEROP / "python_clients" / "requirements.txt",
        ROOT / "requirements" / "test.txt",
    ):
        versions |= dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.M))
    for folder in ("node_clients", "openid_client"):
        packages = json.loads((INTEROP / folder / "package-lock.json").read_text())
        for name, package in packages["packages"].items():
            if name.count("node_modules/") == 1:
                versions[name.removeprefix("node_modules/")] = package["version"]
    modules = (INTEROP / "go_clients" / "go.mod").read_text()
    for name, version in re.findall(r"github\.com/(\S+)/v\d+ v(\S+)", modules):
        versions[name] = version
        versions[name.rpartition("/")[2]] = version
    for folder in ("java_client", "spring_client"):
        pom = (INTEROP / folder / "pom.xml").read_text()
        versions |= dict(re.findall(r"<([\w-]+)\.version>(\S+)</", pom))
    return {name.lower(): version for name, version in versions.items()}


@pytest.mark.parametrize("name", sorted(set(read_table()) - {"mod_auth_openidc"}))
def test_the_version_in_the_table_is_the_one_that_is_locked(name):
    """mod_auth_openidc is left out: it comes with Debian."""
    assert read_locked_versions()[name.lower()] == read_table()[name]


def test_the_table_names_the_clients_that_have_tests():
    assert len(read_table()) >= 15
