"""Every view of ours, found by introspection, and its path.

A new view is found without a change here if it belongs to an endpoint of the tree or to
a route without variables. Nodes deeper in the tree have their path in `BELOW`.
"""

from __future__ import annotations

from pyramid.config.views import isexception
from pyramid.registry import Introspector
from webtest import TestApp, TestResponse

from pyramid_oauth.tree import ROUTE
from tests.support.types import View

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
HANDLE = "x" * 43
BELOW = {
    "pyramid_oauth.extensions.registration.views.RegisteredClient": (
        f"register/{HANDLE}"
    ),
    "pyramid_oauth.endpoints.authorize.views.Pending": f"authorize/{HANDLE}",
    "pyramid_oauth.extensions.administration.nodes.Section": "administration/users",
    "pyramid_oauth.extensions.applications.container.UnknownApplication": (
        f"applications/{HANDLE}"
    ),
    "pyramid_oauth.models.application.AbstractApplication": f"applications/{HANDLE}",
    "pyramid_oauth.endpoints.metadata.Metadata": (
        ".well-known/oauth-authorization-server"
    ),
}
"""The path, below the server, of nodes that are no endpoint themselves."""
VARIABLES = {"*issuer_path": "/oauth", "*resource_path": "/api"}
"""What stands for the variables in the patterns of routes."""


def module_of(view: View) -> str:
    """The module in which the code of a view stands."""
    view_callable = view["callable"]
    return getattr(view_callable, "__module__", type(view_callable).__module__)


def find_views(
    introspector: Introspector, package: str = "pyramid_oauth."
) -> list[View]:
    """The introspectables of every view whose code is in `package`."""
    return [
        item["introspectable"]
        for item in introspector.get_category("views")
        if module_of(item["introspectable"]).startswith(package)
    ]


def name_of(view: View) -> str:
    """How a failing view is named."""
    view_callable = view["callable"]
    name = getattr(view_callable, "__qualname__", type(view_callable).__name__)
    return f"{module_of(view)}.{name} ({view['context'] or view['route_name']})"


def has_declared_permission(introspector: Introspector, view: View) -> bool:
    """Whether the view declares a permission, or that it needs none.

    Ask a configuration without a default permission: that would speak for it.
    """
    categories = [one.category_name for one in introspector.related(view)]
    return "permissions" in categories


def has_declared_csrf_check(view: View) -> bool:
    """Whether the view decides about CSRF; `oauth_scopes` decides by the token."""
    return view.get("require_csrf") is not None or view.get("oauth_scopes") is not None


def find_path(introspector: Introspector, view: View, server: str = "/oauth") -> str:
    """The path at which the view answers."""
    route = view["route_name"]
    if route not in (None, ROUTE):
        pattern = introspector.get("routes", route)["pattern"]
        for variable, value in VARIABLES.items():
            pattern = pattern.replace(variable, value)
        assert not set(pattern) & set("*{"), (
            f"say in tests/support/views.py what {pattern} is"
        )
        return f"/{pattern.lstrip('/')}"
    return f"{server}/{_below(introspector, view['context'])}"


def _below(introspector: Introspector, node: type) -> str:
    for item in introspector.get_category("oauth endpoints"):
        registration = item["introspectable"]["value"]
        if registration.node is node:
            result: str = registration.name
            return result
    dotted = f"{node.__module__}.{node.__qualname__}"
    assert dotted in BELOW, (
        f"say in tests/support/views.py, BELOW, where a {dotted} lies"
    )
    return BELOW[dotted]


def find_paths(
    introspector: Introspector, package: str = "pyramid_oauth."
) -> list[str]:
    """The paths of all views of `package`, each once; not those of errors."""
    views_found = find_views(introspector, package)
    return sorted(
        {
            find_path(introspector, view)
            for view in views_found
            if not _is_for_errors(view)
        }
    )


def _is_for_errors(view: View) -> bool:
    return bool(isexception(view["context"]))


def check_methods(browser: TestApp, path: str) -> set[str]:
    """The methods of `path`: each is answered, or refused with what is allowed.

    Returns those that are allowed.
    """
    allowed = _allow(_ask(browser, path, "BREW"))
    for method in METHODS:
        answer = _ask(browser, path, method)
        if method in allowed:
            assert answer.status_int != 405, (path, method)
        else:
            assert _allow(answer) == allowed, (path, method)
        assert answer.status_int < 500, (path, method, answer.status)
        check_caching(path, method, answer)
        if answer.body:
            sniffing = answer.headers.get("X-Content-Type-Options")
            assert sniffing == "nosniff", (path, method, answer.status)
    return allowed


def _ask(browser: TestApp, path: str, method: str) -> TestResponse:
    return browser.request(path, method=method, expect_errors=True)


def _allow(answer: TestResponse) -> set[str]:
    assert answer.status_int == 405, (answer.request.path, answer.status)
    return {word.strip() for word in answer.headers["Allow"].split(",")}


def check_caching(path: str, method: str, answer: TestResponse) -> None:
    """Check that caching is explicit: `no-store`, or a document with a validator.

    (RFC 9111 section 4.2.2; RFC 6749 section 5.1.) Answers to OPTIONS are not cached.
    """
    if method == "OPTIONS":
        return
    cache_control = answer.headers.get("Cache-Control", "")
    validator = "ETag" in answer.headers or "Last-Modified" in answer.headers
    is_document = "max-age=" in cache_control and validator
    assert cache_control == "no-store" or (is_document and method in ("GET", "HEAD")), (
        f"{method} {path}: {answer.status}, Cache-Control: {cache_control!r}"
    )
