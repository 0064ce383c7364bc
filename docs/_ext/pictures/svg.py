"""Elements of SVG. Colors are classes of `pages.css`, so that dark mode counts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import count
from textwrap import wrap

WIDTH = 400
"""Units of all pictures: on a phone a unit is a little less than a pixel."""

LINE = 16
"""The height of a line of text."""

LETTER = 6.6
"""The width of a letter, on average, with some room."""

_numbers = count(1)


def document(title: str, told: str, height: float, elements: Sequence[str]) -> str:
    """The picture, with its title and what it shows as text for who cannot see it."""
    number = next(_numbers)
    names = f"picture-{number}-title", f"picture-{number}-text"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}"'
        f' class="picture" role="img" aria-labelledby="{" ".join(names)}">\n'
        f'<title id="{names[0]}">{escape(title)}</title>\n'
        f'<desc id="{names[1]}">{escape(told)}</desc>\n'
        + "\n".join(elements)
        + "\n</svg>\n"
    )


def fold(text: str, width: float) -> list[str]:
    """Break `text` into lines that are at most `width` units long."""
    return wrap(text, max(4, int(width / LETTER)), break_on_hyphens=False) or [""]


def write(
    lines: Sequence[str], x: float, y: float, kind: str = "", anchor: str = "middle"
) -> str:
    """Lines of text; `y` is the base of the first one."""
    spans = "".join(
        f'<tspan x="{x:g}" y="{y + number * LINE:g}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    return f'<text class="{kind}" text-anchor="{anchor}">{spans}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle with round corners."""
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}"'
        f' height="{height:g}" rx="5"/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def arrow_head(x: float, y: float, back: float) -> str:
    """The head of an arrow that ends at `x`; `back` is -1 if it comes from the left."""
    points = f"{x:g},{y:g} {x + back * 8:g},{y - 4:g} {x + back * 8:g},{y + 4:g}"
    return f'<polygon class="head" points="{points}"/>'
