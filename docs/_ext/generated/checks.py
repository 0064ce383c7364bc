"""The findings of start-up and of `pyramid-oauth check`.

Those of the configuration are a table of checks. Those of the database are read from
the source of the command: they are made where the database is examined.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from docs._ext.generated.application import owner, registered
from docs._ext.generated.markup import code, prose, section, table
from pyramid_oauth.scripts import check_database as command
from pyramid_oauth.settings import PREFIX
from pyramid_oauth.settings.checks import Check

HEAD = ("Number", "Severity", "Finding", "From")
WIDTHS = "12 13 60 15"


def text() -> str:
    """Every finding: number, consequence, problem and remedy."""
    settings = sorted(checks(), key=lambda check: check.number)
    database = sorted(database_findings())
    return "\n\n".join(
        [
            section("Configuration", table(HEAD, map(_row, settings), WIDTHS)),
            section("Database", table(HEAD[:3], database, "12 13 75")),
        ]
    )


def checks() -> list[Check]:
    """The registered checks."""
    return [item["value"] for item in registered("oauth checks")]


def _row(check: Check) -> tuple[str, ...]:
    name = code(PREFIX + check.setting) if check.setting else ""
    told = prose(check.text.replace("{}", "…"))
    told = told if told.startswith((":", ",")) else f" {told}"
    finding = f"{name}{told}".strip()
    return check.number, check.severity.value, finding, owner(check.holds.__module__)


def database_findings() -> Iterator[tuple[str, str, str]]:
    """Yield number, severity and text of each finding that the command makes."""
    source = Path(command.__file__).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        words = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        number, *told = map(_literal, words[:2]) if words else ("",)
        if told and re.fullmatch(r"[EWN]\d{3}", number):
            severity = "error" if number.startswith("E") else "warning"
            yield number, severity, prose(told[0])


def _literal(node: ast.expr) -> str:
    """The text of a string; what an f-string inserts is left out."""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_literal, node.values))
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "…"
