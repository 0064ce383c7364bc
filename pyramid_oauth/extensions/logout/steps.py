"""Steps that tie a grant to its login session, so that a logout ends it.

OpenID Connect Front-Channel Logout section 3, Back-Channel Logout section 2.1.
"""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.browser import login_session
from pyramid_oauth.endpoints.authorize.context import Authorization


def store_session_id(authorization: Authorization) -> Response | None:
    """Store the `sid` of the login session with the grant."""
    account = authorization.account
    if account is not None:
        sid = login_session.session_id(authorization.request, account)
        authorization.grant_values["session_id"] = sid
    return None


def save_session_id(authorization: Authorization) -> Response | None:
    """Store the `sid` with the grant, and in a cookie for the logout endpoint."""
    account = authorization.account
    if account is not None:
        sid = login_session.saved_session_id(authorization.request, account)
        authorization.grant_values["session_id"] = sid
    return None
