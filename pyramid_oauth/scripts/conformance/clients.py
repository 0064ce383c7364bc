"""The clients that the conformance suite plays, in our database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from pyramid_oauth.clients import validation
from pyramid_oauth.typing import OAuthRequest

TWO_CLIENTS = ("client", "client2")


def store_client(
    request: OAuthRequest, client_id: str, values: Mapping[str, Any]
) -> str:
    """Register a client, or change that of an earlier run.

    Args:
        request: A request to the server.
        client_id: Its identifier, which is its name too.
        values: Columns of the application.

    Returns:
        Its new secret.
    """
    oauth = request.oauth
    model = oauth.models.Application
    found = oauth.session.scalars(select(model).where(model.client_id == client_id))
    client = found.one_or_none() or model(client_id=client_id)
    for name, value in {"name": client_id, **values}.items():
        setattr(client, name, value)
    secret = validation.give_secret(oauth.server, client)
    validation.validate_application(oauth.server, client)
    oauth.session.add(client)
    oauth.session.flush()
    return secret
