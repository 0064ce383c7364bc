"""A flow: who sends what to whom, in which order.

The first line names the participants. `A -> B: text` is a request, `A --> B: text` its
response, and `A: text` what A does by itself::

    Browser, Client, Server
    Browser -> Client: opens a page
    Server: checks everything
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docs._ext.pictures.svg import (
    LETTER,
    LINE,
    WIDTH,
    arrow_head,
    box,
    document,
    fold,
    line,
    write,
)

SIDE = 44
"""The distance of the outer participants from the edge."""

TOP = 44
"""The height of the names of the participants."""

STEP = re.compile(r"(?P<a>[\w ]+?)(?: (?P<arrow>-->|->) (?P<b>[\w ]+?))?: (?P<text>.+)")


@dataclass(frozen=True)
class Step:
    """A message from `a` to `b`, or what `a` does by itself."""

    a: str
    b: str | None
    text: str
    is_response: bool = False


def parse(lines: Sequence[str]) -> tuple[list[str], list[Step]]:
    """Return the participants and the steps.

    Raises:
        ValueError: A line is neither, or names somebody who does not take part.
    """
    given = [text.strip() for text in lines if text.strip()]
    parties = [name.strip() for name in given[0].split(",")]
    steps = []
    for text in given[1:]:
        found = STEP.fullmatch(text)
        if not found or {found["a"], found["b"]} - {*parties, None}:
            raise ValueError(f"no step of {', '.join(parties)}: {text}")
        response = found["arrow"] == "-->"
        steps.append(Step(found["a"], found["b"], found["text"], response))
    return parties, steps


def draw(title: str, lines: Sequence[str]) -> str:
    """Return the picture of a flow."""
    parties, steps = parse(lines)
    between = (WIDTH - 2 * SIDE) / (len(parties) - 1)
    lanes = {name: SIDE + between * number for number, name in enumerate(parties)}
    y, drawn = float(TOP), []
    for number, step in enumerate(steps, 1):
        y, elements = _step(number, step, lanes, y)
        drawn += elements
    below = y + 8
    behind = [line(x, TOP, x, below, "lane") for x in lanes.values()]
    told = f"{', '.join(parties)}. {' '.join(_told(steps))}"
    elements = [*behind, *_names(lanes, between), *drawn]
    return document(title, told, below + 4, elements)


def _names(lanes: dict[str, float], between: float) -> Iterator[str]:
    width = min(between - 6, 2 * SIDE - 2)
    for name, x in lanes.items():
        lines = fold(name, width)
        yield box(x - width / 2, 2, width, TOP - 6, "party")
        yield write(lines, x, 25 - (len(lines) - 1) * LINE / 2, "name")


def _step(
    number: int, step: Step, lanes: dict[str, float], y: float
) -> tuple[float, list[str]]:
    """Return where the step ends, and its elements."""
    text = f"{number}. {step.text}"
    if step.b is None:
        return _action(text, lanes[step.a], y)
    start, end = lanes[step.a], lanes[step.b]
    lines = fold(text, max(abs(end - start) + 60, 270))
    below = y + 4 + len(lines) * LINE + 8
    back = -1 if end > start else 1
    kind = "response" if step.is_response else "request"
    middle = _within((start + end) / 2, lines)
    return below + 4, [
        write(lines, middle, y + 4 + LINE, "label"),
        line(start, below, end + back * 6, below, kind),
        arrow_head(end, below, back),
    ]


def _action(text: str, x: float, y: float) -> tuple[float, list[str]]:
    lines = fold(text, 250)
    width = max(map(len, lines)) * LETTER + 14
    middle = _within(x, lines, 9)
    height = len(lines) * LINE + 10
    return y + height + 12, [
        box(middle - width / 2, y + 8, width, height, "action"),
        write(lines, middle, y + 8 + LINE + 1, ""),
    ]


def _within(middle: float, lines: Sequence[str], room: float = 2) -> float:
    """Move text that is centred at `middle` away from the edges."""
    half = max(map(len, lines)) * LETTER / 2 + room
    return min(max(middle, half), WIDTH - half)


def _told(steps: Sequence[Step]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        who = f"{step.a} to {step.b}" if step.b else step.a
        yield f"{number}. {who}: {step.text}."
