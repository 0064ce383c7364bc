"""The API: what an access token opens, by its scopes."""

from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPForbidden
from pyramid.request import Request
from pyramid.view import view_config
from sqlalchemy import select

from {{ cookiecutter.repo_name }}.models import Note
from {{ cookiecutter.repo_name }}.resources import Notes

LONGEST = 1000


@view_config(
    context=Notes, request_method="GET", renderer="json", oauth_scopes="notes.read"
)
def list_notes(request: Request) -> list[dict[str, Any]]:
    """Return the notes of the user for whom the token acts."""
    query = select(Note).where(Note.user_id == _user_id(request)).order_by(Note.id)
    return [
        {"id": note.id, "text": note.text} for note in request.dbsession.scalars(query)
    ]


@view_config(
    context=Notes,
    request_method="POST",
    renderer="json",
    oauth_scopes="notes.write",
    require_csrf=False,  # no browser sends an access token by itself
)
def add_note(request: Request) -> dict[str, Any]:
    """Add a note: `{"text": …}`."""
    try:
        text = request.json_body["text"]
    except (ValueError, KeyError, TypeError) as error:
        raise HTTPBadRequest('the body is {"text": …}') from error
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST or "\0" in text:
        raise HTTPBadRequest(f"text has 1 to {LONGEST} characters")
    note = Note(user_id=_user_id(request), text=text)
    request.dbsession.add(note)
    request.dbsession.flush()
    request.response.status_int = 201
    return {"id": note.id, "text": note.text}


def _user_id(request: Request) -> int:
    """Return the key of the user; a client that acts for itself has no notes."""
    user_id = request.oauth.identity.user_id
    if user_id is None:
        raise HTTPForbidden("this needs a token that acts for a user")
    return int(user_id)
