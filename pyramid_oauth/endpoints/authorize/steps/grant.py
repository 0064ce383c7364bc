"""The end of the pipeline: make the grant and answer the client (RFC 6749 4.1.2)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.endpoints.authorize.context import (
    NAME,
    AuthenticationRequirements,
    Authorization,
)
from pyramid_oauth.endpoints.authorize.response import success_response
from pyramid_oauth.repositories.grant_guards import GrantGuard


def make_grant(authorization: Authorization) -> Response:
    """Make the grant; returns the authorization response."""
    oauth, values = authorization.oauth, authorization.grant_values
    if authorization.account is not None:
        values["authentication"] = {
            **_describe_login(authorization.account, authorization.requirements),
            **values.get("authentication", {}),
        }
        oauth.login = values["authentication"]
    oauth.details = authorization.details
    oauth.grant_guard = _guard(authorization)
    # Consent has made sure that scopes or something else were approved.
    oauth.may_lack_scopes = True
    endpoint = authorization.server.oauthlib_endpoints[NAME]
    return success_response(authorization, endpoint.create_members(oauth, **values))


def _guard(authorization: Authorization) -> GrantGuard:
    """Return what the request relied on, which may have ended meanwhile.

    An answer of the consent page has locked the consent by changing it.
    """
    account, consent = authorization.account, authorization.remembered
    relies = authorization.form is None and consent is not None
    return GrantGuard(
        session_id=None if account is None else account.session_id,
        consent=consent if relies else None,
    )


def _describe_login(
    account: Account, required: AuthenticationRequirements
) -> dict[str, Any]:
    """Return what the grant keeps of the login.

    A time of login that the host does not know is left out, never invented.
    """
    moment = account.auth_time
    known = {
        "auth_time": None if moment is None else int(moment.timestamp()),
        "acr": account.choose_acr(required.preferred_acrs) or account.acr,
        "amr": list(account.amr),
    }
    return {name: value for name, value in known.items() if value not in (None, [])}
