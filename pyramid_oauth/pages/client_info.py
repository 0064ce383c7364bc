"""Client metadata for display, in the visitor's language (RFC 7591 section 2.2).

The values are the client's own statements: pages show and link them, and no decision
depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyramid_oauth.models import AbstractApplication, redirect_uris
from pyramid_oauth.server import Server

MAX_NAME = 60
"""Characters of a name on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """Name of a client, and the URLs of its logo, home page, policy and terms."""

    name: str
    logo: str | None = None
    home: str | None = None
    policy: str | None = None
    tos: str | None = None

    @classmethod
    def of(cls, application: AbstractApplication, locale: str) -> ClientInfo:
        """Return the metadata of `application` that may be shown."""
        metadata: Mapping[str, Any] = application.declared_members

        def member(name: str, plain: str | None = None) -> str | None:
            return _in_language(metadata, name, locale) or metadata.get(name) or plain

        logo = member("logo_uri")
        return cls(
            name=_clamp(
                member("client_name", application.name) or application.client_id
            ),
            logo=logo if _may_be_loaded(logo) else None,
            home=_link(member("client_uri")),
            policy=_link(member("policy_uri")),
            tos=_link(member("tos_uri")),
        )


def show_client(
    server: Server, application: AbstractApplication, locale: str
) -> ClientInfo:
    """Return what a page shows of `application`, with the URL that its logo has there.

    See `config.set_oauth_client_logo_url`.
    """
    client, address = ClientInfo.of(application, locale), server.client_logo_url
    if address is None or client.logo is None:
        return client
    return replace(client, logo=address(server, client.logo))


def _clamp(name: str) -> str:
    """Return the name, shortened so that the rest of the page stays in view."""
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1].rstrip()}…"


def _in_language(metadata: Mapping[str, Any], name: str, locale: str) -> str | None:
    """Return the variant for the locale, or for its language; ignore case."""
    wanted = locale.replace("_", "-").lower()
    variants = {
        tag.lower(): value
        for base, mark, tag in (key.partition("#") for key in metadata)
        if mark and base == name and isinstance(value := metadata[f"{base}#{tag}"], str)
    }
    return variants.get(wanted) or variants.get(wanted.partition("-")[0])


def _link(url: str | None) -> str | None:
    """Return `url` if it is a web URL; a stored application may be unvalidated."""
    web = isinstance(url, str) and url.startswith(("https://", "http://"))
    return url if web else None


def _may_be_loaded(url: str | None) -> bool:
    """Whether pages may load the image: over https, or from the local machine."""
    if _link(url) is None:
        return False
    # Its origin is added to the Content Security Policy and must contain nothing else.
    parts = redirect_uris.split((url or "").partition("#")[0])
    if parts is None or not redirect_uris.is_host(parts) or "@" in parts.netloc:
        return False
    local = redirect_uris.is_loopback(
        parts.hostname, redirect_uris.Rules(localhost=True)
    )
    return parts.scheme == "https" or local
