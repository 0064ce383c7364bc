"""The package uses only public attributes of other libraries."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pyramid_oauth

PACKAGE = Path(pyramid_oauth.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
DOCUMENTED = {
    "_asdict",
    "_fields",
    "_make",
    "_mapping",
    "_replace",
    "_current_frames",
}
"""Of named tuples, of SQLAlchemy's rows and of `sys`: documented despite the name."""


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def names_defined_in(tree):
    """Names that a package's own classes and modules give to something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def private_uses(tree):
    """Private attributes that are read, and private names that are imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] != (
            "pyramid_oauth"
        ):
            yield from (each.name for each in node.names if is_private(each.name))


@pytest.fixture(scope="module")
def trees():
    """The syntax trees of all files of the package."""
    return {path: ast.parse(path.read_text()) for path in FILES}


@pytest.fixture(scope="module")
def known_names(trees):
    own = {name for tree in trees.values() for name in names_defined_in(tree)}
    return own | DOCUMENTED


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_no_private_attribute_of_another_library_is_used(trees, known_names, path):
    foreign = sorted(set(private_uses(trees[path])) - known_names)
    assert foreign == []
