"""The directive `metadata-table`: members of client metadata, from the one table."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from pyramid_oauth.models.client_metadata import MEMBERS
from pyramid_oauth.models.client_metadata_fields import Member


def _row(member: Member) -> tuple[str, ...]:
    place = f"column ``{member.column}``" if member.column else "``client_metadata``"
    needs = f"``{member.needs}``" if member.needs else "–"
    return f"``{member.name}``", member.read_by, place, needs


class MetadataTable(SphinxDirective):
    """Every member, who reads it, where it is kept, and the setting it needs."""

    def run(self) -> list[nodes.Node]:
        """Write reStructuredText and have it parsed."""
        head = ("Member", "Acted on by", "Kept in", "Known with the setting")
        lines = StringList([".. list-table::", "   :header-rows: 1", ""])
        for row in (head, *(_row(member) for member in MEMBERS.values())):
            for number, cell in enumerate(row):
                lines.append(f"   {'* -' if number == 0 else '  -'} {cell}", "")
        node = nodes.container()
        self.state.nested_parse(lines, 0, node)
        return [node]


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("metadata-table", MetadataTable)
    return {"parallel_read_safe": True}
