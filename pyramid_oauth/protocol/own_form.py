"""Whether a form was sent by a page of ours: Pyramid's CSRF protection, asked late."""

from __future__ import annotations

from typing import Any

from pyramid.csrf import check_csrf_origin
from pyramid.interfaces import ICSRFStoragePolicy


def is_own_form(request: Any, token: str) -> bool:
    """Whether the form came from our page: Pyramid's own CSRF storage decides.

    Asked by the view, on strictly read input: Pyramid's check would read the body
    before us and fail on bytes that are no text.
    """
    storage = request.registry.getUtility(ICSRFStoragePolicy)
    if not storage.check_csrf_token(request, token):
        return False
    try:
        return bool(check_csrf_origin(request, allow_no_origin=True, raises=False))
    except ValueError:
        return False  # an origin such as "https://[" is none
