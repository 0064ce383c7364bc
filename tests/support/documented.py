"""The examples of the documentation, as modules."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


def example(name: str) -> ModuleType:
    """Execute an example anew."""
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def login_sessions() -> ModuleType:
    """The site that stores its login sessions, executed once for all hosts."""
    return example("login_sessions")
