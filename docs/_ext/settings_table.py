"""The directive `settings-table`: the settings reference, from the one table."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from pyramid_oauth.settings import PREFIX, Settings


def _default(row: Any) -> str:
    if row.metadata["secret"] or row.default in (None, "", ()):
        return "none"
    if row.default is MISSING:
        return "empty"
    if isinstance(row.default, tuple):
        return " ".join(row.default)
    return str(row.default)


class SettingsTable(SphinxDirective):
    """Every setting with its default and its sentence."""

    def run(self) -> list[nodes.Node]:
        """Write reStructuredText and have it parsed."""
        lines = StringList()
        for row in fields(Settings):
            lines.append(f"``{PREFIX}{row.name}`` (default: {_default(row)})", "")
            meaning = row.metadata["meaning"].replace("`", "``")
            lines.append(f"    {meaning}", "")
            lines.append("", "")
        node = nodes.container()
        self.state.nested_parse(lines, 0, node)
        return [node]


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("settings-table", SettingsTable)
    return {"parallel_read_safe": True}
