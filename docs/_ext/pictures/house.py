"""The house: the floors of the package, from the contract that `make lint` checks."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

from docs._ext.pictures.svg import LINE, WIDTH, box, document, fold, write
from pyramid_oauth.extensions import EXTENSIONS

ROOT = Path(__file__).parents[3]
NUMBER = 30
"""The width of the column with the numbers of the floors."""


def floors() -> list[list[str]]:
    """The modules of each floor, from the top; the contract may name some to come."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each["type"] == "layers")
    return [list(filter(_exists, re.findall(r"\w+", layer))) for layer in layers]


def _exists(module: str) -> bool:
    return find_spec(f"pyramid_oauth.{module}") is not None


def draw() -> str:
    """Return the picture of the floors."""
    all_floors = floors()
    y, elements = 2.0, []
    for number, names in zip(range(len(all_floors), 0, -1), all_floors, strict=True):
        is_extensions = names == ["extensions"]
        shown = (
            names if not is_extensions else [f"extensions: {' · '.join(EXTENSIONS)}"]
        )
        lines = fold(" · ".join(shown), WIDTH - NUMBER - 20)
        height = len(lines) * LINE + 12
        kind = "extensions" if is_extensions else "floor"
        elements += [
            box(2, y, WIDTH - 4, height, kind),
            write([str(number)], 18, y + 6 + LINE - 3, "name"),
            write(lines, NUMBER + 10, y + 6 + LINE - 3, "", "start"),
        ]
        y += height + 5
    told = "; ".join(", ".join(names) for names in all_floors)
    return document(
        "The house: imports go down only", f"From the top: {told}.", y, elements
    )
