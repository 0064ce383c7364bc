"""How many examples the property tests try."""

from __future__ import annotations

import os

VARIABLE = "PYRAMID_OAUTH_TEST_EXAMPLES"


def at_most(count: int) -> int:
    """`count`, or what the environment allows: `make test` tries few examples."""
    return min(count, int(os.environ.get(VARIABLE) or count))
