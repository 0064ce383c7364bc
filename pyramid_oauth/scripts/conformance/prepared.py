"""The clients that the static variants of the plans are run with.

The plans of logout have clients of their own: a client that asks to be told of logouts
would be told of them in the other plans too, which do not expect it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from pyramid_oauth.clients import acceptance
from pyramid_oauth.scripts.conformance.plans import PLANS, STATIC

SCOPES = "openid profile email address phone offline_access"


def make(request: Any, callbacks: str) -> dict[str, dict[str, dict[str, str]]]:
    """Register the clients, or give those of an earlier run new secrets.

    Returns the credentials by the plans' name for the set, then by the name in the
    suite's configuration. `callbacks` is the URL at which the suite listens, with its
    final slash.
    """
    settings = request.oauth.settings
    needed = {plan.clients for plan in PLANS if STATIC in plan.registrations(settings)}
    back = {"post_logout_redirect_uris": f"{callbacks}post_logout_redirect"}
    front = {
        "frontchannel_logout_uri": f"{callbacks}frontchannel_logout",
        "frontchannel_logout_session_required": True,
    }
    told = {
        "backchannel_logout_uri": f"{callbacks}backchannel_logout",
        "backchannel_logout_session_required": True,
    }
    post = {"token_endpoint_auth_method": "client_secret_post"}
    wanted: dict[str, dict[str, tuple[dict[str, str], dict[str, Any]]]] = {
        "main": {
            "client": ({}, {}),
            "client2": ({}, {}),
            "client_secret_post": (post, {}),
        },
        "logout": {"client": (back, {}), "client2": (back, {})},
        "frontchannel": {"client": (back, front), "client2": (back, front)},
        "backchannel": {"client": (back, told), "client2": (back, told)},
    }
    return {
        purpose: {
            name: _client(request, callbacks, f"conformance-{purpose}-{name}", *given)
            for name, given in clients.items()
        }
        for purpose, clients in wanted.items()
        if purpose in needed
    }


def _client(
    request: Any,
    callbacks: str,
    client_id: str,
    fields: dict[str, str],
    metadata: dict[str, Any],
) -> dict[str, str]:
    oauth = request.oauth
    model = oauth.models.Application
    found = oauth.session.scalars(select(model).where(model.client_id == client_id))
    client = found.one_or_none() or model(client_id=client_id)
    values: dict[str, Any] = {
        "name": client_id,
        "redirect_uris": f"{callbacks}callback",
        "authorization_grant_type": " ".join(_grant_types(oauth.settings)),
        "token_endpoint_auth_method": "client_secret_basic",
        "allowed_scopes": SCOPES,
        "pkce_required": False,
        "client_metadata": {
            "response_types": list(oauth.settings.response_types),
            **metadata,
        },
    }
    for name, value in {**values, **fields}.items():
        setattr(client, name, value)
    secret = acceptance.give_secret(oauth.server, client)
    acceptance.check(oauth.server, client)
    oauth.session.add(client)
    oauth.session.flush()
    return {"client_id": client_id, "client_secret": secret, "scope": "openid"}


def _grant_types(settings: Any) -> list[str]:
    wanted = ("authorization_code", "implicit", "refresh_token")
    return [name for name in wanted if name in settings.grant_types]
