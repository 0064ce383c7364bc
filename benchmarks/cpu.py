"""CPU time of a process and everything below it.

proc(5): utime and stime, and those of children already reaped.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def tree(root: int) -> set[int]:
    """Return the process and all its descendants."""
    numbers = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    parents = {pid: int(found[1]) for pid in numbers if (found := _fields(pid))}
    members = {root}
    while more := {p for p, up in parents.items() if up in members} - members:
        members |= more
    return members


def seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds these processes and their dead children used."""
    ticks = (sum(map(int, found[11:15])) for pid in pids if (found := _fields(pid)))
    return sum(ticks) / _TICK


def name(pid: int) -> str:
    """Return the command name of a process on this machine, or ''."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
