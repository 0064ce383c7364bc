"""Every threat of docs/explanation/threat_model names existing tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/explanation/threat_model.rst").read_text()
NAMED = sorted(set(re.findall(r"``(\S+\.py)::(test_\w+)``", PAGE)))


def test_every_threat_names_a_test():
    rows = PAGE.split("\n   * - ")[1:]
    assert len(rows) > 50
    threats = [row for row in rows if re.match(r"[STRIDE]( [STRIDE])*\n", row)]
    assert [row for row in threats if "::test_" not in row] == []


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_exists(path, name):
    tree = ast.parse((TESTS / path).read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in functions
