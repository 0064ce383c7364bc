"""Security policy that authenticates by access token and wraps the host's policy.

Pyramid's ISecurityPolicy; RFC 6750 section 2.1 for the credentials.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.interfaces import ISecurityPolicy
from pyramid.security import Denied
from zope.interface import implementer

from pyramid_oauth.configuration_errors import InsecureSettingWarning
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.interfaces.security import Headers, SecurityPolicy
from pyramid_oauth.resource.authentication import (
    is_admitted,
    known_authentication,
)
from pyramid_oauth.resource.outcome import Outcome
from pyramid_oauth.resource.token_identity import TokenIdentity

_NOT_ADMITTED: dict[str, Any] = {
    "identity": None,
    "error": "insufficient_scope",
    "reason": "the view has no oauth_scopes",
}

_UNSCOPED = (
    "OAuthSecurityPolicy(unscoped_views=True): a token acts for its user in views that "
    "ask for no oauth_scopes, whatever its own scopes"
)


_RESERVED = ("client:", "scope:", "system.")


def token_principals(identity: TokenIdentity) -> list[str]:
    """Return the principals of an identity for ACLs.

    They are the user id, `client:<id>`, `scope:<name>` for each scope, and Pyramid's
    own. `Authenticated` is a user: a client that acts for itself does not have it. A
    user id that looks like another principal (`scope:admin`) is left out, so that a
    user cannot gain a scope by a chosen name.
    """
    principals = [Everyone, f"client:{identity.client_id}"]
    principals += [f"scope:{scope}" for scope in sorted(identity.scopes)]
    if identity.user_id is not None:
        principals.append(Authenticated)
        if not identity.user_id.startswith(_RESERVED):
            principals.append(identity.user_id)
    return principals


class TokenDenied(Denied):  # type: ignore[misc]
    """Permission denied because the token is invalid.

    Attributes:
        error: The error code of RFC 6750.
        reason: Why, for the log.
    """

    error: str
    reason: str

    def __new__(cls, error: str, reason: str) -> TokenDenied:
        """Create a falsy permits result of Pyramid with its reason."""
        denied: TokenDenied = super().__new__(
            cls, "bearer token refused, %s: %r", error, reason
        )
        denied.error, denied.reason = error, reason
        return denied


@implementer(ISecurityPolicy)
class OAuthSecurityPolicy:
    """`config.set_security_policy(OAuthSecurityPolicy(HostPolicy()))`.

    A request with an access token is decided by the token alone, valid or not: it never
    falls back to the cookie. The wrapped policy decides every other request.

    The permissions of a token come from the wrapped policy's `permits_token(request,
    context, permission, identity)`, if it has one, else from the ACL of the context
    with `token_principals(identity)`. Its `permits` is not called: it reads its own
    cookie and would decide for another user than that of the token.

    A token counts only in views with `oauth_scopes`; in any other view the request is
    unauthenticated and denied every permission.

    Args:
        wrapped: The security policy of the host.
        principals: Returns the principals of an identity, for ACLs.
        unscoped_views: Let a token act for its user in views without `oauth_scopes`
            too, whatever its scopes; start-up warns. For an API whose ACLs name scopes
            (`scope:NAME`).
    """

    def __init__(
        self,
        wrapped: SecurityPolicy,
        *,
        principals: Callable[[TokenIdentity], list[str]] = token_principals,
        unscoped_views: bool = False,
    ) -> None:
        self.wrapped = wrapped
        self.principals = principals
        self.unscoped_views = unscoped_views
        if unscoped_views:
            warnings.warn(_UNSCOPED, InsecureSettingWarning, stacklevel=2)
        self._permits_token = getattr(wrapped, "permits_token", self._permits_by_acl)

    def identity(self, request: Request) -> object:
        """Return the TokenIdentity, or the identity of the host's policy."""
        outcome = self._outcome(request)
        return outcome.identity if outcome.place else self.wrapped.identity(request)

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the token's user (None for a client alone), or the host's."""
        outcome = self._outcome(request)
        if outcome.place is None:
            userid: str | None = self.wrapped.authenticated_userid(request)
            return userid
        return outcome.identity.user_id if outcome.identity else None

    def permits(self, request: Request, context: object, permission: str) -> object:
        """Return Allowed or Denied; TokenDenied if the token is invalid."""
        outcome = self._outcome(request)
        if outcome.place is None:
            return self.wrapped.permits(request, context, permission)
        if outcome.identity is None:
            return _deny(outcome)
        return self._permits_token(request, context, permission, outcome.identity)

    def remember(self, request: Request, userid: str, **kw: object) -> Headers:
        """Return the host's headers; a token needs none."""
        return self.wrapped.remember(request, userid, **kw)

    def forget(self, request: Request, **kw: object) -> Headers:
        """Return the host's headers; a token ends by revocation."""
        return self.wrapped.forget(request, **kw)

    def _outcome(self, request: Request) -> Outcome:
        outcome = known_authentication(request)
        if outcome.identity is None or self.unscoped_views:
            return outcome
        return outcome if is_admitted(request) else replace(outcome, **_NOT_ADMITTED)

    def _permits_by_acl(
        self,
        request: Request,
        context: object,
        permission: str,
        identity: TokenIdentity,
    ) -> object:
        return ACLHelper().permits(context, self.principals(identity), permission)


def _deny(outcome: Outcome) -> TokenDenied:
    return TokenDenied(outcome.error or "invalid_token", outcome.reason)
