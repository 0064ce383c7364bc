"""The text of a challenge, the value of `WWW-Authenticate` (RFC 6750 section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_UNQUOTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def format_challenge(scheme: str, parameters: Mapping[str, str | None]) -> str:
    """Return a challenge, without the parameters that have no value.

    Args:
        scheme: The authentication scheme, such as `Bearer`.
        parameters: The parameters. Characters that a quoted string cannot have are left
            out of their values.
    """
    given = [
        f'{name}="{_UNQUOTABLE.sub("", value)}"'
        for name, value in parameters.items()
        if value
    ]
    return f"{scheme} " + ", ".join(given)
