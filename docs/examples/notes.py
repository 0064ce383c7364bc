"""An API in a process of its own, without a database of tokens."""

from wsgiref.types import WSGIApplication

from pyramid.config import Configurator

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource import identity


def notes(request: Request) -> dict[str, str | None]:
    token = identity(request)
    assert token is not None  # the view has oauth_scopes
    return {"user": token.user_id, "client": token.client_id}


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth.resource")
        config.add_route("notes", "/notes")
        config.add_view(notes, route_name="notes", renderer="json", oauth_scopes="read")
        application: WSGIApplication = config.make_wsgi_app()
        return application
