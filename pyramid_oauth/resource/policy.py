"""A security policy around the host's own: bearer tokens here, all else there.

Pyramid's ISecurityPolicy; RFC 6750 section 2.1 for the credentials.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyramid.authorization import ACLHelper
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request
from pyramid.security import Denied
from zope.interface import implementer

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.resource.authentication import Outcome, authentication, is_admitted
from pyramid_oauth.resource.token_identity import TokenIdentity, token_principals

_STRAY: dict[str, Any] = {
    "identity": None,
    "error": "insufficient_scope",
    "reason": "the view asks for no oauth_scopes",
}

_UNSCOPED = (
    "OAuthSecurityPolicy(unscoped_views=True): a token acts for its user in views that "
    "ask for no oauth_scopes, whatever its own scopes"
)


class TokenDenied(Denied):  # type: ignore[misc]
    """Denied because the presented token is bad.

    `error` is the RFC 6750 error code, `reason` why, for the log.
    """

    error: str
    reason: str

    def __new__(cls, error: str, reason: str) -> TokenDenied:
        """As every permits result of Pyramid: a number that carries its reason."""
        denied: TokenDenied = super().__new__(
            cls, "bearer token refused, %s: %r", error, reason
        )
        denied.error, denied.reason = error, reason
        return denied


@implementer(ISecurityPolicy)
class OAuthSecurityPolicy:
    """`config.set_security_policy(OAuthSecurityPolicy(HostPolicy()))`.

    A request that presents a bearer token is decided by the token alone, good or bad:
    it never falls back to the cookie. Every other request is the host's.

    What a token may do is asked of the host's `permits_token(request, context,
    permission, identity)`, if it has one, else of the ACL of the context with
    `token_principals(identity)`. The host's `permits` is not asked: reading its own
    cookie, it would decide for somebody else than the token's user.

    A token counts only where a view asks for `oauth_scopes`; anywhere else its request
    is nobody's and is denied every permission. With `unscoped_views` it stands for its
    user there too, whatever its scopes, and the start warns: that is for an API whose
    lists of access control name scopes (`scope:NAME`).
    """

    def __init__(
        self,
        wrapped: Any,
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

    def identity(self, request: Request) -> Any:
        """The TokenIdentity, or whatever identity the host's policy knows."""
        outcome = self._outcome(request)
        return outcome.identity if outcome.place else self.wrapped.identity(request)

    def authenticated_userid(self, request: Request) -> str | None:
        """The token's user (None for a client that acts for itself), or the host's."""
        outcome = self._outcome(request)
        if outcome.place is None:
            userid: str | None = self.wrapped.authenticated_userid(request)
            return userid
        return outcome.identity.user_id if outcome.identity else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Allowed or Denied; TokenDenied where the token itself is bad."""
        outcome = self._outcome(request)
        if outcome.place is None:
            return self.wrapped.permits(request, context, permission)
        if outcome.identity is None:
            return _denied(outcome)
        return self._permits_token(request, context, permission, outcome.identity)

    def remember(self, request: Request, userid: str, **kw: Any) -> Any:
        """The host's headers; a token is not remembered."""
        return self.wrapped.remember(request, userid, **kw)

    def forget(self, request: Request, **kw: Any) -> Any:
        """The host's headers; a token is forgotten by revoking it."""
        return self.wrapped.forget(request, **kw)

    def _outcome(self, request: Request) -> Outcome:
        outcome = authentication(request)
        if outcome.identity is None or self.unscoped_views:
            return outcome
        return outcome if is_admitted(request) else replace(outcome, **_STRAY)

    def _permits_by_acl(
        self, request: Request, context: Any, permission: str, identity: TokenIdentity
    ) -> Any:
        return ACLHelper().permits(context, self.principals(identity), permission)


def _denied(outcome: Outcome) -> TokenDenied:
    return TokenDenied(outcome.error or "invalid_token", outcome.reason)
