"""The API of the hosts: one view that wants a token with the scope `read`.

And a listener to what the server does.
"""

from __future__ import annotations

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.events import OAuthEvent


def me(context, request):
    token = request.oauth.identity
    return Response(json_body={"sub": token.user_id, "scope": token.scope})


def record_event(event):
    """A listener of the host's, as an audit log would have one."""
    event.request.registry.get("heard", []).append(event)


def includeme(config):
    config.add_subscriber(record_event, OAuthEvent)
    config.add_route("me", "/me")
    config.add_view(
        me, route_name="me", oauth_scopes="read", permission=NO_PERMISSION_REQUIRED
    )
