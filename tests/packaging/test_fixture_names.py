"""A name of a fixture means one thing in all tests."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]


def find_fixtures() -> dict[str, dict[Path, str]]:
    """Where each fixture is defined: by its name, the module docstrings by file."""
    fixtures: defaultdict[str, dict[Path, str]] = defaultdict(dict)
    for path in sorted(TESTS.rglob("*.py")):
        if {"node_modules", ".venv"} & set(path.parts):
            continue
        module = ast.parse(path.read_text())
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and is_fixture(node):
                fixtures[node.name][path] = ast.get_docstring(module) or ""
    return fixtures


def is_fixture(function: ast.FunctionDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(decorator.startswith("pytest.fixture") for decorator in decorators)


def test_a_fixture_is_defined_once_or_overridden_explicitly() -> None:
    """An override is named in the docstring of its module: Overrides ... `name`."""
    repeated = []
    for name, places in find_fixtures().items():
        others = [
            path.relative_to(TESTS)
            for path, docstring in places.items()
            if not ("Overrides the fixture" in docstring and f"`{name}`" in docstring)
        ]
        if len(others) > 1:
            repeated.append((name, [str(path) for path in others]))
    assert repeated == [], "rename one of them, or define the fixture in tests/support"
