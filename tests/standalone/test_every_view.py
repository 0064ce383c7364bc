"""The views of the ready-made server, checked like those of the library."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.paster import get_appsettings
from webtest import TestApp

from pyramid_oauth.standalone import main
from tests.support import views

OURS = "pyramid_oauth.standalone."
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture
def introspector(demo_ini):
    config = Configurator(settings=get_appsettings(str(demo_ini)))
    config.include("pyramid_oauth.standalone")
    config.commit()
    yield config.introspector
    config.registry["fast_session.database"].dispose()


def test_every_view_declares_permission_and_csrf_check(
    introspector,
):
    views_found = views.find_views(introspector, OURS)
    assert len(views_found) > 10
    for view in views_found:
        assert views.has_declared_permission(introspector, view), views.name_of(view)
        assert views.has_declared_csrf_check(view), views.name_of(view)


@pytest.mark.spec("RFC 9110", "15.5.6")
def test_every_path_declares_its_methods_and_caching(introspector, site):
    browser = TestApp(site.app, lint=False, extra_environ=site.extra_environ)
    for path in views.find_paths(introspector, OURS):
        views.check_methods(browser, path)


def test_static_files_and_errors_are_not_sniffed(site):
    page = site.get("/")
    for path in ("/nowhere", page.html.find("link", rel="stylesheet")["href"]):
        answer = site.get(path, status="*")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.spec("RFC 6797", "6.1")
def test_the_setting_determines_the_max_age_of_hsts(demo_ini):
    settings = get_appsettings(str(demo_ini))
    settings["standalone.strict_transport_security"] = "365d"
    app = main({}, **settings)
    try:
        answer = TestApp(app).get("/nowhere", status=404)
    finally:
        app.registry["fast_session.database"].dispose()
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
