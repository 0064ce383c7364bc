"""A host ends login sessions of other browsers and notifies their clients."""

from __future__ import annotations

import pytest
from pyramid.response import Response
from sqlalchemy.orm import Session

from pyramid_oauth.events import SessionEnded
from tests.support.person import LoggedInUser

BACK_CHANNEL_URI = "https://client.example/bc"


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

    provider = new_logout_provider(configure, backchannel_logout="true")
    provider.set_client_metadata(backchannel_logout_uri=BACK_CHANNEL_URI)
    return provider


@pytest.fixture
def ended_sessions():
    return []


def queued_messages(provider):
    with Session(provider.engine) as session:
        return session.query(provider.models.OutboxMessage).all()


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.3")
def test_ending_a_session_notifies_its_clients_and_revokes_its_tokens(
    session_ending_provider, ended_sessions
):
    phone, laptop = (
        LoggedInUser(session_ending_provider),
        LoggedInUser(session_ending_provider),
    )
    phone_tokens, laptop_tokens = phone.log_in_at_client(), laptop.log_in_at_client()
    session_id = phone.browser.get("/session_id").text

    session_ending_provider.browser().get("/end", {"session_id": session_id})

    assert len(queued_messages(session_ending_provider)) == 1
    (event,) = ended_sessions
    assert event.user_id == "alice"
    assert event.client_ids == ("web",)
    assert (
        event.sid
        == session_ending_provider.verify_id_token(phone_tokens["id_token"])["sid"]
    )
    for tokens, status in ((phone_tokens, 401), (laptop_tokens, 200)):
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        session_ending_provider.browser().get(
            "/oauth/userinfo", headers=bearer, status=status
        )


def test_an_unknown_session_notifies_nobody(session_ending_provider):
    LoggedInUser(session_ending_provider).log_in_at_client()
    session_ending_provider.browser().get("/end", {"session_id": "no session of ours"})
    assert queued_messages(session_ending_provider) == []
