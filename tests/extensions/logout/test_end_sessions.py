"""A host ends login sessions at other browsers; the clients of those are notified."""

from __future__ import annotations

import pytest
from pyramid.response import Response
from sqlalchemy.orm import Session

from pyramid_oauth.events import SessionEnded
from tests.support.person import Person

POSTED = "https://client.example/bc"


@pytest.fixture
def session_ending_provider(new_logout_provider, ended_sessions):
    def end(request):
        request.oauth.end_sessions("alice", request.params.getall("session_id"))
        return Response("ended")

    def configure(config):
        config.add_route("end", "/end")
        config.add_view(end, route_name="end")
        config.add_route("session_id", "/session_id")
        config.add_view(
            lambda request: Response(
                request.oauth.accounts.current(request).session_id
            ),
            route_name="session_id",
        )
        config.add_subscriber(ended_sessions.append, SessionEnded)

    made = new_logout_provider(configure, backchannel_logout="true")
    made.set_client_metadata(backchannel_logout_uri=POSTED)
    return made


@pytest.fixture
def ended_sessions():
    return []


def messages(provider):
    with Session(provider.engine) as session:
        return session.query(provider.models.OutboxMessage).all()


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.3")
def test_the_clients_of_the_named_sessions_are_notified_and_their_tokens_die(
    session_ending_provider, ended_sessions
):
    phone, laptop = Person(session_ending_provider), Person(session_ending_provider)
    gone, kept = phone.sign_in(), laptop.sign_in()
    named = phone.browser.get("/session_id").text

    session_ending_provider.browser().get("/end", {"session_id": named})

    assert len(messages(session_ending_provider)) == 1
    (event,) = ended_sessions
    assert event.user_id == "alice"
    assert event.client_ids == ("web",)
    assert event.sid == session_ending_provider.verify_id_token(gone["id_token"])["sid"]
    for issued, status in ((gone, 401), (kept, 200)):
        bearer = {"Authorization": f"Bearer {issued['access_token']}"}
        session_ending_provider.browser().get(
            "/oauth/userinfo", headers=bearer, status=status
        )


def test_an_unknown_session_notifies_nobody(session_ending_provider):
    Person(session_ending_provider).sign_in()
    session_ending_provider.browser().get("/end", {"session_id": "no session of ours"})
    assert messages(session_ending_provider) == []
