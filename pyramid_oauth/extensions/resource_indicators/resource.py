"""Protected resources that access tokens can be for, and their identifiers.

RFC 8707 section 2, RFC 3986 sections 4.3 and 6.2.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pyramid_oauth.clients.permitted import PermittedClients, is_permitted
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.converters import Lifetime

LONGEST = 1024
"""Characters of an identifier."""

_ABSOLUTE_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})+"
)
"""RFC 3986 section 4.3: without a fragment."""

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Resource:
    """A protected resource that access tokens can be for.

    Attributes:
        identifier: An absolute URI without a fragment: the audience of the tokens.
        name: Its name on the consent page; None: the identifier. A TranslationString is
            translated.
        scopes: The scopes that its tokens can have; None: all, except those of OpenID
            Connect, by which the resource could ask UserInfo.
        lifetime: The greatest lifetime of its tokens, or a callable of the request.
        token_format: The format of its tokens; None: that of the application, else
            the setting `access_token_format`.
        clients: The identifiers of the clients that may ask for it, or a callable
            `(request, application)` that returns whether one may; None: all clients.
        introspected_by: The identifiers of the clients as which the resource itself
            asks the introspection endpoint about its tokens.

    Raises:
        ValueError: A value is malformed.
    """

    identifier: str
    _: KW_ONLY
    name: str | None = None
    scopes: Collection[str] | None = None
    lifetime: Lifetime | None = None
    token_format: str | None = None
    clients: PermittedClients | None = None
    introspected_by: Collection[str] = ()

    def __post_init__(self) -> None:
        normalize(self.identifier)
        for name in ("scopes", "clients", "introspected_by"):
            value: Any = getattr(self, name)
            if isinstance(value, str):
                raise ValueError(f"{name} is text, not a collection: {value!r}")
            if value is not None and not callable(value):
                object.__setattr__(self, name, tuple(dict.fromkeys(value)))
        lifetime: Any = self.lifetime
        if lifetime is not None:
            object.__setattr__(self, "lifetime", to.lifetime(lifetime))

    def is_open_to(self, request: ServerRequest, client: AbstractApplication) -> bool:
        """Whether the client may ask for tokens for this resource."""
        return is_permitted(self.clients, request, client)


def is_identifier(text: str) -> bool:
    """Whether `text` is an absolute URI without a fragment, and not too long."""
    try:
        normalize(text)
    except ValueError:
        return False
    return True


def normalize(identifier: str) -> str:
    """Return the form in which equivalent identifiers are the same text.

    Clients build identifiers with URL libraries, which write the host in lower case and
    an empty path as `/` (RFC 3986 sections 6.2.2.1 and 6.2.3).

    Raises:
        ValueError: It is not an absolute URI without a fragment.
    """
    if len(identifier) > LONGEST or not _ABSOLUTE_URI.fullmatch(identifier):
        raise ValueError(f"{identifier!r} is not an absolute URI without a fragment")
    parts = urlsplit(identifier)
    if parts.scheme not in _DEFAULT_PORTS:
        return identifier
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"{identifier!r} has no host, or user information")
    place = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
    return urlunsplit(parts._replace(netloc=place, path=parts.path or "/"))
