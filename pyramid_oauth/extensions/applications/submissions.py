"""One registration for each form that was shown, however often it is sent.

The page after a registration shows a secret that is not stored, so it cannot be the
target of a redirect: a reload sends the form again. The form has a random value; the
client identifier derives from it and from the person, so that the second request finds
the application of the first.
"""

from __future__ import annotations

from pyramid_oauth.clients.listing import find_application
from pyramid_oauth.extensions.applications.manager import Manager
from pyramid_oauth.hashing import hmac_sha256, new_credential
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.columns import new_client_id
from pyramid_oauth.server import Server

FIELD = "submission"
"""The hidden field of the form."""

PURPOSE = "registration form"

LENGTH = 22
"""Characters of a client identifier: 126 bits."""


def new_submission() -> str:
    """Return the value for a form that is shown."""
    return new_credential(16)


def client_id_for(manager: Manager, submission: str) -> str:
    """Return the client identifier of what this form registers.

    Nobody can choose it: it is signed. A form without the value gets a random one.
    """
    if not submission:
        return new_client_id()
    server: Server = manager.request.oauth.server
    key = server.settings.secret[0]
    return f"r{hmac_sha256(key, PURPOSE, manager.subject, submission)}"[:LENGTH]


def find_registered(manager: Manager, client_id: str) -> AbstractApplication | None:
    """Return the application that this form has registered already, or None."""
    server: Server = manager.request.oauth.server
    session = server.session(manager.request)
    found = find_application(server, session, client_id)
    return None if found is None else manager.container.locate(found)
