"""The events, from their classes."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from typing import Any

from docs._ext.generated.application import owner, subclasses
from docs._ext.generated.markup import code, described, prose, section, table
from pyramid_oauth.events import OAuthEvent


def text() -> str:
    """Every event with its attributes."""
    common = {item.name for item in fields(OAuthEvent)}
    return "\n\n".join(
        section(
            each.__name__,
            f"{code(f'{each.__module__}.{each.__name__}')} ({owner(each.__module__)})",
            prose(_sentences(each)),
            _attributes(each, common),
        )
        for each in [OAuthEvent, *subclasses(OAuthEvent)]
    )


def _sentences(event: type[Any]) -> str:
    """What the docstring of an event says above the table of its attributes."""
    told = (inspect.getdoc(event) or "").partition("Attributes:")[0]
    return re.sub(r"(?<!\n)\n(?!\n)", " ", told).strip()


def _attributes(event: type[Any], common: set[str]) -> str:
    words = described(event)
    rows = [
        (code(item.name), code(item.type), _default(item), words.get(item.name, ""))
        for item in fields(event)
        if event is OAuthEvent or item.name not in common
    ]
    if not rows:
        return ""
    # Without words of its own, an attribute is in the sentences about the event.
    columns = 4 if any(row[3] for row in rows) else 3
    head = ("Attribute", "Type", "Default", "Meaning")
    return table(head[:columns], [row[:columns] for row in rows])


def _default(item: Field[Any]) -> str:
    if item.default_factory is not MISSING:
        return "now"
    return "required" if item.default is MISSING else code(repr(item.default))
