"""The language of the pages, as a request wishes it (OpenID Connect Core 3.1.2.1)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.server import Server


def choose_language(request: Any, server: Server, ui_locales: str | None) -> None:
    """Show the pages in the first wished language that the server has.

    A tag stands for its shorter forms too: `fr-CA` finds `fr`. Where none fits, the
    host's own negotiation decides.
    """
    offered = {tag.lower(): tag for tag in server.settings.ui_locales}
    for tag in (ui_locales or "").lower().split():
        parts = tag.split("-")
        for length in range(len(parts), 0, -1):
            found = offered.get("-".join(parts[:length]))
            if found is not None:
                request.locale_name = found.replace("-", "_")
                return


def settle_locale(request: Any) -> None:
    """Fall back to the default language where the request is no text.

    Pyramid's negotiator reads all parameters and cookies, and fails on bytes that are
    not UTF-8.
    """
    try:
        request.locale_name  # noqa: B018  (reading it negotiates)
    except (OSError, ValueError, DeprecationWarning):
        # The last is what WebOb raises for another charset than UTF-8.
        default = request.registry.settings.get("pyramid.default_locale_name", "en")
        request.locale_name = default
