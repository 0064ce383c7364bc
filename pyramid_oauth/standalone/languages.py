"""The language of a page: what the browser prefers of what the server has.

RFC 9110 section 12.5.4 (Accept-Language), RFC 4647 section 3.4 (`de-AT` finds `de`).
"""

from __future__ import annotations

from typing import Any


def negotiated(request: Any) -> str:
    """One of the languages in `pyramid_oauth.ui_locales`; the first where none fits."""
    offered = request.oauth.settings.ui_locales or ("en",)
    found: str = request.accept_language.lookup(offered, default=offered[0])
    return found.replace("-", "_")
