"""The demo API: the current user, and notes; it accepts bearer tokens only.

RFC 6750 through the view option `oauth_scopes`; RFC 8259 for the bodies.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy import select

from pyramid_oauth.http.responses import FixedResponse
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_object
from pyramid_oauth.resource import TokenIdentity, identity
from pyramid_oauth.standalone.models import Note, User
from pyramid_oauth.standalone.page import add_refusal
from pyramid_oauth.standalone.request import Request

MAX_NOTES = 100
"""How many notes a list has: the newest."""


def _token(request: Request) -> TokenIdentity:
    """Return the identity that `oauth_scopes` has verified."""
    return cast(TokenIdentity, identity(request))


def _subject(request: Request) -> str | None:
    """Return the user of the token; None for a client, or a user of another issuer.

    A subject is unique at its issuer only: there it may be somebody else.
    """
    token = _token(request)
    is_ours = token.issuer in (None, request.oauth.server.issuer)
    return token.user_id if is_ours else None


def me(request: Request) -> Response:
    """Return the user and the client of the token."""
    token, subject = _token(request), _subject(request)
    user = request.dbsession.get(User, subject) if subject else None
    return _json(
        {
            "sub": token.user_id,
            "username": user.username if user else None,
            "name": user.display_name if user else None,
            "client_id": token.client_id,
            "scope": token.scope,
        }
    )


def notes(request: Request) -> Response:
    """Return the newest notes of the token's user."""
    subject = _subject(request)
    asked = (
        select(Note).where(Note.subject == subject).order_by(Note.id.desc())
    ).limit(MAX_NOTES)
    return _json({"notes": [_shown(note) for note in request.dbsession.scalars(asked)]})


def add_note(request: Request) -> Response:
    """Store a note for the token's user."""
    subject = _subject(request)
    if subject is None:
        return _refusal(403, "this token speaks for no user, who could have notes")
    try:
        text = note_text(request)
    except BadBody as error:
        return _refusal(error.status, str(error))
    note = Note(subject=subject, text=text)
    request.dbsession.add(note)
    request.dbsession.flush()
    return _json(_shown(note), 201)


def _shown(note: Note) -> dict[str, str]:
    return {
        "id": str(note.id),
        "text": note.text,
        "created_at": note.created_at.isoformat(timespec="seconds"),
    }


def _refusal(status: int, description: str) -> Response:
    return _json({"error": "invalid_request", "error_description": description}, status)


def _json(content: object, status: int | None = None) -> Response:
    body = json.dumps(content).encode("utf-8")
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return FixedResponse(status=status, headerlist=headers, app_iter=[body])


def includeme(config: Configurator) -> None:
    """Add the routes and views of the demo API."""
    config.add_route("api.me", "/api/me")
    config.add_route("api.notes", "/api/notes")
    _protected(config, "api.me", "GET", "read", me)
    _protected(config, "api.notes", "GET", "read", notes)
    _protected(config, "api.notes", "POST", "write", add_note)
    add_refusal(config, "api.me", ("GET",))
    add_refusal(config, "api.notes", ("GET", "POST"))


def _protected(
    config: Configurator,
    route: str,
    method: str,
    scopes: str,
    view: Callable[[Any], Response],
) -> None:
    config.add_view(
        view,
        route_name=route,
        request_method=method,
        permission=NO_PERMISSION_REQUIRED,
        oauth_scopes=scopes,
    )


MAX_BODY_BYTES = 16 * 1024

MAX_TEXT_LENGTH = 1000


class BadBody(ValueError):
    """A refused body, with the HTTP status of the answer."""

    def __init__(self, problem: str, status: int = 400) -> None:
        self.status = status
        super().__init__(problem)


def note_text(request: Request) -> str:
    """Return the text of the note in the body `{"text": "…"}`."""
    content = _object(request)
    if set(content) != {"text"}:
        raise BadBody("the object has exactly one member, text")
    text = content["text"]
    if (
        not isinstance(text, str)
        or not 0 < len(text.strip()) <= len(text) <= MAX_TEXT_LENGTH
    ):
        raise BadBody(f"text is a string of 1 to {MAX_TEXT_LENGTH} characters")
    if not all(line.isprintable() for line in text.replace("\t", " ").split("\n")):
        raise BadBody("text has control characters")
    return text


def _object(request: Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise BadBody("the body is application/json", 415)
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise BadBody(f"the body has at most {MAX_BODY_BYTES} bytes", 413)
    try:
        return json_object(request.body_file.read(MAX_BODY_BYTES))
    except InvalidToken as error:
        raise BadBody("the body is not a JSON object") from error
