"""Two protected resources in one process, each with its metadata and its audience."""

from wsgiref.types import WSGIApplication

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.view import view_config

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource import InvalidToken, TokenIdentity

NOTES = "https://api.example/notes"
PHOTOS = "https://api.example/photos"
TOKENS = {
    "t1": TokenIdentity(client_id="app", scope="read", audience=(NOTES,)),
    "t2": TokenIdentity(client_id="app", scope="read", audience=(NOTES, PHOTOS)),
    "t3": TokenIdentity(client_id="app", scope="read"),
}


def verify(request: Request, token: str) -> TokenIdentity:
    """Whom a token speaks for; ask whoever issued it."""
    try:
        return TOKENS[token]
    except KeyError:
        raise InvalidToken("it is not among ours") from None


@view_config(route_name="notes", oauth_scopes="read")
@view_config(route_name="photos", oauth_scopes="read")
@view_config(route_name="album", oauth_scopes="read", oauth_resource=PHOTOS)
def answer(request: Request) -> Response:
    return Response(json_body=[])


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth.resource")
        config.set_oauth_token_verifier(verify)
        config.add_oauth_protected_resource(
            NOTES,
            authorization_servers=["https://as.example"],
            scopes_supported="read write",
            resource_name={"": "Notes", "it": "Appunti"},
            resource_documentation="https://api.example/docs",
        )
        config.add_oauth_protected_resource(PHOTOS, scopes_supported="read")
        for name, path in (("notes", "/notes"), ("photos", "/photos")):
            config.add_route(name, path)
        config.add_route("album", "/notes/album")
        config.scan(__name__)
        application: WSGIApplication = config.make_wsgi_app()
        return application
