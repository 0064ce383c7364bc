"""Page rendering under a strict Content Security Policy (CSP Level 3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.renderers import render
from pyramid.response import Response

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.pages import STATIC, TEMPLATES

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": it makes browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
}


def page(
    request: Any,
    template: str,
    values: dict[str, Any],
    status: int = 200,
    leads_away: bool = False,
    scripts: bool = False,
    connections: bool = False,
    frames: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
) -> Response:
    """Render a page with its security headers; it is never cached.

    Args:
        template: the name of a template of ours, or an asset specification
            ("package:folder/name.oauth").
        leads_away: whether the page's form leads to a client. Chromium applies
            `form-action` to every redirect after a form, those of the client too,
            which the server cannot list; so such a page has no such directive.
        scripts: whether script files of this origin may run; inline code never may.
        connections: whether scripts may send requests to this origin.
        frames: the origins whose pages may be loaded into frames of the page.
        images: the origins whose pictures may be loaded.
    """
    ensure_locale(request)
    values["stylesheet"] = request.static_path(f"{STATIC}oauth.css")
    asset = template if ":" in template else f"{TEMPLATES}{template}.oauth"
    text = render(asset, values, request)
    response = Response(text, status=status, content_type="text/html", charset="utf-8")
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = content_security_policy(
        leads_away=leads_away,
        scripts=scripts,
        connections=connections,
        frames=frames,
        images=images,
    )
    return response


def content_security_policy(
    *,
    leads_away: bool,
    scripts: bool,
    connections: bool,
    frames: tuple[str, ...],
    images: tuple[str, ...],
) -> str:
    """Return a policy that allows what `page` names, nothing inline and no framing."""
    sources = {
        "default-src": "'none'",
        "script-src": "'self'" if scripts else "",
        "connect-src": "'self'" if connections else "",
        "frame-src": " ".join(frames),
        "style-src": "'self'",
        "img-src": " ".join(("'self'", "data:", *images)),
        "form-action": "" if leads_away else "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items() if value)


def target(uri: str) -> str:
    """Return the CSP source expression of a client's URL: its origin, or its scheme."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"
