"""The end of the pipeline: make the grant and answer the client (RFC 6749 4.1.2)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.endpoints.authorize.context import NAME, Authorization
from pyramid_oauth.endpoints.authorize.response import success_response


def make_grant(authorization: Authorization) -> Response:
    """Make the grant; returns the authorization response."""
    oauth, values = authorization.oauth, authorization.grant_values
    if authorization.account is not None:
        values["authentication"] = {
            **_describe_login(authorization.account),
            **values.get("authentication", {}),
        }
    oauth.details = authorization.details
    # Consent has made sure that scopes or something else were approved.
    oauth.may_lack_scopes = True
    endpoint = authorization.server.oauthlib_endpoints[NAME]
    return success_response(authorization, endpoint.create_members(oauth, **values))


def _describe_login(account: Account) -> dict[str, Any]:
    """Return what the grant keeps of the login.

    A time of login that the host does not know is left out, never invented.
    """
    moment = account.auth_time
    known = {
        "auth_time": None if moment is None else int(moment.timestamp()),
        "acr": account.acr,
        "amr": list(account.amr),
    }
    return {name: value for name, value in known.items() if value not in (None, [])}
