"""The last step: the grant, and the answer that carries what it gives."""

from __future__ import annotations

from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestFatalError
from pyramid.request import RequestLocalCache
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import success_response

# Where the copy of the client turns out outdated the steps are taken again, and meet
# a request that they have answered themselves.
_used: RequestLocalCache = RequestLocalCache()


def grant(authorization: Authorization) -> Response | None:
    """Make the grant and answer."""
    # First, so that of two answers at the same time the second leaves no grant.
    _use_up(authorization)
    account = authorization.account
    values: dict[str, Any] = {"details": authorization.details}
    if account is not None:
        values["session_id"] = sid = login_session.session_id(
            authorization.request, account
        )
        login_session.save(authorization.request, sid)
        values["authentication"] = authentication(authorization, account)
    members = authorization.endpoint.create_members(authorization.oauth, **values)
    return success_response(authorization.oauth, members)


def authentication(authorization: Authorization, account: Account) -> dict[str, Any]:
    """What the grant remembers of the login and of what was asked about it.

    A time of login that the host does not know is left out, never invented.
    """
    demands, moment = authorization.demands, account.auth_time
    known = {
        "auth_time": None if moment is None else int(moment.timestamp()),
        "acr": account.acr,
        "amr": list(account.amr),
        "nonce": demands.nonce,
        "claims": dict(demands.claims),
        "claims_locales": list(demands.claims_locales),
    }
    return {name: value for name, value in known.items() if value not in (None, [], {})}


def _use_up(authorization: Authorization) -> None:
    """Let a request at rest be answered once, where no decision has used it up."""
    pending, request = authorization.pending, authorization.request
    if pending is None or authorization.form is not None:
        return
    if _used.get(request, None) == pending.id:
        return
    requests = authorization.server.repositories.authorization_requests
    if not requests.use(authorization.oauth.session, pending.id):
        raise InvalidRequestFatalError(description="This request was answered before.")
    _used.set(request, pending.id)
