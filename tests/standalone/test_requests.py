"""What the requests of the ready-made server have in common."""

from __future__ import annotations

from pyramid.scripting import prepare


def test_requests_have_their_attributes_from_one_class(site):
    first, second = (prepare(registry=site.app.registry) for _ in range(2))
    assert type(first["request"]) is type(second["request"])
    sessions = {id(each["request"].dbsession) for each in (first, second)}
    assert len(sessions) == 2
    for each in (first, second):
        assert not each["request"].dbsession.connection().closed
        assert each["request"].oauth.url("token").endswith("/oauth/token")
        assert each["request"].tm is not None
        each["closer"]()
