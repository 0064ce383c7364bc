"""The login session at a browser, under the name that clients see: `sid`.

OpenID Connect Front-Channel Logout section 3, Back-Channel Logout section 2.1.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.hashing import constant_time_equal, hmac_sha256
from pyramid_oauth.resource import identity
from pyramid_oauth.server import SERVER, Server, key_encryption_keys

COOKIE = "oauth_session"

_UNKEYED = (b"",)


def keys(request: Any) -> tuple[bytes, ...]:
    """The server's secrets, the present one first."""
    server: Server = request.registry[SERVER]
    return key_encryption_keys(server.settings) or _UNKEYED


def session_id(request: Any, account: Account) -> str:
    """The identifier of this session for clients, 43 characters of base64url.

    It follows from the session that the host names or, where it names none, from our
    cookie at the browser, which changes at every logout. Nobody can guess it, or learn
    from it what the host calls the session.
    """
    return session_ids(request, account)[0]


def session_ids(request: Any, account: Account) -> tuple[str, ...]:
    """Every `sid` that this session can have been given, the present one first.

    They are several after the server's secret was changed.
    """
    if account.session_id is not None:
        named = ("session", account.session_id)
    else:
        named = ("browser", binding_cookie.get_or_create(request))
    return tuple(
        hmac_sha256(key, "sid", *named, account.subject) for key in keys(request)
    )


def save(request: Any, sid: str) -> None:
    """Have the browser carry the proof that it had this session, for its logout."""
    if expired_session_subject(request) != sid:
        _set_cookie(request, f"{sid}.{hmac_sha256(keys(request)[0], COOKIE, sid)}")


def expired_session_subject(request: Any) -> str | None:
    """The last session that this browser had, though the host may know it no more."""
    sid, _, proof = binding_cookie.cookie(request, COOKIE).partition(".")
    proven = any(
        constant_time_equal(proof, hmac_sha256(key, COOKIE, sid))
        for key in keys(request)
    )
    return sid if proven else None


def forget(request: Any) -> None:
    """Have the browser begin anew: the next session gets another `sid`."""
    binding_cookie.rotate(request)
    if binding_cookie.cookie(request, COOKIE):
        request.add_response_callback(
            lambda _, response: response.delete_cookie(COOKIE, path="/")
        )


def _set_cookie(request: Any, value: str) -> None:
    server: Server = request.registry[SERVER]
    request.add_response_callback(
        lambda _, response: response.set_cookie(
            COOKIE,
            value,
            path="/",
            secure=server.issuer.startswith("https:"),
            httponly=True,
            samesite="Lax",
            overwrite=True,
        )
    )


def current_resource_owner(request: Any, server: Server) -> Account | None:
    """The account that is logged in at this browser; nobody where a token came."""
    if identity(request) is not None:
        return None
    return server.accounts.current(request)
