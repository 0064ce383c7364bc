"""Page rendering under a strict Content Security Policy (CSP Level 3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.renderers import render
from pyramid.response import Response

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.pages import STATIC, TEMPLATES
from pyramid_oauth.pages.site import SHOWN_SITE, show_site
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.settings import SETTINGS

ANYWHERE = "*"
"""Stands for a redirect URI that is not known yet."""

LOOPBACK = ("localhost", "127.0.0.1")
"""Names of this machine; a policy cannot contain IPv6 addresses (CSP section 2.3.1)."""

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": it makes browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
}


def page(
    request: ServerRequest,
    template: str,
    values: dict[str, Any],
    status: int = 200,
    leads_to: str | None = None,
    scripts: bool = False,
    connections: bool = False,
    frames: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
) -> Response:
    """Render a page with its security headers; it is never cached.

    Args:
        template: the name of a template of ours, or an asset specification
            ("package:folder/name.oauth").
        leads_to: the redirect URI of the client that the page's form leads to;
            `ANYWHERE` where it is not known, None if it leads to no client.
        scripts: whether script files of this origin may run; inline code never may.
        connections: whether scripts may send requests to this origin.
        frames: the origins whose pages may be loaded into frames of the page.
        images: the origins whose pictures may be loaded.
    """
    ensure_locale(request)
    values["site"] = request.registry[SHOWN_SITE] or show_site(request)
    values["stylesheet"] = request.static_path(f"{STATIC}oauth.css")
    asset = template if ":" in template else f"{TEMPLATES}{template}.oauth"
    text = render(asset, values, request)
    response = Response(text, status=status, content_type="text/html", charset="utf-8")
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = content_security_policy(
        form_action=_form_action(request, leads_to),
        scripts=scripts,
        connections=connections,
        frames=frames,
        images=images,
    )
    return response


def content_security_policy(
    *,
    form_action: str,
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
        "img-src": " ".join(dict.fromkeys(("'self'", "data:", *images))),
        "form-action": form_action,
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items() if value)


def _form_action(request: ServerRequest, leads_to: str | None) -> str:
    """Return the sources of `form-action`; "" for no such directive.

    Chromium applies it to every redirect after a form, also to those of the client. So
    it allows the client's redirect URI and every https URL; the setting
    `form_targets` adds what else clients redirect to.
    """
    if leads_to is None:
        return "'self'"
    if leads_to == ANYWHERE:
        return ""
    further = request.registry[SETTINGS].form_targets
    return " ".join(("'self'", "https:", *_sources(leads_to), *further))


def _sources(uri: str) -> tuple[str, ...]:
    """Return the source expressions of a redirect URI and of where it may lead."""
    parts = urlsplit(uri)
    if parts.scheme == "https":
        return ()
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return tuple(f"http://{name}:*" for name in LOOPBACK)
    return (f"{parts.scheme}:",)


def target(uri: str) -> str:
    """Return the CSP source expression of a client's URL: its origin, or its scheme.

    That of a path is this origin.
    """
    if uri.startswith("/"):
        return "'self'"
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"
