"""The modules of each floor, with the first sentence of their docstrings."""

from __future__ import annotations

from importlib import import_module

from docs._ext.generated.markup import code, summary, table
from docs._ext.pictures.house import floors
from pyramid_oauth.extensions import EXTENSIONS


def text() -> str:
    """Every module with what it is; the extensions have a table of their own."""
    modules = [_row(name, name) for floor in floors() for name in floor]
    extensions = [_row(name, f"extensions.{name}") for name in EXTENSIONS]
    return "\n\n".join(
        [
            table(("Module", "What it is"), modules, "25 75"),
            table(("Extension", "What it is"), extensions, "25 75"),
        ]
    )


def _row(name: str, path: str) -> tuple[str, str]:
    return code(name), summary(import_module(f"pyramid_oauth.{path}"))
