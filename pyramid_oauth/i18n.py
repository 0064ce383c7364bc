"""Translation domain of the HTML pages.

Protocol messages stay English (RFC 6749 section 5.2).
"""

from __future__ import annotations

from pyramid.i18n import TranslationStringFactory

_ = TranslationStringFactory("pyramid_oauth")
