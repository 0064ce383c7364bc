"""Rendering a page under a strict policy: nothing inline, nothing framed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.renderers import render
from pyramid.response import Response

from pyramid_oauth.browser.locale import settle_locale
from pyramid_oauth.pages import STATIC

POLICY = (
    "default-src 'none'; {scripts}{frames}style-src 'self'; "
    "img-src 'self' data:{images}; {forms}frame-ancestors 'none'; base-uri 'none'"
)


def page(
    request: Any,
    template: str,
    values: dict[str, Any],
    status: int = 200,
    leads_away: bool = False,
    scripts: bool = False,
    frames: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
) -> Response:
    """Render `template`; `leads_away` where the answer to its form is at a client.

    Chromium holds every redirect after a form against `form-action`, those of the
    client too, whose ways nobody here can list; so such a page has no such directive.
    `scripts` allows script files of this origin, never inline code; `frames` are the
    origins whose pages may be loaded into frames of ours, `images` those of pictures.
    """
    settle_locale(request)
    values["stylesheet"] = request.static_path(f"{STATIC}oauth.css")
    text = render(f"pyramid_oauth:templates/{template}.oauth", values, request)
    policy = POLICY.format(
        scripts="script-src 'self'; " if scripts else "",
        frames=f"frame-src {' '.join(frames)}; " if frames else "",
        forms="" if leads_away else "form-action 'self'; ",
        images="".join(f" {image}" for image in images),
    )
    response = Response(text, status=status, content_type="text/html", charset="utf-8")
    response.headers.update(
        {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
    )
    return response


def target(uri: str) -> str:
    """The source expression for a client's URL: its origin, or its scheme."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"
