"""What an import brings: a verifier without Pyramid, an API without the server."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, warnings
warnings.simplefilter("ignore")
at_start = set(sys.modules)
import {module}
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - at_start}}))
"""
"""At its start, Python loads the namespace `zope` where older packages of it lie."""

SERVER_ONLY = {
    "sqlalchemy",
    "oauthlib",
    "orjson",
    "alembic",
    "argon2",
    "click",
    "jinja2",
}


def imported_by(module: str) -> set[str]:
    program = PROGRAM.format(module=module)
    command = [sys.executable, "-c", program]
    return set(subprocess.check_output(command, text=True).split())


def test_a_verifier_of_access_tokens_needs_neither_pyramid_nor_a_database():
    imported = imported_by("pyramid_oauth.resource.verify")
    assert not imported & {*SERVER_ONLY, "pyramid", "webob", "zope"}
    assert "pyramid_oauth" in imported


@pytest.mark.parametrize("module", ["inclusion", "policy", "scopes"])
def test_an_api_with_pyramid_needs_no_package_of_the_server(module):
    imported = imported_by(f"pyramid_oauth.resource.{module}")
    assert not imported & SERVER_ONLY


def test_each_public_name_of_the_resource_server_can_be_imported():
    program = "from pyramid_oauth.resource import *; print(includeme.__name__)"
    command = [sys.executable, "-W", "ignore", "-c", program]
    assert subprocess.check_output(command, text=True) == "includeme\n"


def test_the_command_of_a_server_says_which_packages_to_install():
    program = """
import pyramid_oauth.installation as installation
installation.find_spec = lambda name: None if name == "sqlalchemy" else name
import pyramid_oauth
pyramid_oauth.command_line()
"""
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "pip install 'pyramid_oauth[server]'" in run.stderr
    assert "Traceback" not in run.stderr
