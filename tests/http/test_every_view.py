"""Every view of the library: permission, CSRF, methods and caching are said, by it.

A host's defaults (a permission, a CSRF check, no cache headers) change nothing. New
endpoints are walked by themselves: see `tests/support/views.py`.
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

EVERYTHING = {
    "profile": "legacy",
    "openid": "true",
    "session_management": "true",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
    "registration": "open",
}
"""The settings that switch on whatever can be switched on."""
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture(scope="module")
def library_introspector():
    """A configuration with everything on and none of a host's defaults."""
    named = {f"pyramid_oauth.{name}": value for name, value in EVERYTHING.items()}
    config = Configurator(settings={**SETTINGS, **named})
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    config.commit()
    return config.introspector


def refuse_everything(config):
    """A host that forbids, wants CSRF tokens and keeps Pyramid from cache headers."""
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
    host = Host(url, refuse_everything, **EVERYTHING)
    yield TestApp(
        host.wsgi,
        lint=False,  # WebTest knows no methods but the usual ones
        extra_environ={"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"},
    )
    host.engine.dispose()


def test_every_endpoint_of_the_tree_is_checked(library_introspector):
    """Nothing is left out because this test forgot to switch it on."""
    registered = views.find_views(library_introspector)
    seen = {views.module_of(view) for view in registered}
    seen |= {getattr(view["context"], "__module__", "") for view in registered}
    for module in pkgutil.iter_modules(endpoints.__path__, f"{endpoints.__name__}."):
        if hasattr(importlib.import_module(module.name), "includeme"):
            found = [name for name in seen if f"{name}.".startswith(f"{module.name}.")]
            assert found, f"switch {module.name} on in EVERYTHING"


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
