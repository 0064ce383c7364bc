"""Every client metadata member that is registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docs._ext.generated.application import registered
from docs._ext.generated.markup import code, table


def text() -> str:
    """Every member, who reads it, where it is kept, and the extension that adds it."""
    head = ("Member", "Acted on by", "Kept in", "Added by")
    return table(head, [_row(item) for item in registered("oauth client metadata")])


def _row(item: Any) -> tuple[str, ...]:
    field = item["value"]
    place = f"column ``{field.column}``" if field.column else "``client_metadata``"
    folder = Path(item.action_info.file).parent
    brought_by = folder.name if folder.parent.name == "extensions" else "the kernel"
    if field.by_administrators:
        place += "; set by administrators"
    return code(field.name), field.read_by, place, brought_by
