"""The directive `settings-table`: the settings reference, from the sections."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from pyramid_oauth.config.build import declared
from pyramid_oauth.settings import Row


def _default(row: Row) -> str:
    if row.is_secret or row.default in (None, "", ()):
        return "none"
    if row.default == {}:
        return "empty"
    if isinstance(row.default, tuple):
        return " ".join(row.default)
    return str(row.default)


class SettingsTable(SphinxDirective):
    """Every setting with its default and its sentence."""

    def run(self) -> list[nodes.Node]:
        """Write reStructuredText and have it parsed."""
        lines = StringList()
        for row in declared({}).settings.known_rows():
            lines.append(f"``{row.setting}`` (default: {_default(row)})", "")
            meaning = row.meaning.replace("`", "``")
            lines.append(f"    {meaning}", "")
            lines.append("", "")
        node = nodes.container()
        self.state.nested_parse(lines, 0, node)
        return [node]


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("settings-table", SettingsTable)
    return {"parallel_read_safe": True}
