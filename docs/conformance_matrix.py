"""Writes what the tests cover into docs/reference/conformance.rst, from their marks.

`python -m docs.conformance_matrix` after adding a mark; `--check` fails where the page
is out of date. The marks are read from the source, so nothing has to be importable.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/conformance.rst"
TITLES = ROOT / "docs/section_titles.toml"
PLANS = ROOT / "tests/oidf/plans.toml"


@dataclass(frozen=True)
class Covered:
    """One mark (`spec` or `module`) with its words, at one test."""

    mark: str
    words: tuple[str, ...]
    test: str
    file: str


@cache
def covered(folder: Path = ROOT / "tests") -> tuple[Covered, ...]:
    """Every `spec` and `module` mark under `folder`, in the order of files."""
    found: list[Covered] = []
    for path in sorted(folder.rglob("test_*.py")):
        if "node_modules" not in path.parts:
            found += _in_module(path, path.relative_to(ROOT).as_posix())
    # Some hundred trees, which the garbage collector would look through.
    _parsed.cache_clear()
    _named.cache_clear()
    return tuple(found)


def _in_module(path: Path, file: str) -> Iterator[Covered]:
    tree, named = _parsed(path), _named(path)
    shared = [named["pytestmark"]] if "pytestmark" in named else []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for marker in [*shared, *node.decorator_list]:
                for mark, words in _marks(marker, named):
                    yield Covered(mark, words, _readable(node.name), file)


@cache
def _named(path: Path) -> dict[str, ast.expr]:
    """What the module assigns to names, or imports from another one of the tests."""
    found: dict[str, ast.expr] = {}
    for node in _parsed(path).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = node.value
        elif isinstance(node, ast.ImportFrom) and _is_test(node.module):
            theirs = _named(_file(node.module))
            names = {alias.name for alias in node.names}
            found |= {name: at for name, at in theirs.items() if name in names}
    return found


def _is_test(module: str | None) -> bool:
    return bool(module and module.startswith("tests.") and _file(module).is_file())


def _file(module: str | None) -> Path:
    return ROOT / f"{(module or '').replace('.', '/')}.py"


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _marks(
    node: ast.expr, named: dict[str, ast.expr]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in named:
            others = {name: at for name, at in named.items() if name != part.id}
            yield from _marks(named[part.id], others)
        if isinstance(part, ast.Call) and _called(part) in ("spec", "module"):
            yield _called(part), tuple(_word(word, named) for word in part.args)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _word(node: ast.expr, named: dict[str, ast.expr]) -> str:
    if isinstance(node, ast.Name):
        node = named[node.id]
    return str(ast.literal_eval(node))


def _readable(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def specifications(marks: Sequence[Covered]) -> str:
    """One table for each specification: section, title, tests."""
    titles = tomllib.loads(TITLES.read_text(encoding="utf-8"))
    tests: dict[str, dict[str, list[Covered]]] = defaultdict(lambda: defaultdict(list))
    for mark in marks:
        if mark.mark == "spec":
            specification, section = mark.words
            tests[specification][section].append(mark)
    return "\n\n".join(
        _specification(name, tests[name], titles.get(name, {}))
        for name in sorted(tests, key=_natural)
    )


def _specification(
    name: str, sections: dict[str, list[Covered]], titles: dict[str, str]
) -> str:
    rows = [
        [section, titles.get(section, ""), *sections[section]]
        for section in sorted(sections, key=_natural)
    ]
    return _table(name, "10 30 60", ["Section", "Title", "Covered by"], rows)


def modules(marks: Sequence[Covered]) -> str:
    """One table for each plan of the conformance suite: module, tests."""
    plans = tomllib.loads(PLANS.read_text(encoding="utf-8"))
    tests: dict[str, list[Covered]] = defaultdict(list)
    for mark in marks:
        if mark.mark == "module":
            for name in mark.words:
                tests[name].append(mark)
    return "\n\n".join(
        _table(
            plan,
            "40 60",
            ["Module", "Test"],
            [[f"``{name}``", *(tests[name] or ["none"])] for name in names],
        )
        for plan, names in plans.items()
    )


def _table(
    title: str, widths: str, head: list[str], rows: list[list[str | Covered]]
) -> str:
    """A section with one table; in a row, all tests stand in the last cell."""
    lines = [title, "~" * len(title), "", ".. list-table::", f"   :widths: {widths}"]
    lines += ["   :header-rows: 1", "   :class: tests", ""]
    for row in (head, *rows):
        words = [cell for cell in row if isinstance(cell, str)]
        tests = [f"| {_test(cell)}" for cell in row if isinstance(cell, Covered)]
        cells = [*words, *(["\n       ".join(tests)] if tests else [])]
        lines += [
            f"   {'* -' if number == 0 else '  -'} {cell}".rstrip()
            for number, cell in enumerate(cells)
        ]
    return "\n".join(lines)


def _test(mark: Covered) -> str:
    return f"{mark.test} (``{mark.file.removeprefix('tests/')}``)"


def _natural(text: str) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() else (0, part)
        for part in re.split(r"(\d+)", text)
    ]


PARTS: dict[str, Callable[[Sequence[Covered]], str]] = {
    "specifications": specifications,
    "modules": modules,
}


def page(text: str, marks: Sequence[Covered]) -> str:
    """`text` with each generated part made anew."""
    for name, make in PARTS.items():
        begin, end = f".. begin {name}\n", f".. end {name}\n"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{PAGE}: no place for {name}")
        text = f"{before}{begin}\n{make(marks)}\n\n{end}{after}"
    return text


def main(arguments: list[str]) -> int:
    """Write the page; with `--check` only say whether it is up to date."""
    text = PAGE.read_text(encoding="utf-8")
    made = page(text, covered())
    if "--check" in arguments:
        if made != text:
            print(f"{PAGE.name} is out of date: run `make matrix`")
        return int(made != text)
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
