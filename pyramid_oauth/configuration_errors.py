"""Errors and warnings of the configuration, for processes without oauthlib too.

No specification. `pyramid_oauth.errors` has the public names.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pyramid.exceptions import ConfigurationError

__all__ = ["ConfigurationError", "InsecureSettingWarning", "did_you_mean"]


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return a suggestion for an unknown `name`, to end a message; else empty."""
    similar = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {prefix}{similar[0]}?" if similar else ""


class InsecureSettingWarning(UserWarning):
    """A setting weakens the security of the server (RFC 9700)."""
