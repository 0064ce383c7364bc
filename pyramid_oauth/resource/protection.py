"""View options that set requirements for the access token, such as `oauth_scopes`.

RFC 6750 section 3.1. An error response is returned, not raised, so that a catch-all
exception view of the host cannot replace it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from pyramid.response import Response
from pyramid.viewderivers import csrf_view

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import ViewDeriverInfo
from pyramid_oauth.interfaces.request import AnyRequest, Request
from pyramid_oauth.resource.authentication import (
    admit,
    authentication,
    enter_resources,
    known_authentication,
)
from pyramid_oauth.resource.challenge import Unmet, refuse_outcome, refuse_unmet
from pyramid_oauth.resource.protected_resource import (
    PROTECTED_RESOURCES,
    ProtectedResources,
)
from pyramid_oauth.resource.scopes import ByMethod, Scopes, requirement
from pyramid_oauth.resource.token_identity import TokenIdentity

View = Callable[[Any, Request], Response]

RESOURCE = "oauth_resource"
"""The option that names the protected resource of a view."""

SCOPES = "oauth_scopes"
"""The only option by which a view accepts tokens (see OAuthSecurityPolicy)."""


class Requirement(Protocol):
    """A requirement of a view for the access token."""

    def unmet(self, request: AnyRequest, identity: TokenIdentity) -> Unmet | None:
        """Return what a valid token lacks; None if it is sufficient."""


SENDER_CONSTRAINED = "oauth_sender_constrained"
"""The option of views that accept only tokens bound to a key of their sender."""


class SenderConstraintRequirement:
    """The requirement of `oauth_sender_constrained` (RFC 9700 section 2.2.1).

    Every confirmation of a token was proven before.
    """

    def __init__(self, value: bool) -> None:
        if value is not True:
            raise ConfigurationError(
                f"{SENDER_CONSTRAINED} is True, or the option is left out"
            )

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """Return an error if whoever has the token can use it."""
        if identity.confirmation:
            return None
        return Unmet(
            "invalid_token",
            status=401,
            description="The access token must be bound to a key of its sender.",
        )


class ScopeRequirement:
    """The requirement of `oauth_scopes`."""

    def __init__(self, value: Scopes | ByMethod) -> None:
        self.needed = requirement(value)

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """Return the required scopes if the token lacks them."""
        scope = self.needed.needed(request.method, identity)
        return None if scope is None else Unmet(scope=scope)

    def scope_without_token(self, request: Request) -> str:
        """Return the scopes that a client without a valid token is to ask for."""
        return self.needed.needed(request.method, None) or ""


class BeforeScopes:
    """A requirement whose refusal also names the scopes that the token lacks."""

    def __init__(self, requirement: Requirement, scopes: ScopeRequirement) -> None:
        self._requirement = requirement
        self._scopes = scopes
        self.scope_without_token = scopes.scope_without_token

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """Return what the token lacks; None if it meets the requirement itself."""
        unmet = self._requirement.unmet(request, identity)
        lacking = unmet and self._scopes.unmet(request, identity)
        return replace(unmet, scope=lacking.scope) if unmet and lacking else unmet


def requirement_deriver(
    options: tuple[str, ...],
    create: Callable[..., Requirement],
    *,
    before_scopes: bool = False,
) -> Callable[[View, Any], View]:
    """Return the deriver of view options: check the token before permission and CSRF.

    The permission of the view is checked in addition.
    """
    is_scope_option = SCOPES in options

    def deriver(view: View, info: ViewDeriverInfo) -> View:
        values = [info.options.get(option) for option in options]
        if values == [None] * len(values):
            return view
        scopes = info.options.get(SCOPES) if before_scopes else None
        token_requirement = _with_scopes(create(*values), scopes)
        scope = getattr(token_requirement, "scope_without_token", _no_scope)
        exempt = _is_preflight if _is_options_view(info) else _never

        def protected(context: object, request: Request) -> Response:
            if exempt(request):
                return view(context, request)
            outcome = authentication(request)
            if outcome.identity is None:
                return refuse_outcome(request, outcome, scope(request))
            unmet = token_requirement.unmet(request, outcome.identity)
            if unmet is not None:
                return refuse_unmet(request, unmet)
            if is_scope_option:
                admit(request)
            return view(context, request)

        return protected

    deriver.options = options  # type: ignore[attr-defined]
    return deriver


def resource_view(view: View, info: ViewDeriverInfo) -> View:
    """View deriver: the view belongs to the resource that `oauth_resource` names.

    It is the outermost of ours, so that the token is judged for that resource.
    """
    identifier = info.options.get(RESOURCE)
    if identifier is None:
        return view
    resources: ProtectedResources = info.registry[PROTECTED_RESOURCES]
    resources.named.add(identifier)

    def in_resource(context: object, request: Request) -> Response:
        enter_resources(request, resources.by_identifier[identifier])
        return view(context, request)

    return in_resource


resource_view.options = (RESOURCE,)  # type: ignore[attr-defined]


def token_csrf_view(view: View, info: ViewDeriverInfo) -> View:
    """View deriver: skip the CSRF check for authentication by the Authorization header.

    A foreign page cannot send that header with the visitor's browser, but it can post
    a form: a token in body or query keeps the check, as does a view that sets
    `require_csrf` itself.
    """
    options = info.options
    if options.get("oauth_scopes") is None or options.get("require_csrf") is not None:
        return view
    checked: View = csrf_view(view, info)
    if checked is view:
        return view
    # Derivers run from the view outwards: Pyramid's own reads this option after us.
    options["require_csrf"] = False

    def token_or_csrf(context: object, request: Request) -> Response:
        return (checked if needs_csrf_check(request) else view)(context, request)

    return token_or_csrf


def needs_csrf_check(request: Request) -> bool:
    """Return False if a valid token in the Authorization header authenticates it.

    For `config.set_default_csrf_options(callback=needs_csrf_check)`, for views
    without `oauth_scopes` in a host whose policy is an OAuthSecurityPolicy.
    """
    outcome = known_authentication(request)
    return outcome.identity is None or outcome.place != "header"


class OAuthScopePredicate:
    """View predicate `oauth_scope`: the view matches only tokens with these scopes.

    To choose between views. If it fails, the next view is tried, or the response is
    404, without a challenge; to protect a view use the option `oauth_scopes`.
    """

    def __init__(self, value: Scopes | ByMethod, info: object) -> None:
        self.needed = requirement(value)

    def text(self) -> str:
        """Return the description for `pviews`."""
        return f"oauth_scope = {self.needed}"

    phash = text

    def __call__(self, context: object, request: Request) -> bool:
        """Whether the token of the request is valid and has the scopes."""
        token = known_authentication(request).identity
        return token is not None and self.needed.needed(request.method, token) is None


def _is_options_view(info: ViewDeriverInfo) -> bool:
    # A view for all methods would hand out its data to a forged preflight.
    return any(each.text() == "request_method = OPTIONS" for each in info.predicates)


def _is_preflight(request: Request) -> bool:
    headers = request.headers
    return "Origin" in headers and "Access-Control-Request-Method" in headers


def _with_scopes(
    requirement: Requirement, scopes: Scopes | ByMethod | None
) -> Requirement:
    if scopes is None:
        return requirement
    return BeforeScopes(requirement, ScopeRequirement(scopes))


def _no_scope(request: Request) -> str:
    return ""


def _never(request: Request) -> bool:
    return False
