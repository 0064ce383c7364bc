"""Request: what the ready-made server adds to a request, for annotations."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session

from pyramid_oauth.typing import OAuthRequest


class Request(OAuthRequest, Protocol):
    """A request to the ready-made server."""

    dbsession: Session
