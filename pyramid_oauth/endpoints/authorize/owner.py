"""Who is at the browser: a person, never a program with a token.

A wrapped security policy answers `authenticated_userid` for bearer tokens too. Were
that enough here, a client could turn a narrow token into a new grant of its own.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.accounts import Account
from pyramid_oauth.resource import identity
from pyramid_oauth.server import Server


def resource_owner(request: Any, server: Server) -> Account | None:
    """The account that is logged in at this browser; nobody where a token came."""
    if identity(request) is not None:
        return None
    return server.accounts.current(request)
