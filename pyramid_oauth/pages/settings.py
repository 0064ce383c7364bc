"""Settings of the look of our pages: the site's name, logo, color and stylesheet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to

_ASSET = re.compile(r"[A-Za-z_][\w.]*:[\w-][\w./-]*")

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def _optional_file(value: object) -> str | None:
    """Convert an asset specification or a path of this site.

    Another origin would have to be allowed in the policy of every page.
    """
    text = to.optional_text(value)
    if text is None or _ASSET.fullmatch(text):
        return text
    if not text.startswith("/") or text.startswith("//") or not text.isprintable():
        raise ValueError(
            f"{text!r} is neither a path of this site nor an asset specification "
            "(package:folder/file)"
        )
    return text


def _optional_url(value: object) -> str | None:
    text = to.optional_text(value)
    if text is not None and not text.startswith(("https://", "http://", "/")):
        raise ValueError(f"{text!r} is neither an http URL nor a path")
    return text


def _optional_color(value: object) -> str | None:
    text = to.optional_text(value)
    if text is not None and not _COLOR.fullmatch(text):
        raise ValueError(f"{text!r} is not a color like #0a6253")
    return text


@dataclass(frozen=True, kw_only=True)
class PagesSettings(Section):
    """How our pages show the site that they belong to, and which page replaces ours."""

    consent_url: str | None = setting(
        _optional_url,
        None,
        "Your own consent page, a path of this site; the path of the request, which "
        "answers and takes JSON, is in the query parameter `request`.",
    )
    site_name: str | None = setting(
        to.optional_text, None, "The name of your site, on top of every page of ours."
    )
    site_url: str | None = setting(
        _optional_url,
        None,
        "Your start page: the name leads there, and so do error pages and the page "
        "after a logout.",
    )
    site_logo: str | None = setting(
        _optional_file,
        None,
        "The logo of your site beside its name: a path of this site or an asset "
        "specification (`package:folder/file`), which is a static view of yours.",
    )
    site_color: str | None = setting(
        _optional_color,
        None,
        "The color of buttons and links, such as `#0a6253`; it is made darker or "
        "lighter where text would be hard to read (WCAG 2.2, 1.4.3).",
    )
    site_stylesheet: str | None = setting(
        _optional_file,
        None,
        "A stylesheet of yours that every page of ours loads after its own, given like "
        "`site_logo`.",
    )
