"""Stylesheet with the color of the site, readable on light and dark pages.

WCAG 2.2 success criterion 1.4.3 (contrast of 4.5 to 1). The page policy forbids inline
styles, so that the color is a file: its URL changes with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.http.responses import NO_SNIFF
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import Request

ROUTE = "pyramid_oauth.theme"

CONTRAST = 4.6
"""A little more than is demanded, since colors are rounded."""

Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)

BLACK: Color = (0, 0, 0)

LIGHT_PAPER: Color = (255, 255, 255)

DARK_PAPER: Color = (24, 32, 29)
"""As `--paper` in `static/oauth.css`."""


def stylesheet(color: str) -> str:
    """Return the variables of `static/oauth.css` for `#rrggbb`."""
    light = _rules(_parse(color), LIGHT_PAPER, BLACK)
    dark = _rules(_parse(color), DARK_PAPER, WHITE)
    return (
        f":root {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def _rules(color: Color, paper: Color, ink: Color) -> str:
    """Return the variables for pages of the color `paper` with text in `ink`."""
    tint = _mix(paper, color, 0.14)
    # Links and icons appear on both backgrounds.
    accent = _readable(_readable(color, paper, ink), tint, ink)
    variables = {
        "accent": accent,
        "accent-hover": _mix(accent, ink, 0.25),
        "on-accent": max((WHITE, BLACK), key=lambda each: contrast(each, accent)),
        "tint": tint,
        "on-tint": _mix(accent, ink, 0.25),
    }
    return "; ".join(f"--{name}: {_text(each)}" for name, each in variables.items())


def _readable(color: Color, background: Color, ink: Color) -> Color:
    """Return the first mix of `color` with `ink` that is readable on `background`."""
    mixes = (_mix(color, ink, step / 20) for step in range(21))
    return next(each for each in mixes if contrast(each, background) >= CONTRAST)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colors (WCAG 2.2, definition)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(color: Color) -> Iterator[float]:
    for channel in color:
        part = channel / 255
        yield part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _mix(one: Color, other: Color, share: float) -> Color:
    red, green, blue = (
        round(a + (b - a) * share) for a, b in zip(one, other, strict=True)
    )
    return red, green, blue


def _parse(color: str) -> Color:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _text(color: Color) -> str:
    return f"#{bytes(color).hex()}"


def add_theme(config: Configurator, color: str) -> str:
    """Serve the stylesheet; return the version for its URL."""
    body = stylesheet(color).encode("ascii")

    def theme(request: Request) -> Response:
        response = Response(body, content_type="text/css", charset="utf-8")
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers.update([NO_SNIFF])
        return response

    config.add_route(ROUTE, "/oauth-theme.css", request_method="GET")
    config.add_view(theme, route_name=ROUTE, permission=NO_PERMISSION_REQUIRED)
    return sha256_digest(color)[:8]
