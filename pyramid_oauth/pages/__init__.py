"""HTML pages: consent and errors, with their templates and static files."""

from __future__ import annotations

import sys

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.pages.bidirectional_text import BidirectionalText

STATIC = "pyramid_oauth:static/"
TEMPLATES = "pyramid_oauth:templates/"


def includeme(config: Configurator) -> None:
    """Register our own renderer suffix and the static view.

    The host may include pyramid_jinja2 first and configure `.jinja2`; our renderer has
    its own suffix, search path and translation domain.
    """
    config.include("pyramid_jinja2")
    config.add_jinja2_renderer(
        ".oauth",
        settings_prefix="pyramid_oauth_jinja2.",
        package=sys.modules["pyramid_oauth"],
    )
    config.add_jinja2_extension(BidirectionalText, name=".oauth")
    config.add_translation_dirs("pyramid_oauth:locale/")
    config.include("pyramid_oauth.pages.originals")
    config.include("pyramid_oauth.pages.site")
    config.add_static_view("oauth-static", STATIC, cache_max_age=3600)
