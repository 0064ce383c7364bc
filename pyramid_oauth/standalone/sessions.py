"""The session: a signed cookie that scripts cannot read and other sites cannot send.

RFC 6265bis section 4.1.3.2 for the `__Host-` prefix.
"""

from __future__ import annotations

from typing import Any

from pyramid.session import JSONSerializer, SignedCookieSessionFactory

from pyramid_oauth.standalone.options import Options


def session_factory(options: Options, *, secure: bool) -> Any:
    """The session factory; `secure` where the issuer is https."""
    return SignedCookieSessionFactory(
        options.session_secret,
        cookie_name="__Host-session" if secure else "session",
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
