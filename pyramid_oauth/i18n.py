"""The translation domain of the pages; wire texts stay English (RFC 6749 5.2)."""

from __future__ import annotations

from pyramid.i18n import TranslationStringFactory

_ = TranslationStringFactory("pyramid_oauth")
