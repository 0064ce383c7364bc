"""Logout Tokens that clients receive and verify (OpenID Back-Channel Logout)."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import jwt
import pytest
from jwcrypto import jwe, jwk
from sqlalchemy.orm import Session

from pyramid_oauth import events
from pyramid_oauth.outbox import Worker
from pyramid_oauth.server import SERVER
from tests.support.person import LoggedInUser
from tests.support.provider import ISSUER, POST_LOGOUT_URI
from tests.support.secret import SECRET

SPEC = "OpenID Connect Back-Channel Logout"


@pytest.fixture
def back_channel_provider(new_logout_provider):
    return new_logout_provider(backchannel_logout="true")


@pytest.fixture
def back_channel_user(back_channel_provider):
    return LoggedInUser(back_channel_provider)


@pytest.fixture
def deliver(back_channel_provider):
    return Worker(back_channel_provider.wsgi.registry).drain


def received_logout_tokens(receiver):
    """The Logout Tokens that the receiver got."""
    bodies = [request.partition(b"\r\n\r\n")[2] for request in receiver.requests]
    return [parse_qs(body.decode())["logout_token"][0] for body in bodies]


def queued_messages(provider):
    with Session(provider.engine) as session:
        return session.query(provider.models.OutboxMessage).all()


@pytest.mark.spec(SPEC, "2.4")
@pytest.mark.spec(SPEC, "2.5")
@pytest.mark.spec(SPEC, "2.6")
def test_every_client_of_the_session_receives_a_valid_logout_token(
    back_channel_provider, back_channel_user, deliver, new_relying_party
):
    party = new_relying_party(ISSUER, back_channel_provider.jwks())
    for client in ("web", "other"):
        back_channel_provider.set_client_metadata(
            client, backchannel_logout_uri=f"{party.url}/{client}/out"
        )
    hints = {
        client: back_channel_user.log_in_at_client(client)["id_token"]
        for client in ("web", "other")
    }
    bob = LoggedInUser(back_channel_provider, "bob")
    bob.log_in_at_client()

    answer = back_channel_user.end_session(
        id_token_hint=hints["web"], post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.location == POST_LOGOUT_URI
    assert party.log == []
    assert deliver() == 2

    seen = {entry["client"]: entry["claims"] for entry in party.log}
    assert len(party.log) == 2
    assert seen.keys() == {"web", "other"}
    for client, claims in seen.items():
        id_token = back_channel_provider.verify_id_token(hints[client], client)
        assert (claims["sub"], claims["sid"]) == (id_token["sub"], id_token["sid"])
        assert claims["exp"] - claims["iat"] == 120
    assert seen["web"]["jti"] != seen["other"]["jti"]
    assert queued_messages(back_channel_provider) == []


@pytest.mark.spec(SPEC, "2.4")
def test_a_pairwise_client_receives_its_pairwise_subject(new_logout_provider, receiver):
    salted = new_logout_provider(backchannel_logout="true", pairwise_salt=SECRET)
    salted.set_client_metadata(
        subject_type="pairwise", backchannel_logout_uri=f"{receiver.url}/out"
    )
    person = LoggedInUser(salted)
    hint = person.log_in_at_client()["id_token"]
    person.end_session(id_token_hint=hint)
    Worker(salted.wsgi.registry).drain()
    (token,) = received_logout_tokens(receiver)
    claims = salted.verify_id_token(token)
    assert claims["sub"] == salted.verify_id_token(hint)["sub"] != "alice"


@pytest.mark.spec(SPEC, "2.6")
@pytest.mark.parametrize("alg", ["ES256", "HS256"])
def test_a_logout_token_is_signed_like_the_id_tokens_of_the_client(
    new_logout_provider, receiver, alg
):
    provider = new_logout_provider(
        backchannel_logout="true",
        signing_algorithms="RS256 ES256",
        keys=("RS256", "ES256"),
    )
    seal = provider.wsgi.registry[SERVER].secret_seal
    secret = provider.web["client_secret"]
    provider.update_application(
        sealed_client_secret=seal.seal(secret.encode()),
        client_metadata={
            "id_token_signed_response_alg": alg,
            "backchannel_logout_uri": f"{receiver.url}/out",
        },
    )
    alice = LoggedInUser(provider)
    alice.end_session(id_token_hint=alice.log_in_at_client()["id_token"])
    Worker(provider.wsgi.registry).drain()
    (token,) = received_logout_tokens(receiver)
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    if alg == "HS256":
        claims = jwt.decode(token, secret, ["HS256"], audience="web", issuer=ISSUER)
    else:
        claims = provider.verify_id_token(token)
    assert claims["sub"] == "alice"


@pytest.mark.spec(SPEC, "2.4")
@pytest.mark.spec(SPEC, "2.6")
def test_a_logout_token_is_encrypted_like_the_id_tokens_of_the_client(
    back_channel_provider, back_channel_user, deliver, receiver
):
    key = jwk.JWK.generate(kty="RSA", size=2048, kid="mine", use="enc")
    hint = back_channel_user.log_in_at_client()["id_token"]
    back_channel_provider.set_client_metadata(
        backchannel_logout_uri=f"{receiver.url}/out",
        id_token_encrypted_response_alg="RSA-OAEP-256",
        id_token_encrypted_response_enc="A256GCM",
        jwks={"keys": [json.loads(key.export_public())]},
    )
    back_channel_user.end_session(id_token_hint=hint)
    deliver()
    (token,) = received_logout_tokens(receiver)
    opened = jwe.JWE()
    opened.deserialize(token, key)
    assert opened.jose_header["iss"] == ISSUER
    assert (
        back_channel_provider.verify_id_token(opened.payload.decode())["sub"] == "alice"
    )


@pytest.mark.spec(SPEC, "2.4")
def test_a_logout_token_is_refused_as_an_id_token_hint(
    back_channel_provider, back_channel_user, deliver, receiver
):
    back_channel_provider.set_client_metadata(
        backchannel_logout_uri=f"{receiver.url}/out"
    )
    back_channel_user.end_session(
        id_token_hint=back_channel_user.log_in_at_client()["id_token"]
    )
    deliver()
    (token,) = received_logout_tokens(receiver)
    assert back_channel_user.end_session(id_token_hint=token).status_int == 400


def test_a_declined_logout_sends_no_logout_token(
    back_channel_provider, back_channel_user, deliver, receiver
):
    back_channel_provider.set_client_metadata(
        backchannel_logout_uri=f"{receiver.url}/out"
    )
    back_channel_user.log_in_at_client()
    page = back_channel_user.end_session()
    page.forms["oauth-logout"].submit("decision", value="stay")
    assert deliver() == 0


def test_without_back_channel_logout_no_logout_token_is_sent(
    new_logout_provider, receiver
):
    provider = new_logout_provider()
    provider.set_client_metadata(backchannel_logout_uri=f"{receiver.url}/out")
    alice = LoggedInUser(provider)
    alice.end_session(id_token_hint=alice.log_in_at_client()["id_token"])
    assert queued_messages(provider) == []


def test_a_client_without_its_logout_uri_receives_no_logout_token(
    back_channel_provider, back_channel_user, deliver, receiver
):
    back_channel_provider.set_client_metadata(
        backchannel_logout_uri=f"{receiver.url}/out"
    )
    back_channel_user.end_session(
        id_token_hint=back_channel_user.log_in_at_client()["id_token"]
    )
    back_channel_provider.set_client_metadata()
    assert deliver() == 1
    assert receiver.requests == []
    assert queued_messages(back_channel_provider) == []


@pytest.mark.spec(SPEC, "2.1")
def test_the_metadata_advertises_back_channel_logout(back_channel_provider):
    document = back_channel_provider.discovery()
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True
    assert "frontchannel_logout_supported" not in document


def test_a_subscriber_receives_a_session_ended_event(new_logout_provider):
    received_events = []

    def configure(config):
        config.add_subscriber(received_events.append, events.SessionEnded)

    provider = new_logout_provider(configure)
    alice = LoggedInUser(provider)
    hint = alice.log_in_at_client()["id_token"]
    alice.log_in_at_client("other")
    alice.end_session(id_token_hint=hint)
    (event,) = received_events
    assert (event.user_id, event.client_id) == ("alice", "web")
    assert set(event.client_ids) == {"web", "other"}
    assert event.sid == provider.verify_id_token(hint)["sid"]
