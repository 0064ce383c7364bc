"""Authenticates a request by its access token, once, when first asked.

RFC 6750 sections 2 and 3.1; RFC 9110 section 12.5.5 for `Vary`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pyramid.request import Request, RequestLocalCache

from pyramid_oauth import clock
from pyramid_oauth.resource.schemes import (
    HEADER,
    SCHEMES,
    Place,
    Places,
    Presented,
    find_token,
)
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verifier import InvalidToken, find_verifier
from pyramid_oauth.settings import SETTINGS

log = logging.getLogger(__name__)

PLACES = "pyramid_oauth.token_places"
"""Where the registry keeps the places that the settings allow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the token of a request.

    `place` is None where no token was presented. `error` is the error code of a token
    that was refused (RFC 6750 section 3.1, or of an extension), `description` and
    `headers` go with it into the answer; `reason` is why, for the log.
    """

    place: Place | None = None
    identity: TokenIdentity | None = None
    error: str | None = None
    reason: str = ""
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


_ABSENT = Outcome()


def authentication(request: Request) -> Outcome:
    """The outcome for this request; the token is verified at the first call only."""
    return cast(Outcome, _outcomes.get_or_create(request))


def identity(request: Request) -> TokenIdentity | None:
    """Whom the bearer token of the request speaks for.

    None where no token was presented or the one presented was refused.
    """
    return authentication(request).identity


def admit(request: Request) -> None:
    """Note that a view which asks for scopes let the token in."""
    _admitted.set(request, True)


def is_admitted(request: Request) -> bool:
    """Whether the view at work asked for scopes, and the token carries them."""
    return bool(_admitted.get_or_create(request))


_admitted = RequestLocalCache(lambda request: False)


def authenticate(request: Request, places: Places = HEADER) -> Outcome:
    """Verify the token of the request, which may stand in the header and in `places`.

    Every endpoint that takes access tokens calls this. A token is verified once per
    request, however often it is asked for.
    """
    found = presented(request, places)
    if found is None:
        return _ABSENT
    known = _verified.get_or_create(request)
    if found not in known:
        known[found] = _verify(request, found)
    return cast(Outcome, known[found])


def presented(request: Request, places: Places = HEADER) -> Presented | None:
    """The token that the request presents, not judged; None where it presents none.

    For tokens that are no access tokens, such as those of RFC 7592.
    """
    registry = request.registry
    found = find_token(
        request, places, registry[SCHEMES], registry[SETTINGS].body_limit
    )
    request.add_response_callback(_vary_by_authorization)
    if found is not None and found.place == "query":
        request.add_response_callback(_keep_private)
    return found


_verified = RequestLocalCache(lambda request: {})


def _by_settings(request: Request) -> Outcome:
    return authenticate(request, request.registry[PLACES])


_outcomes = RequestLocalCache(_by_settings)


def _verify(request: Request, found: Presented) -> Outcome:
    outcome = _outcome(request, found)
    if outcome.error:
        log.info("access token refused, %s: %r", outcome.error, outcome.reason)
    return outcome


def _outcome(request: Request, found: Presented) -> Outcome:
    place = found.place
    if found.problem:
        return Outcome(place, error="invalid_request", reason=found.problem)
    verifier = find_verifier(request.registry)
    try:
        identity = verifier(request, found.token)
        # A verifier may answer from a cache; the expiry it reports holds all the same.
        if identity.expires_at is not None and identity.expires_at <= clock.now():
            raise InvalidToken("expired")
        request.registry[SCHEMES].confirm(found.scheme, request, identity)
    except InvalidToken as invalid:
        return Outcome(
            place,
            error=invalid.error,
            reason=invalid.reason,
            description=invalid.description,
            headers=invalid.headers,
        )
    return Outcome(place, identity)


def _vary_by_authorization(request: Request, response: Any) -> None:
    said = [value for name, value in response.headerlist if name.lower() == "vary"]
    listed = {name.strip().lower() for value in said for name in value.split(",")}
    if listed.isdisjoint(("authorization", "*")):
        response.headerlist.append(("Vary", "Authorization"))


def _keep_private(request: Request, response: Any) -> None:
    # RFC 6750 section 2.3: the URL is a credential and must not be kept by a proxy.
    response.cache_control.public = None
    response.cache_control.private = True
