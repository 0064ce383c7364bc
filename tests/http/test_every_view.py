"""Every view of the library declares its permission, CSRF check, methods and caching.

Defaults of a host (a permission, a CSRF check, no cache headers) change nothing. New
endpoints are found automatically: see `tests/support/views.py`.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFToken
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from webtest import TestApp

from pyramid_oauth import endpoints
from tests.support import views
from tests.support.host import SETTINGS, Host

ALL_FEATURES = {
    "profile": "legacy",
    "openid": "true",
    "session_management": "true",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
    "registration": "open",
    "protected_resource": "https://as.example/api",
}
"""The settings that switch every optional feature on."""
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture(scope="module")
def library_introspector():
    """A configuration with every feature and no defaults of a host."""
    settings = {f"pyramid_oauth.{name}": value for name, value in ALL_FEATURES.items()}
    config = Configurator(settings={**SETTINGS, **settings})
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    config.commit()
    return config.introspector


def refuse_everything(config):
    """A host with a default permission, CSRF checks and no HTTP cache headers."""
    config.add_settings({"pyramid.prevent_http_cache": True})
    config.set_default_permission("administer")
    config.set_default_csrf_options(require_csrf=True)
    config.add_forbidden_view(refused)
    config.add_exception_view(refused, context=BadCSRFToken)


def refused(request):
    return Response("refused by the host", status=403)


@pytest.fixture(scope="module")
def strict_browser(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('views')}/views.sqlite"
    host = Host(url, refuse_everything, **ALL_FEATURES)
    yield TestApp(
        host.wsgi,
        lint=False,  # WebTest refuses unusual methods
        extra_environ={"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"},
    )
    host.engine.dispose()


def test_every_endpoint_of_the_tree_is_checked(library_introspector):
    """Every endpoint module is switched on in `ALL_FEATURES`."""
    registered = views.find_views(library_introspector)
    modules = {views.module_of(view) for view in registered}
    modules |= {getattr(view["context"], "__module__", "") for view in registered}
    for module in pkgutil.iter_modules(endpoints.__path__, f"{endpoints.__name__}."):
        if hasattr(importlib.import_module(module.name), "includeme"):
            matching = [
                name for name in modules if f"{name}.".startswith(f"{module.name}.")
            ]
            assert matching, f"switch {module.name} on in ALL_FEATURES"


def test_every_view_declares_its_permission(library_introspector):
    assert not [
        views.name_of(view)
        for view in views.find_views(library_introspector)
        if not views.has_declared_permission(library_introspector, view)
    ]


def test_every_view_declares_its_csrf_check(library_introspector):
    assert not [
        views.name_of(view)
        for view in views.find_views(library_introspector)
        if not views.has_declared_csrf_check(view)
    ]


@pytest.mark.spec("RFC 9110", "15.5.6")
@pytest.mark.spec("RFC 9111", "5.2.2.5")
def test_every_path_declares_its_methods_and_caching(
    library_introspector, strict_browser
):
    for path in views.find_paths(library_introspector):
        allowed = views.check_methods(strict_browser, path)
        assert allowed & {"GET", "POST"}, path


def test_defaults_of_the_host_do_not_change_our_views(
    library_introspector, strict_browser
):
    for path in views.find_paths(library_introspector):
        for method in ("GET", "POST"):
            answer = strict_browser.request(path, method=method, expect_errors=True)
            assert "refused by the host" not in answer.text, (path, method)
