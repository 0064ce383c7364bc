"""The security policy over the session cookie, and the session factory.

Pyramid's ISecurityPolicy; `OAuthSecurityPolicy` wraps it for bearer tokens.
"""

from __future__ import annotations

import hmac
from binascii import a2b_base64
from collections.abc import Callable
from typing import Any, Protocol

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.interfaces import ISecurityPolicy
from pyramid.session import BaseCookieSessionFactory, JSONSerializer
from webob.cookies import SignedSerializer
from zope.interface import implementer

from pyramid_oauth.accounts import Account
from pyramid_oauth.interfaces.request import Session
from pyramid_oauth.interfaces.security import Headers
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

ADMINISTRATORS = "group:administrators"
"""The principal of users with `is_administrator`."""

_STANDARD_BASE64 = bytes.maketrans(b"-_", b"+/")


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


class SessionSerializer(SignedSerializer):
    """Pyramid's serializer of signed session cookies, which is read on every page.

    WebOb computes the HMAC by objects of Python; one call into OpenSSL does the same.
    """

    def __init__(self, secret: bytes) -> None:
        salt = "pyramid_oauth.standalone.session"
        super().__init__(secret, salt, "sha512", JSONSerializer())

    def loads(self, bstruct: bytes) -> object:
        """Return the content of a cookie.

        Raises:
            ValueError: The cookie is malformed, or the signature is invalid.
        """
        padding = b"=" * (-len(bstruct) % 4)
        raw = a2b_base64(bstruct.translate(_STANDARD_BASE64) + padding)
        signature, content = raw[: self.digest_size], raw[self.digest_size :]
        expected = hmac.digest(self.salted_secret, content, self.hashalg)
        if not hmac.compare_digest(expected, signature):
            raise ValueError("Invalid signature")
        return self.serializer.loads(content)


def session_factory(
    options: StandaloneSettings, *, secure: bool
) -> Callable[[Any], Session]:
    """Create the session factory; `secure` if the issuer is https."""
    factory: Callable[[Any], Session] = BaseCookieSessionFactory(
        SessionSerializer(options.session_secret),
        cookie_name=cookie_name("session", secure=secure),
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
        timeout=options.session_idle,
        reissue_time=options.session_idle // 10,
    )
    return factory
