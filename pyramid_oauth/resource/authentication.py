"""Authenticates the bearer of a request, once, when first asked.

RFC 6750 sections 2 and 3.1; RFC 9110 section 12.5.5 for `Vary`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

from pyramid.request import Request, RequestLocalCache

from pyramid_oauth import clock
from pyramid_oauth.resource.schemes import Place, Presented, find_token
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verifier import InvalidToken, find_verifier
from pyramid_oauth.settings import SETTINGS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the token of a request.

    `place` is None where no token was presented. `error` is the RFC 6750 error code
    of a token that was refused, `reason` why, for the log.
    """

    place: Place | None = None
    identity: TokenIdentity | None = None
    error: str | None = None
    reason: str = ""


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


def _authenticate(request: Request) -> Outcome:
    request.add_response_callback(_vary_by_authorization)
    presented = find_token(request, request.registry[SETTINGS])
    if presented is None:
        return _ABSENT
    if presented.place == "query":
        request.add_response_callback(_keep_private)
    outcome = _verify(request, presented)
    if outcome.error:
        log.info("bearer token refused, %s: %r", outcome.error, outcome.reason)
    return outcome


_outcomes = RequestLocalCache(_authenticate)


def _verify(request: Request, presented: Presented) -> Outcome:
    place = presented.place
    if presented.problem:
        return Outcome(place, error="invalid_request", reason=presented.problem)
    verifier = find_verifier(request.registry)
    try:
        found = verifier(request, presented.token)
    except InvalidToken as invalid:
        return Outcome(place, error="invalid_token", reason=invalid.reason)
    # A verifier may answer from a cache; the expiry it reports holds all the same.
    if found.expires_at is not None and found.expires_at <= clock.now():
        return Outcome(place, error="invalid_token", reason="expired")
    return Outcome(place, found)


def _vary_by_authorization(request: Request, response: Any) -> None:
    said = [value for name, value in response.headerlist if name.lower() == "vary"]
    listed = {name.strip().lower() for value in said for name in value.split(",")}
    if listed.isdisjoint(("authorization", "*")):
        response.headerlist.append(("Vary", "Authorization"))


def _keep_private(request: Request, response: Any) -> None:
    # RFC 6750 section 2.3: the URL is a credential and must not be kept by a proxy.
    response.cache_control.public = None
    response.cache_control.private = True
