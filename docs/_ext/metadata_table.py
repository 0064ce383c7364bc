"""The directive `metadata-table`: every client metadata member that is registered."""

from __future__ import annotations

from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from sphinx.util.docutils import SphinxDirective

SETTINGS = {
    "issuer": "https://as.example",
    "secret": token_urlsafe(32),
    "openid": "true",
    "registration": "initial_access_token",
    "request_uris": "true",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
}
"""With these the server understands every member."""


def _rows() -> list[tuple[str, ...]]:
    settings = {f"pyramid_oauth.{name}": value for name, value in SETTINGS.items()}
    config = Configurator(settings=settings)
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.include("pyramid_oauth")
    config.commit()
    found = config.introspector.get_category("oauth client metadata")
    return [_row(item["introspectable"]) for item in found]


def _row(item: Any) -> tuple[str, ...]:
    field = item["value"]
    place = f"column ``{field.column}``" if field.column else "``client_metadata``"
    folder = Path(item.action_info.file).parent
    brought_by = folder.name if folder.parent.name == "extensions" else "the kernel"
    return f"``{field.name}``", field.read_by, place, brought_by


class MetadataTable(SphinxDirective):
    """Every member, who reads it, where it is kept, and the extension that adds it."""

    def run(self) -> list[nodes.Node]:
        """Write reStructuredText and have it parsed."""
        head = ("Member", "Acted on by", "Kept in", "Added by")
        lines = StringList([".. list-table::", "   :header-rows: 1", ""])
        for row in (head, *_rows()):
            for number, cell in enumerate(row):
                lines.append(f"   {'* -' if number == 0 else '  -'} {cell}", "")
        node = nodes.container()
        self.state.nested_parse(lines, 0, node)
        return [node]


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("metadata-table", MetadataTable)
    return {"parallel_read_safe": True}
