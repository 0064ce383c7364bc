"""Processing of every request to the API: token, scope, permission, errors.

RFC 6750 for the token, RFC 9110 section 13 for preconditions, RFC 9457 for errors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response
from sqlalchemy.exc import IntegrityError

from pyramid_oauth.clients.drafts import ChangedMeanwhile
from pyramid_oauth.errors import FieldErrors, headers_of
from pyramid_oauth.extensions.applications.container import (
    VIEW,
    ApplicationContainer,
    UnknownApplication,
)
from pyramid_oauth.extensions.applications.manager import (
    NotPermitted,
)
from pyramid_oauth.extensions.applications.owner_limits import TooManyApplications
from pyramid_oauth.extensions.applications_api.manager import TokenManager
from pyramid_oauth.extensions.applications_api.problems import (
    as_problem,
    field_problem,
    problem,
)
from pyramid_oauth.extensions.applications_api.properties import Property
from pyramid_oauth.extensions.applications_api.representation import (
    describe,
    properties_of,
)
from pyramid_oauth.extensions.applications_api.settings import (
    NAME,
    ApplicationsApiSettings,
)
from pyramid_oauth.http.forms import read_json
from pyramid_oauth.http.responses import NO_SNIFF, NO_STORE, doom_transaction
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.resource import Outcome, authenticate
from pyramid_oauth.resource.challenge import refusal, refuse_outcome
from pyramid_oauth.server import Server, ServerRequest

SAFE = frozenset({"GET", "HEAD"})


class PreconditionRequired(Exception):
    """The request must say which state of the application it changes."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request with a valid token that has the scope.

    Attributes:
        request: The Pyramid request.
        context: The container, or an application that the token may see.
        manager: What the token may do.
    """

    request: ServerRequest
    context: Any
    manager: TokenManager

    @property
    def properties(self) -> Mapping[str, Property]:
        """The properties that the token sees and sets, by name."""
        model: Any = self.request.oauth.models.Application
        return properties_of(model, by_administrator=self.manager.is_administrator)

    def read(self) -> dict[str, Any]:
        """Return the JSON object of the body; raises OAuth2Error."""
        return read_json(self.request, self.request.oauth.settings.body_limit)

    def expected_revision(self, *, is_required: bool = False) -> int | None:
        """Return the present revision if `If-Match` names it; None without the header.

        Raises:
            PreconditionRequired: The header is missing.
            ChangedMeanwhile: It names another state.
        """
        named = self.request.headers.get("If-Match")
        if named is None:
            if is_required:
                raise PreconditionRequired
            return None
        if not self.is_present_state(named):
            raise ChangedMeanwhile(self.context.client_id)
        revision: int = self.context.revision
        return revision

    def is_present_state(self, named: str) -> bool:
        """Whether a list of ETags names the present state of the application.

        Weak tags never match (strong comparison, RFC 9110 section 8.8.3.2).
        """
        tag = f'"{self.context.revision}"'
        return named.strip() == "*" or tag in map(str.strip, named.split(","))

    def url(self, application: AbstractApplication) -> str:
        """Return the URL of an application."""
        server: Server = self.request.oauth.server
        located: Any = application
        return f"{server.url(located.__parent__.__name__)}/{located.__name__}"

    def show(
        self,
        application: AbstractApplication,
        status: int = 200,
        secret: str | None = None,
    ) -> Response:
        """Return an application as JSON, with its ETag, and with a new secret."""
        body = describe(application, self.properties.values())
        if secret is not None:
            body["client_secret"] = secret
        response = json_response(body, status)
        response.etag = str(application.revision)
        return response


def json_response(body: object, status: int = 200) -> Response:
    """Return JSON that no cache stores."""
    response = Response(
        status=status,
        headerlist=[("Content-Type", "application/json"), NO_STORE, NO_SNIFF],
    )
    response.body = json.dumps(body).encode()
    return response


Handler = Callable[[Call], Response]


def as_view(
    handlers: Mapping[str, Handler],
) -> Callable[[Any, ServerRequest], Response]:
    """Return the Pyramid view that chooses a handler by the method."""
    allowed = ", ".join(handlers)

    def respond(context: Any, request: ServerRequest) -> Response:  # noqa: ANN401 - the host's class
        handler = handlers.get(request.method)
        if handler is None:
            response = problem(405, f"Use one of: {allowed}.")
            response.headers["Allow"] = allowed
            return response
        call = _call(context, request)
        return call if isinstance(call, Response) else _answer(handler, call)

    return respond


def _call(context: Any, request: ServerRequest) -> Call | Response:  # noqa: ANN401 - the host's class
    """Return the call, or the error if the token, scope or application is missing."""
    outcome = authenticate(request, is_of_server=True)
    identity, server = outcome.identity, request.oauth.server
    if identity is not None and not server.is_audience(NAME, identity.audience):
        outcome = Outcome(outcome.place, error="invalid_token")
        identity = None
    if identity is None:
        return as_problem(refuse_outcome(request, outcome))
    section = request.oauth.settings[ApplicationsApiSettings]
    reads = request.method in SAFE
    scope = (
        section.applications_read_scope if reads else section.applications_write_scope
    )
    if not identity.has(scope):
        return as_problem(refusal(request, "insufficient_scope", scope))
    if isinstance(context, UnknownApplication):
        return problem(404)
    is_container = isinstance(context, ApplicationContainer)
    container = context if is_container else context.__parent__
    subject = identity.user_id or f"client:{identity.client_id}"
    manager = TokenManager(request, container, subject, identity)
    if identity.user_id is None and not manager.is_administrator:
        return problem(403, "This client may not manage applications.")
    if not is_container and not manager.may(VIEW, context):
        return problem(404)
    return Call(request=request, context=context, manager=manager)


def _answer(handler: Handler, call: Call) -> Response:
    """Call the handler; convert its exceptions to error responses."""
    try:
        return handler(call)
    except FieldErrors as refused:
        return field_problem(refused.errors)
    except NotPermitted:
        return problem(403, "The token does not permit this.")
    except TooManyApplications:
        return problem(403, "The owner has as many applications as permitted.")
    except PreconditionRequired:
        return problem(428, "Send If-Match with the ETag of what you have read.")
    except ChangedMeanwhile:
        return problem(412, "The application has been changed; read it again.")
    except IntegrityError:  # a parallel request has stored the same unique value
        refused_by_database = problem(409, "Another application has one of the values.")
        return doom_transaction(call.request, refused_by_database)
    except OAuth2Error as error:
        response = problem(error.status_code, error.description or "")
        response.headers.update(headers_of(error))
        return response
