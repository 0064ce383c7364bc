"""The last of it: the request is used up, the grant made, the client answered."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import InvalidRequestFatalError
from pyramid.request import RequestLocalCache
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import success_response

# Where the copy of the client turns out outdated the steps are taken again, and meet
# a request that they have answered themselves.
_used: RequestLocalCache = RequestLocalCache()


def use_pending_request(authorization: Authorization) -> Response | None:
    """Let a pending request be answered once, where no decision has used it up."""
    pending, request = authorization.pending, authorization.request
    if pending is None or authorization.form is not None:
        return None
    if _used.get(request, None) == pending.id:
        return None
    requests = authorization.server.repositories.authorization_requests
    if not requests.use(authorization.oauth.session, pending.id):
        raise InvalidRequestFatalError(description="This request was answered before.")
    _used.set(request, pending.id)
    return None


def note_authentication(authorization: Authorization) -> Response | None:
    """Keep with the grant what is known of the login.

    A time of login that the host does not know is left out, never invented.
    """
    account = authorization.account
    if account is None:
        return None
    moment = account.auth_time
    known = {
        "auth_time": None if moment is None else int(moment.timestamp()),
        "acr": account.acr,
        "amr": list(account.amr),
    }
    authorization.grant_values["authentication"] = {
        name: value for name, value in known.items() if value not in (None, [])
    }
    return None


def make_grant(authorization: Authorization) -> Response:
    """Make the grant, and answer the client."""
    oauth = authorization.oauth
    oauth.details = authorization.details
    # Consent has said that there are some, or something else instead.
    oauth.may_lack_scopes = True
    members = authorization.endpoint.create_members(oauth, **authorization.grant_values)
    return success_response(authorization, members)
