"""A host with protected views and its own token verifier."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth.resource import InvalidToken, TokenIdentity, by_method


class MemoryVerifier:
    """The host's own verifier: a dictionary of tokens; it counts its calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.tokens = {
            "read": TokenIdentity(client_id="app", user_id="alice", scope="read"),
            "both": TokenIdentity(client_id="app", user_id="alice", scope="write read"),
            "admin": TokenIdentity(client_id="app", user_id="root", scope="admin"),
            "machine": TokenIdentity(client_id="robot", scope="read"),
        }

    def __call__(self, request, token):
        self.calls += 1
        try:
            return self.tokens[token]
        except KeyError:
            raise InvalidToken("not in the table") from None


def whoami(request):
    return Response(str(request.authenticated_userid), content_type="text/plain")


class ResourceHost:
    """Builds one application; `configure` receives its configurator."""

    def __init__(self) -> None:
        self.verifier = MemoryVerifier()

    def app(self, configure=None, **settings) -> TestApp:
        names = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
        config = Configurator(settings=names)
        config.include("pyramid_oauth.resource")
        config.set_oauth_token_verifier(self.verifier)
        config.add_route("me", "/me")
        config.add_view(whoami, route_name="me", oauth_scopes="read")
        config.add_route("notes", "/notes")
        config.add_view(
            whoami,
            route_name="notes",
            oauth_scopes=by_method(read="read", write="write"),
        )
        if configure:
            configure(config)
        return TestApp(config.make_wsgi_app())
