"""Authentication schemes for access tokens, and extraction of the token from a request.

RFC 6750 section 2: the header always, form body and query only if enabled, and only one
of them per request. RFC 9110 section 11.1 for schemes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import parse_qsl

from pyramid_oauth.interfaces.request import AnyRequest, Request
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify import InvalidToken

Place = Literal["header", "body", "query"]

SCHEMES = "pyramid_oauth.token_schemes"

BEARER = "bearer"

LONGEST_TOKEN = 8192
"""Characters; common servers reject longer header fields before us."""

_CREDENTIALS = re.compile(r" +(.*)", re.DOTALL)

_SCHEME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)

_B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

_FORM = "application/x-www-form-urlencoded"


class Scheme(Protocol):
    """An authentication scheme for access tokens in the Authorization header.

    Attributes:
        name: The name of the scheme, such as `Bearer` or `DPoP`.
    """

    name: str

    def confirm(self, request: AnyRequest, identity: TokenIdentity, token: str) -> None:
        """Verify how the token was presented; raise InvalidToken if wrong."""

    def challenge(self, request: AnyRequest, error: str | None) -> Mapping[str, str]:
        """Return the parameters that the scheme adds to its challenge."""


class Bearer:
    """The Bearer scheme: possession of the token suffices (RFC 6750)."""

    name = "Bearer"

    def confirm(self, request: AnyRequest, identity: TokenIdentity, token: str) -> None:
        """Refuse a token of another registered scheme (RFC 9449 section 7.2)."""
        kind = identity.token_type.lower()
        if kind != BEARER and kind in request.registry[SCHEMES].by_name:
            raise InvalidToken(f"a {identity.token_type} token presented as Bearer")

    def challenge(self, request: AnyRequest, error: str | None) -> Mapping[str, str]:
        """Return no further parameters."""
        return {}


Confirmation = Callable[[Any, Any], bool]
"""Whether the request proves possession for a member of `cnf` (RFC 7800)."""


@dataclass
class Schemes:
    """Registered schemes by lower-case name, and checks of confirmations."""

    by_name: dict[str, Scheme] = field(default_factory=dict)
    confirmations: dict[str, Confirmation] = field(default_factory=dict)

    def confirm(
        self, presented: Presented, request: Request, identity: TokenIdentity
    ) -> None:
        """Raise InvalidToken if the sender may not use the token in this way.

        A confirmation member without a registered check is refused.
        """
        self.by_name[presented.scheme].confirm(request, identity, presented.token)
        for member, value in identity.confirmation.items():
            check = self.confirmations.get(member)
            if check is None or not check(request, value):
                raise InvalidToken(f"the confirmation {member!r} is not proven")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a token is accepted beside the Authorization header."""

    body: bool = False
    query: bool = False


HEADER = Places()
"""Only the Authorization header."""


class Presented(NamedTuple):
    """A token as the request presents it, or the error in its presentation."""

    place: Place
    token: str = ""
    problem: str | None = None
    scheme: str = BEARER

    def __repr__(self) -> str:
        return f"<Presented {self.scheme} in the {self.place}: {self.problem or 'ok'}>"


def is_scheme_name(name: str) -> bool:
    """Whether `name` is an authentication scheme (RFC 9110 section 11.1)."""
    return _SCHEME.fullmatch(name) is not None


def find_token(
    request: Request, places: Places, schemes: Schemes, body_limit: int
) -> Presented | None:
    """Return the access token that the request presents; None without one."""
    header = _in_header(request, schemes)
    presented = [] if header is None else [header]
    if places.body:
        presented += _in_body(request, body_limit)
    if places.query:
        presented += _in_query(request)
    if len(presented) > 1:
        return Presented(
            presented[0].place,
            problem="more than one access token",
            scheme=presented[0].scheme,
        )
    return _check_presentation(presented[0]) if presented else None


def _check_presentation(found: Presented) -> Presented:
    if found.problem:
        return found
    if len(found.token) > LONGEST_TOKEN:
        return found._replace(token="", problem="the access token is too long")
    if not _B64TOKEN.fullmatch(found.token):
        return found._replace(token="", problem="the access token is malformed")
    return found


def _in_header(request: Request, schemes: Schemes) -> Presented | None:
    # Servers join repeated header lines with a comma, which no token may contain, so
    # that two Authorization headers are one malformed one here.
    value = request.environ.get("HTTP_AUTHORIZATION", "").strip(" \t")
    name = _SCHEME.match(value)
    scheme = name[0].lower() if name else ""
    if scheme not in schemes.by_name:
        return None
    credentials = _CREDENTIALS.fullmatch(value, len(scheme))
    return Presented("header", credentials[1] if credentials else "", None, scheme)


def _in_body(request: Request, limit: int) -> Iterator[Presented]:
    if request.method in ("GET", "HEAD") or _media_type(request) != _FORM:
        return
    if not 0 < (request.content_length or 0) <= limit:
        return
    try:
        body = request.body
    except OSError:
        yield Presented("body", problem="the body ended early")
        return
    problem = None if body.isascii() else "the form body is not ASCII"
    for token in _parameters(body.decode("latin-1")):
        yield Presented("body", token, problem)


def _in_query(request: Request) -> Iterator[Presented]:
    for token in _parameters(request.environ.get("QUERY_STRING", "")):
        yield Presented("query", token)


def _media_type(request: Request) -> str:
    kind: str = request.environ.get("CONTENT_TYPE", "")
    return kind.partition(";")[0].strip().lower()


def _parameters(text: str) -> list[str]:
    pairs = parse_qsl(text, keep_blank_values=True)
    return [value for name, value in pairs if name == "access_token"]
