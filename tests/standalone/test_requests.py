"""Request objects of the ready-made server."""

from __future__ import annotations

import gc
import weakref

import pytest
from pyramid.events import NewRequest
from pyramid.paster import get_app
from pyramid.scripting import prepare


def test_requests_share_one_class_with_their_attributes(site):
    first, second = (prepare(registry=site.app.registry) for _ in range(2))
    assert type(first["request"]) is type(second["request"])
    sessions = {id(prepared["request"].dbsession) for prepared in (first, second)}
    assert len(sessions) == 2
    for prepared in (first, second):
        assert not prepared["request"].dbsession.connection().closed
        assert prepared["request"].oauth.url("token").endswith("/oauth/token")
        assert prepared["request"].tm is not None
        prepared["closer"]()


@pytest.fixture
def without_garbage_collector():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_garbage_collector")
def test_a_request_is_freed_with_its_response(site, token):
    """Reference counting frees it; the garbage collector would run late."""
    headers = {"Authorization": f"Bearer {token()}"}
    requests = []
    site.app.registry.registerHandler(
        lambda event: requests.append(weakref.ref(event.request)), [NewRequest]
    )
    site.app.registry.has_listeners = True
    site.get("/oauth/jwks")
    site.get("/oauth/.well-known/openid-configuration")
    site.get("/api/me", headers=headers)
    unknown = {"grant_type": "refresh_token", "refresh_token": "x" * 43}
    site.post("/oauth/token", {"client_id": "playground", **unknown}, status=400)
    assert [request() for request in requests] == [None] * 4


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_nothing_of_the_server_listens_to_pyramids_events(demo_ini):
    """With one subscriber Pyramid would make and send four events for each request."""
    app = get_app(str(demo_ini))
    assert not app.registry.has_listeners
    app.registry["fast_session.database"].dispose()
