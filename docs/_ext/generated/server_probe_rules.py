"""The findings of `pyramid-oauth check --probe`, from the rules of the probe."""

from __future__ import annotations

from docs._ext.generated.markup import prose, section, table
from docs._ext.generated.probe_rules import HEAD, rows_of
from pyramid_oauth.scripts.probe.server import RULE_SETS


def text() -> str:
    """Every rule: number, severity, what should be with its section, and the cure."""
    rows = rows_of(RULE_SETS)
    return section(prose("The findings of `--probe`"), table(HEAD, rows, "10 11 44 35"))
