"""Which session a grant belongs to, so that a logout ends it.

OpenID Connect Front-Channel Logout section 3, Back-Channel Logout section 2.1.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.browser import login_session
from pyramid_oauth.endpoints.authorize.context import Authorization


def note_session(authorization: Authorization) -> Response | None:
    """Keep the `sid` of the login session with the grant."""
    account = authorization.account
    if account is not None:
        sid = login_session.session_id(authorization.request, account)
        authorization.grant_values["session_id"] = sid
    return None


def save_session(authorization: Authorization) -> Response | None:
    """Have the browser carry the proof of its session to the logout endpoint."""
    sid = authorization.grant_values.get("session_id")
    if sid is not None:
        login_session.save(authorization.request, sid)
    return None
