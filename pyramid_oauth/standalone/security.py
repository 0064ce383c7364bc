"""The security policy over the session cookie, and the session factory.

Pyramid's ISecurityPolicy; `OAuthSecurityPolicy` wraps it for bearer tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.interfaces import ISecurityPolicy
from pyramid.session import JSONSerializer, SignedCookieSessionFactory
from zope.interface import implementer

from pyramid_oauth.accounts import Account
from pyramid_oauth.interfaces.request import Session
from pyramid_oauth.interfaces.security import Headers
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

ADMINISTRATORS = "group:administrators"
"""The principal of users with `is_administrator`."""


class AdministeredAccounts(Protocol):
    """What the policy asks the accounts adapter of the ready-made server."""

    def current(self, request: Request) -> Account | None:
        """Return the account of the session."""

    def is_administrator(self, request: Request) -> bool:
        """Whether the user of this browser administers the server."""


@implementer(ISecurityPolicy)
class SessionPolicy:
    """The security policy whose identity is the current Account."""

    def __init__(self, accounts: AdministeredAccounts) -> None:
        self._accounts = accounts

    def identity(self, request: Request) -> Account | None:
        """Return the Account that is logged in at this browser."""
        return self._accounts.current(request)

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the subject of the Account."""
        account = self.identity(request)
        return account.subject if account else None

    def permits(self, request: Request, context: object, permission: str) -> object:
        """Return the decision of the context's ACL."""
        userid = self.authenticated_userid(request)
        principals = [Everyone] + ([Authenticated, userid] if userid else [])
        if self._accounts.is_administrator(request):
            principals.append(ADMINISTRATORS)
        return ACLHelper().permits(context, principals, permission)

    def remember(self, request: Request, userid: str, **kw: object) -> Headers:
        """Return no headers: `log_in` of the accounts adapter keeps the login."""
        return []

    def forget(self, request: Request, **kw: object) -> Headers:
        """Return no headers: `request.oauth.log_out` ends the login."""
        return []


def cookie_name(purpose: str, *, secure: bool) -> str:
    """Return a name that is not another application's: cookies ignore ports.

    Args:
        purpose: What the cookie is for.
        secure: Whether the issuer is https; then no other host can set the cookie.
    """
    prefix = "__Host-" if secure else ""
    return f"{prefix}pyramid_oauth_{purpose}"


def session_factory(
    options: StandaloneSettings, *, secure: bool
) -> Callable[[Any], Session]:
    """Create the session factory; `secure` if the issuer is https."""
    factory: Callable[[Any], Session] = SignedCookieSessionFactory(
        options.session_secret,
        cookie_name=cookie_name("session", secure=secure),
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
        timeout=options.session_idle,
        reissue_time=options.session_idle // 10,
        hashalg="sha512",
        salt="pyramid_oauth.standalone.session",
        serializer=JSONSerializer(),
    )
    return factory
