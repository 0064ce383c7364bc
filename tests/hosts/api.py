"""The API of the hosts: a view that requires the scope `read`, and a subscriber."""

from __future__ import annotations

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.events import OAuthEvent


def me(context, request):
    token = request.oauth.identity
    return Response(json_body={"sub": token.user_id, "scope": token.scope})


def record_event(event):
    """Record an event, as an audit log does."""
    event.request.registry.get("received_events", []).append(event)


def includeme(config):
    config.add_subscriber(record_event, OAuthEvent)
    config.add_route("me", "/me")
    config.add_view(
        me, route_name="me", oauth_scopes="read", permission=NO_PERMISSION_REQUIRED
    )
