"""The directives of the configurator, from those that an application has registered."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator

from docs._ext.generated.application import configured, owner
from docs._ext.generated.markup import section, summary

OPTIONAL = ("pyramid_oauth.fast_session",)
"""What a host includes by itself."""


def directives() -> dict[str, Callable[..., Any]]:
    """Our directives by name; Pyramid keeps them in a table of the registry."""
    optional = Configurator()
    for name in OPTIONAL:
        optional.include(name)
    found = configured().registry._directives | optional.registry._directives
    return {
        name: function
        for name, (function, _) in sorted(found.items())
        if function.__module__.startswith("pyramid_oauth.")
    }


def text() -> str:
    """One section for each module that brings directives, with their docstrings."""
    by_module: dict[str, list[Callable[..., Any]]] = defaultdict(list)
    for function in directives().values():
        by_module[function.__module__].append(function)
    return "\n\n".join(
        section(_title(module), *map(_entry, by_module[module]))
        for module in sorted(by_module, key=lambda module: (owner(module), module))
    )


def _title(module: str) -> str:
    first = summary(sys.modules[module]).split(". ")[0].rstrip(".")
    return first.split(":")[0]


def _entry(function: Callable[..., Any]) -> str:
    return f".. autofunction:: {function.__module__}.{function.__name__}"
