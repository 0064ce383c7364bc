"""Type checkers find mistakes in a host's code that uses the library."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pyramid.config import Configurator

from pyramid_oauth.facade import Facade
from pyramid_oauth.server import SERVER
from pyramid_oauth.typing import OAuthConfigurator, OAuthFacade
from tests.support.code_blocks import find_blocks

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

MISTAKES = """
from pyramid_oauth.events import TokenIssued
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.typing import OAuthConfigurator, OAuthRequest


def includeme(config: OAuthConfigurator) -> None:
    config.add_oauth_scope("read", "Read")
    config.add_oauth_scope(4)  # mistake
    config.add_oauth_grant("urn:example:voucher")  # mistake
    config.set_oauth_accounts(AbstractApplication)  # mistake


def view(request: OAuthRequest) -> str:
    if request.oauth.settings.acess_token_lifetime:  # mistake
        return request.oauth.log_in("alice")  # mistake
    return request.oauth.identity.client_id  # mistake


def on_token(event: TokenIssued) -> None:
    event.request.oauth.server.issuer.upper()
    event.scopes.lower()  # mistake


def audit(application: AbstractApplication) -> int:
    return application.redirect_uris  # mistake
"""


class RecordingConfigurator(Configurator):
    """A configurator that stores the added directives in its registry."""

    def add_directive(self, name, directive, action_wrap=True):
        self.registry.setdefault("directives", {})[name] = directive
        super().add_directive(name, directive, action_wrap)


def test_the_typed_configurator_has_our_directives_and_no_other():
    config = RecordingConfigurator(settings={})
    config.include("pyramid_oauth")
    config.include("pyramid_oauth.fast_session")
    config.include("pyramid_oauth.extensions.resource_indicators")
    config.include("pyramid_oauth.extensions.dpop")
    config.include("pyramid_oauth.extensions.rich_authorization")
    added_directives = {
        name: inspect.unwrap(directive)
        for name, directive in config.registry["directives"].items()
        if "_oauth_" in name
    }
    typed_directives = {
        name: member
        for name, member in vars(OAuthConfigurator).items()
        if "_oauth_" in name
    }
    assert typed_directives == added_directives


def test_the_typed_facade_has_the_methods_that_our_extensions_add(new_host):
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.consent_ledger")
    )
    for name, method in host.wsgi.registry[SERVER].request_methods.items():
        typed_signature = inspect.signature(getattr(OAuthFacade, name))
        real_signature = inspect.signature(method)
        assert typed_signature.return_annotation == real_signature.return_annotation, (
            name
        )
        assert _list_other_parameters(typed_signature) == _list_other_parameters(
            real_signature
        ), name
    typed_names = vars(OAuthFacade).keys() - vars(Facade).keys()
    assert {name for name in typed_names if not name.startswith("_")} <= {
        *host.wsgi.registry[SERVER].request_methods
    }


def _list_other_parameters(signature: inspect.Signature) -> list[inspect.Parameter]:
    return [*signature.parameters.values()][1:]


def find_block_text(language: str) -> str:
    """Return the configuration in this language on the page about types."""
    page_blocks = find_blocks(DOCS / "how_to/types.rst")
    return next(block.text for block in page_blocks if block.language == language)


def find_typed_blocks() -> dict[str, str]:
    """Return the code blocks of all pages that import our types, by file name."""
    all_blocks = [block for page in DOCS.rglob("*.rst") for block in find_blocks(page)]
    return {
        f"{block.page.stem}_{block.line}.py": block.text
        for block in all_blocks
        if "pyramid_oauth.typing import" in block.text
    }


@pytest.fixture(scope="module")
def host_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples, the typed code blocks and a file with mistakes."""
    folder = tmp_path_factory.mktemp("types")
    files = {each.name: each.read_text() for each in (DOCS / "examples").glob("*.py")}
    files |= {"mistakes.py": MISTAKES, "mypy.ini": find_block_text("ini")}
    paths = f"extraPaths = [{str(ROOT)!r}]\n"
    files |= {"pyproject.toml": find_block_text("toml") + paths}
    for name, text in (files | find_typed_blocks()).items():
        (folder / name).write_text(text)
    return folder


def find_mistakes() -> set[tuple[str, int]]:
    lines = enumerate(MISTAKES.split("\n"), 1)
    return {("mistakes.py", number) for number, line in lines if "# mistake" in line}


@pytest.mark.slow
def test_mypy_accepts_the_examples_and_finds_mistakes(host_code: Path):
    command = [sys.executable, "-m", "mypy", "--config-file=mypy.ini"]
    # As in site-packages, where the library itself is not checked.
    command += ["--follow-imports=silent", "--no-error-summary", "."]
    environment = os.environ | {"MYPYPATH": str(ROOT)}
    process = subprocess.run(
        command,
        cwd=host_code,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = re.findall(
        r"^([^:\n]+):(\d+):(?:\d+:)? error: ", process.stdout, re.MULTILINE
    )
    assert {(name, int(line)) for name, line in errors} == find_mistakes(), (
        process.stdout
    )


@pytest.mark.slow
def test_pyright_accepts_the_examples_and_finds_mistakes(host_code: Path):
    command = [sys.executable, "-m", "pyright", "--outputjson"]
    command += ["--pythonpath", sys.executable]
    # No look-up of a newer version.
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    process = subprocess.run(
        command,
        cwd=host_code,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = {
        (Path(diagnostic["file"]).name, diagnostic["range"]["start"]["line"] + 1)
        for diagnostic in json.loads(process.stdout)["generalDiagnostics"]
        if diagnostic["severity"] == "error"
    }
    assert errors == find_mistakes(), process.stdout
