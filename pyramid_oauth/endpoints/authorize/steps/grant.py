"""The last step: the grant, and the answer that carries what it gives."""

from __future__ import annotations

from pyramid.response import Response

from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.answer import redirected
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.protocol import session


def grant(authorization: Authorization) -> Response | None:
    """Make the grant and answer."""
    account = authorization.account
    details = dict(authorization.details)
    if account is not None:
        details["session_id"] = session.sid(authorization.request, account)
        moment = account.auth_time or now()
        details["authentication"] = {"auth_time": int(moment.timestamp())}
        if authorization.oauth.nonce is not None:
            details["authentication"]["nonce"] = authorization.oauth.nonce
    return redirected(
        authorization.oauth,
        authorization.handler.authorized(authorization.oauth, **details),
    )
