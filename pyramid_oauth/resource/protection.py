"""View options that ask something of the token; `oauth_scopes` is the first.

RFC 6750 section 3.1. A refusal is returned, not raised: a catch-all exception view of
the host must not turn it into something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pyramid.request import Request
from pyramid.response import Response
from pyramid.viewderivers import csrf_view

from pyramid_oauth.resource.authentication import admit, authentication
from pyramid_oauth.resource.challenge import Unmet, refuse_outcome, refuse_unmet
from pyramid_oauth.resource.scopes import requirement
from pyramid_oauth.resource.token_identity import TokenIdentity

View = Callable[[Any, Request], Response]

SCOPES = "oauth_scopes"
"""The one option by which a view lets tokens in (see OAuthSecurityPolicy)."""


class Requirement(Protocol):
    """What a view asks of the token that calls it."""

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """What a valid token lacks; None where it is enough."""


class ScopeRequirement:
    """The requirement of `oauth_scopes`."""

    def __init__(self, value: Any) -> None:
        self.needed = requirement(value)

    def unmet(self, request: Request, identity: TokenIdentity) -> Unmet | None:
        """The scopes to ask for, where those of the token are not enough."""
        scope = self.needed.needed(request.method, identity)
        return None if scope is None else Unmet(parameters={"scope": scope})


def requirement_deriver(
    option: str, made: Callable[[Any], Requirement]
) -> Callable[[View, Any], View]:
    """The deriver of a view option: check the token before permission and CSRF.

    All must agree: whoever passes here still needs the permission of the view.
    """
    admits = option == SCOPES

    def deriver(view: View, info: Any) -> View:
        if info.options.get(option) is None:
            return view
        needed = made(info.options[option])
        exempt = _is_preflight if _takes_options_only(info) else _never

        def protected(context: Any, request: Request) -> Response:
            if exempt(request):
                return view(context, request)
            outcome = authentication(request)
            if outcome.identity is None:
                return refuse_outcome(request, outcome)
            unmet = needed.unmet(request, outcome.identity)
            if unmet is not None:
                return refuse_unmet(request, unmet)
            if admits:
                admit(request)
            return view(context, request)

        return protected

    deriver.options = (option,)  # type: ignore[attr-defined]
    return deriver


def token_csrf_view(view: View, info: Any) -> View:
    """Deriver: no CSRF check for who authenticates by the Authorization header.

    A foreign page cannot send that header with the visitor's browser, but it can post
    a form: a token in body or query leaves the check in place. So does a view that
    says `require_csrf` itself.
    """
    options = info.options
    if options.get("oauth_scopes") is None or options.get("require_csrf") is not None:
        return view
    checked: View = csrf_view(view, info)
    if checked is view:
        return view
    # Derivers run from the view outwards: Pyramid's own reads this option after us.
    options["require_csrf"] = False

    def token_or_csrf(context: Any, request: Request) -> Response:
        return (checked if needs_csrf_check(request) else view)(context, request)

    return token_or_csrf


def needs_csrf_check(request: Request) -> bool:
    """False for a request that a valid token in its Authorization header proves.

    Fit for `config.set_default_csrf_options(callback=needs_csrf_check)`, for views
    without `oauth_scopes` in a host whose policy is an OAuthSecurityPolicy.
    """
    outcome = authentication(request)
    return outcome.identity is None or outcome.place != "header"


class OAuthScopePredicate:
    """View predicate `oauth_scope`: the view exists only for tokens that carry it.

    For dispatch between views. A request that fails it meets no challenge but the
    next view, or 404; to protect a view use the option `oauth_scopes`.
    """

    def __init__(self, value: Any, info: Any) -> None:
        self.needed = requirement(value)

    def text(self) -> str:
        """How the predicate reads in `pviews`."""
        return f"oauth_scope = {self.needed}"

    phash = text

    def __call__(self, context: Any, request: Request) -> bool:
        """Whether the token of the request is good and carries the scopes."""
        held = authentication(request).identity
        return held is not None and self.needed.needed(request.method, held) is None


def _takes_options_only(info: Any) -> bool:
    # A view for all methods would hand out its data to a forged preflight.
    return any(each.text() == "request_method = OPTIONS" for each in info.predicates)


def _is_preflight(request: Request) -> bool:
    headers = request.headers
    return "Origin" in headers and "Access-Control-Request-Method" in headers


def _never(request: Request) -> bool:
    return False
