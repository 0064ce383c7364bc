"""Faults of one request, in the order in which the server finds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Fault: TypeAlias = tuple[dict[str, str | None], str, str]
"""Parameters that make a request invalid, and two words about its refusal."""


def fault_ids(faults: Sequence[Fault]) -> list[str]:
    """The parameters of each fault, as ids of its test."""
    return ["-".join(changes) for changes, _, _ in faults]


def combine_faults(faults: Sequence[Fault]) -> dict[str, Any]:
    """The parameters with all faults; of two for one parameter the earlier."""
    changes: dict[str, Any] = {}
    for changed, _, _ in reversed(faults):
        changes.update(changed)
    return changes
