"""View options that set requirements for the access token, such as `oauth_scopes`.

RFC 6750 section 3.1. An error response is returned, not raised, so that a catch-all
exception view of the host cannot replace it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pyramid.response import Response
from pyramid.viewderivers import csrf_view

from pyramid_oauth.interfaces.configurator import ViewDeriverInfo
from pyramid_oauth.interfaces.request import AnyRequest, Request
from pyramid_oauth.resource.authentication import admit, authentication
from pyramid_oauth.resource.challenge import Unmet, refuse_outcome, refuse_unmet
from pyramid_oauth.resource.scopes import ByMethod, Scopes, requirement
from pyramid_oauth.resource.token_identity import TokenIdentity

View = Callable[[Any, Request], Response]

SCOPES = "oauth_scopes"
"""The only option by which a view accepts tokens (see OAuthSecurityPolicy)."""


class Requirement(Protocol):
    """A requirement of a view for the access token."""

    def unmet(self, request: AnyRequest, identity: TokenIdentity) -> Unmet | None:
        """Return what a valid token lacks; None if it is sufficient."""


class ScopeRequirement:
    """The requirement of `oauth_scopes`."""

    def __init__(self, value: Scopes | ByMethod) -> None:
        self.needed = requirement(value)

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """Return the required scopes if the token lacks them."""
        scope = self.needed.needed(request.method, identity)
        return None if scope is None else Unmet(parameters={"scope": scope})


def requirement_deriver(
    option: str, create: Callable[[Any], Requirement]
) -> Callable[[View, Any], View]:
    """Return the deriver of a view option: check the token before permission and CSRF.

    The permission of the view is checked in addition.
    """
    is_scope_option = option == SCOPES

    def deriver(view: View, info: ViewDeriverInfo) -> View:
        if info.options.get(option) is None:
            return view
        token_requirement = create(info.options[option])
        exempt = _is_preflight if _is_options_view(info) else _never

        def protected(context: object, request: Request) -> Response:
            if exempt(request):
                return view(context, request)
            outcome = authentication(request)
            if outcome.identity is None:
                return refuse_outcome(request, outcome)
            unmet = token_requirement.unmet(request, outcome.identity)
            if unmet is not None:
                return refuse_unmet(request, unmet)
            if is_scope_option:
                admit(request)
            return view(context, request)

        return protected

    deriver.options = (option,)  # type: ignore[attr-defined]
    return deriver


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
    outcome = authentication(request)
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
        token = authentication(request).identity
        return token is not None and self.needed.needed(request.method, token) is None


def _is_options_view(info: ViewDeriverInfo) -> bool:
    # A view for all methods would hand out its data to a forged preflight.
    return any(each.text() == "request_method = OPTIONS" for each in info.predicates)


def _is_preflight(request: Request) -> bool:
    headers = request.headers
    return "Origin" in headers and "Access-Control-Request-Method" in headers


def _never(request: Request) -> bool:
    return False
