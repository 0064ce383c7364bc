"""A Cornice service: its decorators take the view options of protected views."""

import os

from cornice import Service
from pyramid.config import Configurator
from waitress import serve

from pyramid_oauth.resource import identity

NOTES = ["Buy milk"]

notes = Service(name="notes", path="/notes")

SETTINGS = {
    "pyramid_oauth.token_verifiers": "introspection",
    "pyramid_oauth.token_issuer": "env:ISSUER",
    "pyramid_oauth.introspection_client_id": "env:CLIENT_ID",
    "pyramid_oauth.introspection_client_secret": "env:CLIENT_SECRET",
}


@notes.get(oauth_scopes="read")
def read_notes(request):
    return {"client": identity(request).client_id, "notes": NOTES}


@notes.post(oauth_scopes="write", oauth_throttle="10/m")
def add_note(request):
    NOTES.append(request.text)
    return {"notes": NOTES}


def main():
    with Configurator(settings=SETTINGS) as config:
        config.include("cornice")
        config.include("pyramid_oauth.resource")
        config.scan(__name__)
        return config.make_wsgi_app()


if __name__ == "__main__":
    serve(main(), host="localhost", port=int(os.environ["PORT"]))
