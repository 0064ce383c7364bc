"""A Pyramid API without tables that asks the issuer about tokens."""

import os
from wsgiref.types import WSGIApplication

from pyramid.config import Configurator
from pyramid.view import view_config
from waitress import serve

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource import by_method, identity

NOTES: list[str] = ["Buy milk"]

SETTINGS = {
    "pyramid_oauth.token_verifiers": "introspection",
    "pyramid_oauth.token_issuer": "env:ISSUER",
    "pyramid_oauth.introspection_client_id": "env:CLIENT_ID",
    "pyramid_oauth.introspection_client_secret": "env:CLIENT_SECRET",
    "pyramid_oauth.throttle": "100/m",
}


@view_config(
    route_name="notes",
    renderer="json",
    oauth_scopes=by_method(read="read", write="write"),
)
def notes(request: Request) -> dict[str, object]:
    token = identity(request)
    assert token is not None  # the view has oauth_scopes
    if request.method == "POST":
        NOTES.append(request.body.decode())
    return {"client": token.client_id, "notes": NOTES}


def main() -> WSGIApplication:
    with Configurator(settings=SETTINGS) as config:
        config.include("pyramid_oauth.resource")
        config.add_route("notes", "/notes", request_method=("GET", "POST"))
        config.scan(__name__)
        application: WSGIApplication = config.make_wsgi_app()
        return application


if __name__ == "__main__":
    serve(main(), host="localhost", port=int(os.environ["PORT"]))
