"""The login session at a browser, under the name that clients see: `sid`.

OpenID Connect Front-Channel Logout section 3, Back-Channel Logout section 2.1.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.models.secret import keyed, same
from pyramid_oauth.protocol import browser, session_state
from pyramid_oauth.server import SERVER, Server, key_encryption_keys

COOKIE = "oauth_session"
_UNKEYED = (b"",)


def keys(request: Any) -> tuple[bytes, ...]:
    """The server's secrets, the present one first."""
    server: Server = request.registry[SERVER]
    return key_encryption_keys(server.settings) or _UNKEYED


def sid(request: Any, account: Account) -> str:
    """The identifier of this session for clients, 43 characters of base64url.

    It follows from the session that the host names or, where it names none, from our
    cookie at the browser, which changes at every logout. Nobody can guess it, or learn
    from it what the host calls the session.
    """
    return sids(request, account)[0]


def sids(request: Any, account: Account) -> tuple[str, ...]:
    """Every `sid` that this session can have been given, the present one first.

    They are several after the server's secret was changed.
    """
    if account.session_id is not None:
        named = ("session", account.session_id)
    else:
        named = ("browser", browser.ensured(request))
    return tuple(keyed(key, "sid", *named, account.subject) for key in keys(request))


def remember(request: Any, sid: str) -> None:
    """Have the browser carry the proof that it had this session, for its logout."""
    server: Server = request.registry[SERVER]
    if not server.settings.openid:
        return
    if session_state.is_on(server):
        session_state.settle(request, keyed(keys(request)[0], "browser state", sid))
    if former(request) != sid:
        _set_cookie(request, f"{sid}.{keyed(keys(request)[0], COOKIE, sid)}")


def former(request: Any) -> str | None:
    """The last session that this browser had, though the host may know it no more."""
    sid, _, proof = browser.cookie(request, COOKIE).partition(".")
    proven = any(same(proof, keyed(key, COOKIE, sid)) for key in keys(request))
    return sid if proven else None


def change(request: Any) -> None:
    """Tell pages that watch this browser's session that it is another one now."""
    server: Server = request.registry[SERVER]
    if session_state.is_on(server):
        session_state.renew(request)


def forget(request: Any) -> None:
    """Have the browser begin anew: the next session gets another `sid`."""
    browser.renew(request)
    change(request)
    if browser.cookie(request, COOKIE):
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
