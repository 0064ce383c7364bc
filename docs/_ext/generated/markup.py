"""Tables, sections and inline markup of reStructuredText."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "") -> str:
    """A list-table; a cell may have several lines."""
    lines = [".. list-table::", "   :header-rows: 1", "   :class: reference"]
    lines += [f"   :widths: {widths}"] if widths else []
    lines.append("")
    for row in (head, *rows):
        for number, cell in enumerate(row):
            first, *rest = cell.split("\n")
            lines.append(f"   {'* -' if number == 0 else '  -'} {first}".rstrip())
            lines += [f"       {line}".rstrip() for line in rest]
    return "\n".join(lines) + "\n"


def section(title: str, *parts: str, underline: str = "-") -> str:
    """A title with what stands below it."""
    return "\n\n".join((f"{title}\n{underline * len(title)}", *filter(None, parts)))


def code(text: object) -> str:
    """Inline code."""
    return f"``{text}``"


def prose(text: str | None) -> str:
    """A sentence of a docstring: its backticks and `file:PATH` become inline code."""
    told = re.sub(r"(?<![`:])`([^`]+)`(?!`)", r"``\1``", text or "")
    return re.sub(r"(?<![`\w])(file|env):[A-Z]+\b(?!`)", r"``\g<0>``", told)


def summary(thing: Any) -> str:
    """The first paragraph of the docstring of `thing`, on one line."""
    doc = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return prose(" ".join(doc.split()))


def described(thing: Any) -> dict[str, str]:
    """What the `Attributes:` of the docstrings of a class and its bases say."""
    found: dict[str, str] = {}
    for each in reversed(getattr(thing, "__mro__", (thing,))):
        _, _, attributes = inspect.cleandoc(each.__doc__ or "").partition("Attributes:")
        block = re.match(r"(?:\n(?: .*)?)*", attributes)
        named = re.findall(
            r"^    (\w+): (.*(?:\n      +.*)*)", block[0] if block else "", re.MULTILINE
        )
        found |= {name: prose(" ".join(words.split())) for name, words in named}
    return found
