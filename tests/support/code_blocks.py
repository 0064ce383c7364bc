"""Code blocks of the documentation, with the comment that says how to run them.

A block of a page is a `code-block` or `literalinclude` of reStructuredText, or a fence
of Markdown. The comment before it, `.. run: WAY` or `.. not run: REASON`, is its mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

DIRECTIVE = re.compile(r"( *)\.\. (code-block|literalinclude):: *(\S*)$")
FENCE = re.compile(r"( *)```(\w*)$")
MARK = re.compile(r" *(?:\.\.|<!--) (run|not run): (.+?)(?: -->)?$")


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        page: The file it stands in.
        line: The line of its directive, from 1.
        language: What the directive names; the path of an included file.
        text: The code without indentation; empty for an included file.
        mark: "run" or "not run"; empty without a mark.
        words: What the mark says: how it is run, or why not.
        is_included: Whether it shows a file.
    """

    page: Path
    line: int
    language: str
    text: str
    mark: str
    words: str
    is_included: bool = False

    def __str__(self) -> str:
        return f"{self.page.parent.name}/{self.page.name}:{self.line}"


def find_blocks(page: Path) -> list[Block]:
    """Return the code blocks of `page`, in their order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [*(_fenced if page.suffix == ".md" else _directives)(page, lines)]


def find_unlabelled_literals(page: Path) -> list[int]:
    """Return the lines of literal blocks that name no language (`::`)."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [
        number
        for number, line in enumerate(lines, 1)
        if line.endswith("::") and not line.lstrip().startswith("..")
    ]


def _directives(page: Path, lines: list[str]) -> Iterator[Block]:
    for number, line in enumerate(lines):
        if directive_match := DIRECTIVE.match(line):
            indent, directive, argument = directive_match.groups()
            text = _body(lines[number + 1 :], len(indent))
            mark, words = _mark(lines[:number])
            is_included = directive == "literalinclude"
            text = "" if is_included else text
            yield Block(page, number + 1, argument, text, mark, words, is_included)


def _body(lines: list[str], indent: int) -> str:
    """Return the indented lines at the start, without the options of the directive."""
    body = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        body.append(line)
    while body and re.match(r" *:\w[\w-]*:", body[0]):
        del body[0]
    return dedent("\n".join(body)).strip("\n") + "\n"


def _mark(before: list[str]) -> tuple[str, str]:
    """Return the mark that ends the lines `before` a block."""
    while before and not before[-1].strip():
        before = before[:-1]
    mark_match = MARK.match(before[-1]) if before else None
    return (mark_match[1], mark_match[2]) if mark_match else ("", "")


def _fenced(page: Path, lines: list[str]) -> Iterator[Block]:
    start = None
    for number, line in enumerate(lines):
        fence_match = FENCE.match(line)
        if fence_match and start is None:
            start, language = number, fence_match[2]
        elif fence_match and start is not None:
            text = dedent("\n".join(lines[start + 1 : number])) + "\n"
            yield Block(page, start + 1, language, text, *_mark(lines[:start]))
            start = None
