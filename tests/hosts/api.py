"""The API of the hosts: one view that wants a token with the scope `read`."""

from __future__ import annotations

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED


def me(context, request):
    token = request.oauth.identity
    return Response(json_body={"sub": token.user_id, "scope": token.scope})


def includeme(config):
    config.add_route("me", "/me")
    config.add_view(
        me, route_name="me", oauth_scopes="read", permission=NO_PERMISSION_REQUIRED
    )
