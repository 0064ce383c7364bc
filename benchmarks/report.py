"""The tables: hosts beside the ready-made server, flows beside floors and goals.

Markdown, ready for benchmarks/README.md.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.goals import BARE, GOALS, RATIO
from benchmarks.measure import Target

_PARTS = ("pyramid", "SQLAlchemy", "oauthlib", "granian", "gunicorn", "psycopg")
_HEAD = (
    "flow",
    "per second",
    "CPU s per 1,000",
    "± samples",
    "floor CPU",
    "× floor",
    f"≤ {RATIO}?",
    "goal",
    "scaled goal",
    "met?",
    "PostgreSQL CPU",
    "client CPU",
)
_COLUMN = ("{}, CPU s per 1,000", "× bare view", "± samples")


def facts(server: str) -> str:
    """Describe the machine and the versions."""
    parts = ", ".join(f"{name} {version(name)}" for name in _PARTS)
    return (
        f"- {os.cpu_count()} CPUs ({_model()}), Linux {platform.release()},"
        f" Python {platform.python_version()}\n- {parts}\n- server: {server}"
    )


def _model() -> str:
    with open("/proc/cpuinfo") as lines:
        found = (line.partition(":")[2] for line in lines if "model name" in line)
        return next(found, platform.machine()).strip()


def bare_lines(bare: Sequence[Target]) -> str:
    """Say what a bare view costs here and on the reference machine."""
    return "\n".join(
        f"- bare view under {target.name}: {target.median('cpu'):.3f}"
        f" ({target.median('rate'):,.0f}/s); reference machine"
        f" {BARE[target.name.partition(' ')[0]]:.2f}"
        for target in bare
    )


def columns(products: Sequence[Sequence[Target]], bare: Target) -> str:
    """Render each flow of all products, as multiples of a bare view and of the last.

    Args:
        products: the flows of each product; the last one is the ready-made server.
        bare: the bare view.
    """
    names = [flows[0].name for flows in products]
    head = [title.format(name) for name in names for title in _COLUMN]
    ratios = [f"{name} / {names[-1]}" for name in names[:-1]]
    lines = [_line(("flow", *head, *ratios))]
    lines.append("|---|" + "---:|" * (len(head) + len(ratios)))
    for row in zip(*products, strict=True):
        cells = [cell for each in row for cell in _column(each, bare)]
        costs = [f"{each.ratio(row[-1]):.2f}" for each in row[:-1]]
        lines.append(_line((row[0].flow.name, *cells, *costs)))
    return "\n".join(lines)


def _column(target: Target, bare: Target) -> tuple[str, ...]:
    return _cpu(target), f"{target.ratio(bare):.1f}", f"{target.spread():.0%}"


def table(product: Sequence[Target], floors: Sequence[Target], scale: float) -> str:
    """Render the flows; ``scale`` is this machine's bare view over the reference's."""
    known = {target.flow.name: target for target in floors}
    lines = [_line(_HEAD), "|---|" + "---:|" * (len(_HEAD) - 1)]
    lines += [_line(_cells(target, known, scale)) for target in product]
    return "\n".join(lines)


def floor_table(floors: Sequence[Target]) -> str:
    """Render the floors alone."""
    head = ("floor", "per second", "CPU s per 1,000", "± samples", "PostgreSQL CPU")
    lines = [_line(head), "|---|" + "---:|" * (len(head) - 1)]
    for target in floors:
        own = (target.flow.name, f"{target.median('rate'):,.0f}", _cpu(target))
        rest = (f"{target.spread():.0%}", f"{target.median('database_cpu'):.3f}")
        lines.append(_line((*own, *rest)))
    return "\n".join(lines)


def _cells(target: Target, floors: dict[str, Target], scale: float) -> tuple[str, ...]:
    goal = GOALS[target.flow.name]
    cost, floor = target.median("cpu"), floors[goal.floor.name]
    ratio = target.ratio(floor)
    absolute = ("–", "–", "–")
    if goal.cpu is not None:
        met = "yes" if cost <= goal.cpu * scale else "no"
        absolute = (f"{goal.cpu:.2f}", f"{goal.cpu * scale:.2f}", met)
    return (
        target.flow.name,
        f"{target.median('rate'):,.0f}",
        f"{cost:.3f}",
        f"{target.spread():.0%}",
        _cpu(floor),
        f"{ratio:.2f}",
        "yes" if ratio <= RATIO else "no",
        *absolute,
        f"{target.median('database_cpu'):.3f}",
        f"{target.median('client_cpu'):.3f}",
    )


def _cpu(target: Target) -> str:
    return f"{target.median('cpu'):.3f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
