"""What the requests of the ready-made server have in common."""

from __future__ import annotations

import gc
import weakref

import pytest
from pyramid.events import NewRequest
from pyramid.scripting import prepare


def test_requests_share_one_class_with_their_attributes(site):
    first, second = (prepare(registry=site.app.registry) for _ in range(2))
    assert type(first["request"]) is type(second["request"])
    sessions = {id(each["request"].dbsession) for each in (first, second)}
    assert len(sessions) == 2
    for each in (first, second):
        assert not each["request"].dbsession.connection().closed
        assert each["request"].oauth.url("token").endswith("/oauth/token")
        assert each["request"].tm is not None
        each["closer"]()


@pytest.fixture
def collected_by_hand():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collected_by_hand")
def test_a_request_is_gone_with_its_answer(site, token):
    """With all it read and held; the collector would find it late and cold."""
    bearer = {"Authorization": f"Bearer {token()}"}
    seen = []
    site.app.registry.registerHandler(
        lambda event: seen.append(weakref.ref(event.request)), [NewRequest]
    )
    site.app.registry.has_listeners = True
    site.get("/oauth/jwks")
    site.get("/oauth/.well-known/openid-configuration")
    site.get("/api/me", headers=bearer)
    unknown = {"grant_type": "refresh_token", "refresh_token": "x" * 43}
    site.post("/oauth/token", {"client_id": "playground", **unknown}, status=400)
    assert [request() for request in seen] == [None] * 4
