"""No hostile JWT passes an offline verifier, and none makes it ask a foreign host."""

from __future__ import annotations

import socket

import pytest

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import public_jwk
from pyramid_oauth.resource import InvalidToken
from pyramid_oauth.resource.verify import OfflineJWT
from tests.resource.verify.issuer import API
from tests.support.jose_inputs import Sender, make_refused_tokens
from tests.support.key_material import private_key


@pytest.fixture
def asked_hosts(monkeypatch):
    """The names of hosts that were looked up."""
    asked = []
    look_up = socket.getaddrinfo

    def record(host, *arguments, **options):
        asked.append(host)
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", record)
    return asked


@pytest.fixture
def sender(issuer):
    """The issuer, whose token the verifier accepts."""
    key = private_key("ES256")
    issuer.jwks.append(public_jwk(key, kid=key.thumbprint(), use="sig", alg="ES256"))
    moment = clock.timestamp()
    claims = {
        "iss": issuer.url,
        "aud": API,
        "sub": "alice",
        "client_id": "app",
        "scope": "read",
        "jti": "1",
        "iat": moment,
        "exp": moment + 300,
    }
    return Sender(key, claims, {"typ": "at+jwt"})


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.spec("RFC 9068", "4")
def test_hostile_access_tokens_are_refused(issuer, sender, asked_hosts):
    verifier = OfflineJWT(issuer.url, audience=API, leeway=0)
    assert verifier.verify(sender.sign()).user_id == "alice"
    for label, token in make_refused_tokens(sender):
        try:
            found = verifier.verify(token)
        except InvalidToken:
            continue
        pytest.fail(f"{label}: accepted as {found}")
    assert not [host for host in asked_hosts if "attacker" in str(host)]
