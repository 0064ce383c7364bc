"""Authentication of a request by its access token, once per request.

RFC 6750 sections 2 and 3.1; RFC 9728 for the audience; RFC 9110 section 12.5.5 for
`Vary`.
"""

from __future__ import annotations

import logging
from datetime import datetime

from pyramid.httpexceptions import HTTPServiceUnavailable
from pyramid.response import Response

from pyramid_oauth import clock
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.outcome import UNAVAILABLE, Outcome
from pyramid_oauth.resource.protected_resource import (
    PROTECTED_RESOURCES,
    ProtectedResource,
)
from pyramid_oauth.resource.schemes import (
    HEADER,
    SCHEMES,
    Places,
    Presented,
    find_token,
)
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verifier import VERIFIER
from pyramid_oauth.resource.verify import InvalidToken, VerifierUnavailable
from pyramid_oauth.settings import SETTINGS

log = logging.getLogger(__name__)

PLACES = "pyramid_oauth.token_places"
"""Registry key of the places that the settings allow."""


_ABSENT = Outcome()


class _State:
    """The state of authentication of one request.

    Attributes:
        moment: The time at which a token of the request is judged.
        outcome: The outcome at the places that the settings allow.
        verified: The outcome of each token.
        identities: What the verifier returned for each token.
        confirmed: The tokens whose presentation was judged, right or wrong.
        resources: The protected resources of the request, once they are known.
        is_admitted: Whether a view with `oauth_scopes` accepted the token.
    """

    __slots__ = (
        "confirmed",
        "identities",
        "is_admitted",
        "moment",
        "outcome",
        "resources",
        "verified",
    )

    def __init__(self) -> None:
        self.moment: datetime | None = None
        self.outcome: Outcome | None = None
        self.verified: dict[Presented, Outcome] = {}
        self.identities: dict[Presented, TokenIdentity] = {}
        self.confirmed: set[Presented] = set()
        self.resources: tuple[ProtectedResource, ...] | None = None
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


def known_authentication(request: Request) -> Outcome:
    """Return the outcome for this request, for callers that answer with no response.

    Raises:
        HTTPServiceUnavailable: The token cannot be verified now: the request has
            neither an identity nor none.
    """
    outcome = authentication(request)
    if outcome.error == UNAVAILABLE:
        raise HTTPServiceUnavailable(headers=list(outcome.headers.items()))
    return outcome


def identity(request: Request) -> TokenIdentity | None:
    """Return the identity of the request's access token.

    None if the request has no token or its token is refused.

    Raises:
        HTTPServiceUnavailable: The verifier could not decide.
    """
    return known_authentication(request).identity


def admit(request: Request) -> None:
    """Record that a view with `oauth_scopes` accepted the token."""
    _state(request).is_admitted = True


def is_admitted(request: Request) -> bool:
    """Whether the current view has `oauth_scopes` and the token carries them."""
    return _state(request).is_admitted


def protected_resources(request: Request) -> tuple[ProtectedResource, ...]:
    """Return the protected resources to which the request belongs.

    That of the view (`oauth_resource`), else those of its path: usually one or none.
    """
    state = _state(request)
    if state.resources is None:
        declared = request.registry[PROTECTED_RESOURCES]
        state.resources = declared.find(request.environ) if declared.by_path else ()
    return state.resources


def enter_resources(request: Request, *resources: ProtectedResource) -> None:
    """Let the request belong to `resources`, whatever its path is.

    A token that was verified before is checked for their audience again. Its
    presentation is not, since a proof of possession may be valid only once.
    """
    state = _state(request)
    if state.resources != resources:
        state.resources, state.outcome = resources, None
        state.verified = {
            token: outcome
            for token, outcome in state.verified.items()
            if outcome.identity is None
            and (token in state.confirmed or token not in state.identities)
        }


def authenticate(
    request: Request, places: Places = HEADER, *, is_of_server: bool = False
) -> Outcome:
    """Verify the access token of the request; every protected endpoint calls this.

    A token is verified once per request, however often this is called.

    Args:
        request: The Pyramid request.
        places: Where a token is accepted beside the Authorization header.
        is_of_server: Whether the endpoint is one of the authorization server, which
            belongs to no protected resource and has no tokens of another issuer: a
            client or user of that name may be another one there.

    Returns:
        The outcome; one with `place=None` if there is no token.
    """
    if is_of_server:
        enter_resources(request)
    token = presented(request, places)
    if token is None:
        return _ABSENT
    state = _state(request)
    outcome = state.verified.get(token)
    if outcome is None:
        outcome = state.verified[token] = _verify(request, state, token)
    return _of_this_issuer(request, outcome) if is_of_server else outcome


def _of_this_issuer(request: Request, outcome: Outcome) -> Outcome:
    """Return the outcome, or the refusal of a token that another issuer vouches for."""
    issuer = outcome.identity and outcome.identity.issuer
    if issuer in (None, request.registry[SETTINGS].issuer):
        return outcome
    reason = f"of another issuer, {issuer!r:.200}"
    log.info("access token refused, invalid_token: %r", reason)
    return Outcome(outcome.place, error="invalid_token", reason=reason)


def outcomes(request: Request) -> tuple[Outcome, ...]:
    """Return the outcome of each token that was verified so far; verify none."""
    return tuple(_state(request).verified.values())


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


def _verify(request: Request, state: _State, token: Presented) -> Outcome:
    outcome = _outcome(request, state, token)
    if outcome.error:
        log.info("access token refused, %s: %r", outcome.error, outcome.reason)
    return outcome


def _outcome(request: Request, state: _State, token: Presented) -> Outcome:
    place = token.place
    if token.problem:
        return Outcome(place, error="invalid_request", reason=token.problem)
    try:
        identity = _identify(request, state, token)
        for resource in protected_resources(request):
            resource.check_audience(identity)
        if token not in state.confirmed:
            _confirm(request, state, token, identity)
    except VerifierUnavailable as outage:
        log.warning("access token not verified: %s", outage.reason)
        headers = {"Retry-After": str(outage.retry_after)}
        return Outcome(place, error=UNAVAILABLE, reason=outage.reason, headers=headers)
    except InvalidToken as invalid:
        return Outcome(
            place,
            error=invalid.error,
            reason=invalid.reason,
            description=invalid.description,
            headers=invalid.headers,
        )
    return Outcome(place, identity)


def _identify(request: Request, state: _State, token: Presented) -> TokenIdentity:
    identity = state.identities.get(token)
    if identity is None:
        identity = request.registry[VERIFIER](request, token.token)
        # A verifier may return a cached identity, whose expiry must still be checked.
        if identity.expires_at is not None and identity.expires_at <= moment(request):
            raise InvalidToken("expired")
        state.identities[token] = identity
    return identity


def _confirm(
    request: Request, state: _State, token: Presented, identity: TokenIdentity
) -> None:
    try:
        request.registry[SCHEMES].confirm(token, request, identity)
    except InvalidToken:
        state.confirmed.add(token)
        raise
    # After any other error the token has not been judged, and must not pass later.
    state.confirmed.add(token)


def _add_vary(request: Request, response: Response) -> None:
    for name, value in response.headerlist:
        if len(name) == len("Vary") and name.lower() == "vary":
            listed = {each.strip() for each in value.lower().split(",")}
            if not listed.isdisjoint(("authorization", "*")):
                return
    response.headerlist.append(("Vary", "Authorization"))


def _set_private(request: Request, response: Response) -> None:
    # RFC 6750 section 2.3: the URL is a credential and must not be kept by a proxy.
    response.cache_control.public = None
    response.cache_control.private = True
