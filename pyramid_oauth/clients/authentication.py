"""Client authentication, one procedure for every endpoint (RFC 6749 section 2.3).

Exactly one method may be used, and it must be the one the client registered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from sqlalchemy.orm import Session

from pyramid_oauth import events
from pyramid_oauth.clients.methods import (
    NONE,
    Claim,
    ClientAuthMethod,
    DisclosedReason,
    MalformedClaim,
    NoAuthentication,
    Presentation,
)
from pyramid_oauth.clients.sources import prepare_client
from pyramid_oauth.clients.throttling import SECRET_METHODS, Attempt
from pyramid_oauth.errors import ServerBusy, safe_description
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata import EITHER_SECRET_METHOD
from pyramid_oauth.repositories.applications import Applications

log = logging.getLogger(__name__)

UPDATE = "pyramid-oauth application update INI"

Methods = Mapping[str, ClientAuthMethod]

_WITHOUT_CREDENTIAL = NoAuthentication()
"""Claims the `client_id` of a request that has no credential."""


def authenticate(
    methods: Methods,
    applications: Applications,
    session: Session,
    presented: Presentation,
) -> AbstractApplication:
    """Return the application that made the request.

    Raises:
        InvalidRequestError: Several methods were used at once.
        InvalidClientError: Authentication failed; only the log has the reason.
        TooManyRequests: The client failed too often at this source.
    """
    claim = _only_claim(methods, presented)
    if presented.server.client_sources:
        _prepare_client(session, presented, claim)
    attempt = Attempt(session, presented, claim)
    cached, failure = applications.cached(claim.client_id), None
    if cached is not None:
        failure = _failure(methods, cached, claim, presented, attempt)
        if failure is None:
            return cached
    # A refusal never rests on a copy that may be outdated.
    application = applications.load(session, claim.client_id)
    if application is None:
        failure = "there is no such client"
    elif cached is None or cached.revision != application.revision:
        failure = _failure(methods, application, claim, presented, attempt)
    if failure is not None:
        attempt.fail(application)
        raise refuse_authentication(presented, claim.client_id, failure)
    return application  # type: ignore[return-value] # None is a failure


def _prepare_client(session: Session, presented: Presentation, claim: Claim) -> None:
    """Let the client sources add or renew the client; raise if one refuses it."""
    refusal = prepare_client(
        presented.server,
        presented.request,
        session,
        claim.client_id,
        is_authorization=False,
    )
    if refusal is None:
        return
    reason, description = refusal
    if description is not None:
        reason = DisclosedReason(description)
    raise refuse_authentication(presented, claim.client_id, reason)


def _only_claim(methods: Methods, presented: Presentation) -> Claim:
    try:
        used = _find_claims(methods, presented)
    except MalformedClaim as error:
        raise refuse_authentication(presented, None, error.args[0]) from error
    if not used and _accepts_client_id_alone(methods):
        alone = methods.get(NONE, _WITHOUT_CREDENTIAL).claim(presented)
        used = [] if alone is None else [alone]
    if len(used) > 1:
        raise InvalidRequestError(
            description="More than one client authentication method was used."
        )
    if not used:
        raise refuse_authentication(
            presented, None, "no client authentication was presented"
        )
    named = presented.parameters.get("client_id", used[0].client_id)
    if named != used[0].client_id:
        raise refuse_authentication(
            presented, named, "client_id differs from the credentials"
        )
    return used[0]


def _accepts_client_id_alone(methods: Methods) -> bool:
    """Whether a request may have no credential: of a public client, or over TLS."""
    return NONE in methods or any(
        method.credential is None for method in methods.values()
    )


def _find_claims(methods: Methods, presented: Presentation) -> list[Claim]:
    """Return the claims of the methods but `none` whose credential was presented."""
    parameters, authorization = presented.parameters, presented.authorization
    scheme = authorization and authorization.partition(" ")[0].lower()
    claims = []
    for name, method in methods.items():
        credential = method.credential
        if (
            credential is not None
            and name != NONE
            and (credential in parameters or credential == scheme)
        ):
            claim = method.claim(presented)
            if claim is not None:
                claims.append(claim)
    return claims


def _failure(
    methods: Methods,
    application: AbstractApplication,
    claim: Claim,
    presented: Presentation,
    attempt: Attempt,
) -> str | None:
    if not (attempt.is_counted or _is_limited(application, claim, presented)):
        return _reason(methods, application, claim, presented)
    attempt.admit(application)
    try:
        failure = _reason(methods, application, claim, presented)
    except ServerBusy:
        attempt.take_back()
        raise
    if failure is None:
        attempt.succeed()
    return failure


def _is_limited(
    application: AbstractApplication, claim: Claim, presented: Presentation
) -> bool:
    """Whether a limit may refuse the check, which then is not made."""
    if claim.proof is None:
        return False
    if claim.client_id in presented.server.repositories.rate_limits.recent:
        return True
    return claim.method in SECRET_METHODS and application.has_chosen_secret


def _reason(
    methods: Methods,
    application: AbstractApplication,
    claim: Claim,
    presented: Presentation,
) -> str | None:
    if not application.is_usable:
        return "the client is disabled"
    registered = application.token_endpoint_auth_method
    method = methods.get(registered)
    if claim.method == NONE and method is not None and method.credential is None:
        claim = claim._replace(method=registered)
    if claim.method != registered and not _is_either(application, claim.method):
        return f"{claim.method} was used, {registered} is registered{_cure(claim)}"
    if claim.method not in methods:
        return f"{claim.method} is not among token_endpoint_auth_methods"
    return methods[claim.method].failure(application, claim, presented)


def _is_either(application: AbstractApplication, method: str) -> bool:
    """Whether the secret may come by either method, as the application asks."""
    registered = application.token_endpoint_auth_method
    return (
        method in SECRET_METHODS
        and registered in SECRET_METHODS
        and application.declared(EITHER_SECRET_METHOD) is True
    )


def _cure(claim: Claim) -> str:
    command = (
        f"; {UPDATE} {claim.client_id!r} --token-endpoint-auth-method {claim.method}"
    )
    return command if claim.method in SECRET_METHODS else ""


def refuse_authentication(
    presented: Presentation, client_id: str | None, reason: str
) -> InvalidClientError:
    """Log and notify why authentication failed; return the error to raise.

    The response has the reason only if it is a `DisclosedReason`.
    """
    log.warning("client authentication of %.260r failed: %s", client_id, reason)
    events.notify(
        events.ClientAuthenticationFailed(
            request=presented.request, client_id=client_id, reason=reason
        )
    )
    description = "Client authentication failed"
    if isinstance(reason, DisclosedReason):
        description += f": {safe_description(reason)}"
    return InvalidClientError(description=f"{description}.")
