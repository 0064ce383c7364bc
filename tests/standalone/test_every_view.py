"""The ready-made server's own views: the same walk as the library's."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.paster import get_appsettings
from webtest import TestApp

from tests.support import views

OURS = "pyramid_oauth.standalone."
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture
def introspector(ini):
    config = Configurator(settings=get_appsettings(str(ini)))
    config.include("pyramid_oauth.standalone")
    config.commit()
    yield config.introspector
    config.registry["fast_session.database"].dispose()


def test_every_view_says_who_may_call_it_and_whether_it_wants_a_csrf_token(
    introspector,
):
    found = views.views(introspector, OURS)
    assert len(found) > 10
    for view in found:
        assert views.says_its_permission(introspector, view), views.name_of(view)
        assert views.says_its_csrf_check(view), views.name_of(view)


@pytest.mark.spec("RFC 9110", "15.5.6")
def test_every_address_knows_its_methods_and_leaves_nothing_to_caches(
    introspector, site
):
    browser = TestApp(site.app, lint=False, extra_environ=site.extra_environ)
    for path in views.addresses(introspector, OURS):
        views.check_methods(browser, path)
