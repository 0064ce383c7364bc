"""The findings of `pyramid-oauth mcp-check`, from the rules of the probe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docs._ext.generated.markup import prose, section, table
from pyramid_oauth.scripts.probe.mcp import RULE_SETS
from pyramid_oauth.scripts.probe.rules import RuleSet

HEAD = ("Number", "Severity", "What should be", "Cure")


def text() -> str:
    """Every rule: number, severity, what should be with its section, and the cure."""
    rows = rows_of(RULE_SETS)
    return section("The findings of mcp-check", table(HEAD, rows, "10 11 44 35"))


def rows_of(rule_sets: Iterable[RuleSet[Any]]) -> list[tuple[str, ...]]:
    """A row for each rule."""
    return [
        (
            rule.number,
            rule.severity.value,
            f"{prose(rule.title)} ({rule.spec})",
            prose(rule.cure),
        )
        for rules in rule_sets
        for rule in rules.rules
    ]
