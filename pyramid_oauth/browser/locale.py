"""Locale negotiation for the pages.

OpenID Connect Core section 3.1.2.1 (`ui_locales`).
"""

from __future__ import annotations

from pyramid_oauth.models.language_tags import LANGUAGE_TAG
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings import SETTINGS

MOST_TAGS = 8
"""How many languages of `ui_locales` are considered."""


def language_tags(ui_locales: str | None) -> list[str]:
    """Return the well-formed tags among the first of `ui_locales` (RFC 5646)."""
    requested = (ui_locales or "").split(None, MOST_TAGS)[:MOST_TAGS]
    return [tag for tag in requested if LANGUAGE_TAG.match(tag)]


def choose_language(
    request: ServerRequest, server: Server, ui_locales: str | None
) -> None:
    """Set the locale to the first language of `ui_locales` that the server has.

    A tag matches its shorter forms too: `fr-CA` matches `fr`. Without a match the
    host's own negotiation decides.
    """
    offered = {tag.lower(): tag for tag in server.settings.ui_locales}
    for tag in language_tags(ui_locales):
        parts = tag.lower().split("-")
        for length in range(len(parts), 0, -1):
            language = offered.get("-".join(parts[:length]))
            if language is not None:
                request.locale_name = language.replace("-", "_")
                return


def ensure_locale(request: ServerRequest) -> None:
    """Set the default locale if the request cannot be decoded.

    Pyramid's negotiator reads all parameters and cookies, and fails on bytes that are
    not UTF-8. It would also parse a body that was refused or that no view reads.
    """
    if request.is_body_readable and not _is_read(request):
        request.body = b""
    try:
        request.locale_name  # noqa: B018  (reading it negotiates)
    except (OSError, ValueError, DeprecationWarning):
        # WebOb raises DeprecationWarning for charsets other than UTF-8.
        default = request.registry.settings.get("pyramid.default_locale_name", "en")
        request.locale_name = default


def translate_text(request: ServerRequest, text: str) -> str:
    """Return a text in the visitor's language if it is a TranslationString.

    Call `ensure_locale` first.
    """
    if not hasattr(text, "domain"):
        return text
    translated: str = request.localizer.translate(text)
    return translated


def _is_read(request: ServerRequest) -> bool:
    """Whether the body is in memory and within the limit."""
    limit: int = request.registry[SETTINGS].body_limit
    return bool(request.is_body_seekable) and (request.content_length or 0) <= limit
