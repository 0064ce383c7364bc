"""Authentication of a request by its access token, once per request.

RFC 6750 sections 2 and 3.1; RFC 9110 section 12.5.5 for `Vary`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pyramid.response import Response

from pyramid_oauth import clock
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.schemes import (
    HEADER,
    SCHEMES,
    Place,
    Places,
    Presented,
    find_token,
)
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verifier import VERIFIER, InvalidToken
from pyramid_oauth.settings import SETTINGS

log = logging.getLogger(__name__)

PLACES = "pyramid_oauth.token_places"
"""Registry key of the places that the settings allow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of authentication by access token.

    Attributes:
        place: Where the token was sent; None without a token.
        identity: The identity of a valid token.
        error: The error code of a refused token (RFC 6750 section 3.1 or an extension).
        reason: Why it was refused, for the log.
        description: The `error_description` of the response.
        headers: Headers of the response.
    """

    place: Place | None = None
    identity: TokenIdentity | None = None
    error: str | None = None
    reason: str = ""
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


_ABSENT = Outcome()


class _State:
    """The state of authentication of one request.

    Attributes:
        moment: The time at which a token of the request is judged.
        outcome: The outcome at the places that the settings allow.
        verified: The outcome of each token.
        is_admitted: Whether a view with `oauth_scopes` accepted the token.
    """

    __slots__ = ("is_admitted", "moment", "outcome", "verified")

    def __init__(self) -> None:
        self.moment: datetime | None = None
        self.outcome: Outcome | None = None
        self.verified: dict[Presented, Outcome] = {}
        self.is_admitted = False


_STATE = "_pyramid_oauth_authentication"


def _state(request: Request) -> _State:
    # Not a RequestLocalCache, whose weak references cost as much as the look-up of the
    # token in memory; and not in the environ, which a copy of the request shares.
    attributes = request.__dict__
    state: _State | None = attributes.get(_STATE)
    if state is None:
        state = attributes[_STATE] = _State()
    return state


def moment(request: Request) -> datetime:
    """Return the time at which the token of this request is judged, read once."""
    state = _state(request)
    if state.moment is None:
        state.moment = clock.now()
    return state.moment


def authentication(request: Request) -> Outcome:
    """Return the outcome for this request; the first call verifies the token."""
    known = _state(request)
    if known.outcome is None:
        known.outcome = authenticate(request, request.registry[PLACES])
    return known.outcome


def identity(request: Request) -> TokenIdentity | None:
    """Return the identity of the request's access token.

    None if the request has no token or its token is refused.
    """
    return authentication(request).identity


def admit(request: Request) -> None:
    """Record that a view with `oauth_scopes` accepted the token."""
    _state(request).is_admitted = True


def is_admitted(request: Request) -> bool:
    """Whether the current view has `oauth_scopes` and the token carries them."""
    return _state(request).is_admitted


def authenticate(request: Request, places: Places = HEADER) -> Outcome:
    """Verify the access token of the request; every protected endpoint calls this.

    A token is verified once per request, however often this is called.

    Args:
        request: The Pyramid request.
        places: Where a token is accepted beside the Authorization header.

    Returns:
        The outcome; one with `place=None` if there is no token.
    """
    token = presented(request, places)
    if token is None:
        return _ABSENT
    verified = _state(request).verified
    outcome = verified.get(token)
    if outcome is None:
        outcome = verified[token] = _verify(request, token)
    return outcome


def presented(request: Request, places: Places = HEADER) -> Presented | None:
    """Return the token of the request without verifying it; None if there is none.

    For tokens other than access tokens, such as those of RFC 7592.

    Args:
        request: The Pyramid request.
        places: Where a token is accepted beside the Authorization header.
    """
    registry = request.registry
    token = find_token(
        request, places, registry[SCHEMES], registry[SETTINGS].body_limit
    )
    request.add_response_callback(_add_vary)
    if token is not None and token.place == "query":
        request.add_response_callback(_set_private)
    return token


def _verify(request: Request, token: Presented) -> Outcome:
    outcome = _outcome(request, token)
    if outcome.error:
        log.info("access token refused, %s: %r", outcome.error, outcome.reason)
    return outcome


def _outcome(request: Request, token: Presented) -> Outcome:
    place = token.place
    if token.problem:
        return Outcome(place, error="invalid_request", reason=token.problem)
    registry = request.registry
    try:
        identity = registry[VERIFIER](request, token.token)
        # A verifier may return a cached identity, whose expiry must still be checked.
        if identity.expires_at is not None and identity.expires_at <= moment(request):
            raise InvalidToken("expired")
        registry[SCHEMES].confirm(token.scheme, request, identity)
    except InvalidToken as invalid:
        return Outcome(
            place,
            error=invalid.error,
            reason=invalid.reason,
            description=invalid.description,
            headers=invalid.headers,
        )
    return Outcome(place, identity)


def _add_vary(request: Request, response: Response) -> None:
    for name, value in response.headerlist:
        if name.lower() == "vary":
            listed = {each.strip() for each in value.lower().split(",")}
            if not listed.isdisjoint(("authorization", "*")):
                return
    response.headerlist.append(("Vary", "Authorization"))


def _set_private(request: Request, response: Response) -> None:
    # RFC 6750 section 2.3: the URL is a credential and must not be kept by a proxy.
    response.cache_control.public = None
    response.cache_control.private = True
