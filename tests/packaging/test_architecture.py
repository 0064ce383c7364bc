"""The rules of the architecture that neither ruff nor import-linter checks."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pyramid_oauth"
FILES = sorted(PACKAGE.rglob("*.py"))
EXTENSIONS = sorted(PACKAGE.glob("extensions/*/__init__.py"))
MAX_FILE, MAX_FUNCTION = 300, 40
# They say nothing of what is in the file.
NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc"}
SPECIFICATION = re.compile(
    r"RFC \d{4}|OpenID Connect|OAuth 2\.0 |the `legacy` profile|your account"
)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, modules: set[str]) -> set[str]:
    """The modules of the package that one imports, inside of functions too."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (members & modules) or {node.module}
    return (found & modules) - {name_of(path)}


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {name_of(path) for path in FILES}
    graph = {name_of(path): imports_of(path, modules) for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"circular import: {' → '.join(error.args[1])}")


def test_no_file_or_function_is_too_long() -> None:
    too_long = [
        name_of(path)
        for path in FILES
        if len(path.read_text(encoding="utf-8").splitlines()) > MAX_FILE
    ]
    for path in FILES:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno >= MAX_FUNCTION:
                    too_long.append(f"{name_of(path)}.{node.name}")
    assert not too_long


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [path for path in FILES if NAMES.intersection((*path.parts, path.stem))]


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.parent.name)
def test_an_extension_names_its_specification_and_is_included(path: Path) -> None:
    """Its folder is its own: the docstring has the RFC, `includeme` adds the rest."""
    module = parse(path)
    assert SPECIFICATION.search(ast.get_docstring(module) or "")
    functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert "includeme" in functions
