"""One row of the settings table: converter, default and one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any


def setting(
    convert: Callable[[Any], Any], default: Any, meaning: str, *, secret: bool = False
) -> Any:
    """One row of the table: converter, default and one sentence for the reference."""
    metadata = {"convert": convert, "meaning": meaning, "secret": secret}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata, repr=not secret)
