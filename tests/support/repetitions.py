"""Parameters of which the quick tests run some, and `make test-all` all.

For one rule that holds for many values, or for what another quick test shows too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

Case = Any
"""What a parametrization takes for one case: a value, a tuple, `pytest.param`."""


def repeat_after(quick: int, cases: Iterable[Case]) -> list[Case]:
    """Mark the cases after the first `quick` ones as `repeated`."""
    listed = list(cases)
    return [*listed[:quick], *map(mark_repeated, listed[quick:])]


def repeat_unless(
    is_quick: Callable[[Any], object], cases: Iterable[Case]
) -> list[Case]:
    """Mark the cases for which `is_quick` is false as `repeated`."""
    return [case if is_quick(case) else mark_repeated(case) for case in cases]


def mark_repeated(case: Case) -> Any:
    """Return one case with the marker; a tuple is the value of a single argument."""
    if hasattr(case, "marks"):
        return pytest.param(
            *case.values, marks=[*case.marks, pytest.mark.repeated], id=case.id
        )
    return pytest.param(case, marks=pytest.mark.repeated)
