"""The login session at a browser, under the name that clients see: `sid`.

OpenID Connect Front-Channel Logout section 3, Back-Channel Logout section 2.1.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.models.secret import keyed
from pyramid_oauth.protocol import browser
from pyramid_oauth.server import SERVER, Server, key_encryption_keys

_UNKEYED = (b"",)


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
    server: Server = request.registry[SERVER]
    if account.session_id is not None:
        named = ("session", account.session_id)
    else:
        named = ("browser", browser.ensured(request))
    keys = key_encryption_keys(server.settings) or _UNKEYED
    return tuple(keyed(key, "sid", *named, account.subject) for key in keys)


def forget(request: Any) -> None:
    """Have the browser begin anew: the next session gets another `sid`."""
    browser.renew(request)
