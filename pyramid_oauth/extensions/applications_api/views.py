"""The operations of the API: list, register, read, change, rotate the secret, delete.

RFC 9110 for methods and preconditions, RFC 7396 for the change of some members.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pyramid.response import Response

from pyramid_oauth.clients.listing import (
    PAGE_SIZE,
    ApplicationQuery,
    list_applications,
)
from pyramid_oauth.extensions.applications.container import (
    CHANGE,
    ApplicationContainer,
)
from pyramid_oauth.extensions.applications.manager import NotPermitted
from pyramid_oauth.extensions.applications_api.calls import Call, json_response
from pyramid_oauth.extensions.applications_api.openapi import build_document
from pyramid_oauth.extensions.applications_api.problems import problem
from pyramid_oauth.extensions.applications_api.representation import (
    DISABLED,
    describe,
    read_values,
    require_members,
)
from pyramid_oauth.http.documents import CachedDocument
from pyramid_oauth.http.forms import read_query
from pyramid_oauth.http.responses import NO_STORE
from pyramid_oauth.models.client_metadata_fields import Errors, add_error
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.tree import Node

OPENAPI = "openapi.json"

DOCUMENT = "pyramid_oauth.applications_api.document"
"""The key of the serialized OpenAPI document in the registry."""

LARGEST_PAGE = 100


class ApplicationsApi(ApplicationContainer):
    """`applications_api`: all applications that a token may see, as JSON."""

    def __getitem__(self, name: str) -> Node:
        if name == OPENAPI:
            raise KeyError(name)
        found: Node = super().__getitem__(name)
        return found


def list_(call: Call) -> Response:
    """Return a page of applications, the newest first."""
    sent = read_query(call.request)
    size = _page_size(sent.get("limit", str(PAGE_SIZE)))
    if size is None:
        return problem(400, f"limit must be between 1 and {LARGEST_PAGE}.")
    server, manager = call.request.oauth.server, call.manager
    query = ApplicationQuery(
        owner=None if manager.is_administrator else manager.subject,
        search=sent.get("search", ""),
        after=sent.get("after"),
        size=size,
    )
    page = list_applications(server, call.request.oauth.session, query)
    shown = [describe(each, call.properties.values()) for each in page.applications]
    response = json_response({"applications": shown, "next": page.next})
    if page.next is not None:
        following = urlencode({**sent, "after": page.next})
        url = f"{server.url(call.context.__name__)}?{following}"
        response.headers["Link"] = f'<{url}>; rel="next"'
    return response


def _page_size(text: str) -> int | None:
    """Return the number of applications on a page; None if `text` is no such number."""
    is_short = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_PAGE))
    return int(text) if is_short and 0 < int(text) <= LARGEST_PAGE else None


def register(call: Call) -> Response:
    """Register an application; only this response has its secret."""
    sent, errors = call.read(), Errors()
    values = read_values(sent, call.properties, errors)
    require_members(sent, call.properties, errors)
    registered = call.manager.register(values, errors)
    application = registered.application
    response = call.show(application, 201, registered.client_secret)
    response.headers["Location"] = call.url(application)
    return response


def read(call: Call) -> Response:
    """Return one application, or 304 if the client knows its present state."""
    response = call.show(call.context)
    if call.is_present_state(call.request.headers.get("If-None-Match", "")):
        return Response(status=304, headerlist=[("ETag", response.headers["ETag"])])
    return response


def change(call: Call) -> Response:
    """Replace some members; null removes a value (RFC 7396)."""
    application, errors = call.context, Errors()
    revision = call.expected_revision(is_required=True)
    sent = call.read()
    disabled = sent.pop(DISABLED, None)
    if disabled is not None and not isinstance(disabled, bool):
        add_error(errors, DISABLED, "must be true or false")
    elif disabled is False and not _may_be_enabled(call):
        raise NotPermitted(CHANGE)  # checked before anything is written
    values = read_values(sent, call.properties, errors)
    secret = call.manager.change(application, values, revision=revision, errors=errors)
    if disabled is not None:
        call.manager.set_enabled(application, not disabled)
    return call.show(application, secret=secret)


def _may_be_enabled(call: Call) -> bool:
    is_enabled = call.context.disabled_at is None
    return is_enabled or call.manager.may_enable(call.context)


def rotate_secret(call: Call) -> Response:
    """Generate a new secret; only this response has it."""
    rotated = call.manager.rotate_secret(
        call.context, revision=call.expected_revision()
    )
    return call.show(call.context, secret=rotated.client_secret)


def delete(call: Call) -> Response:
    """Delete the application with its grants, consents and tokens."""
    call.expected_revision()
    call.manager.delete(call.context)
    return Response(status=204, headerlist=[NO_STORE])


def openapi(context: ApplicationsApi, request: ServerRequest) -> Response:
    """Return the OpenAPI document, which anybody may read."""
    document: CachedDocument | None = request.registry.get(DOCUMENT)
    if document is None:
        described = build_document(request.oauth.server, context.__name__ or "")
        document = CachedDocument.of(described, "public, max-age=3600")
        request.registry[DOCUMENT] = document
    return document.answer(request)
