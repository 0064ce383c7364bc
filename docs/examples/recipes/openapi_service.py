"""A service of pyramid_openapi3: tokens first, then the request is validated."""

import os
from pathlib import Path

from pyramid.config import Configurator
from pyramid.view import view_config
from waitress import serve

NOTES = ["Buy milk", "Water plants"]

SETTINGS = {
    "pyramid_oauth.token_verifiers": "introspection",
    "pyramid_oauth.token_issuer": "env:ISSUER",
    "pyramid_oauth.introspection_client_id": "env:CLIENT_ID",
    "pyramid_oauth.introspection_client_secret": "env:CLIENT_SECRET",
}


@view_config(route_name="notes", renderer="json", openapi=True, oauth_scopes="read")
def notes(request):
    limit = request.openapi_validated.parameters.query.get("limit")
    return {"notes": NOTES[:limit]}


def main():
    with Configurator(settings=SETTINGS) as config:
        config.include("pyramid_openapi3")
        config.pyramid_openapi3_spec(str(Path(__file__).with_suffix(".yaml")))
        config.include("pyramid_oauth.resource")
        config.add_route("notes", "/notes")
        config.scan(__name__)
        return config.make_wsgi_app()


if __name__ == "__main__":
    serve(main(), host="localhost", port=int(os.environ["PORT"]))
