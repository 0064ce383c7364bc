"""Key rotation under live traffic (OpenID Connect Core section 10.1.1).

The relying party caches the key set until `max-age` ends and never fetches it earlier.
"""

from __future__ import annotations

import json
import re

import jwt
import pytest
from jwt.algorithms import get_default_algorithms

from pyramid_oauth import clock
from pyramid_oauth.keystore.rotation import Intervals
from tests.support.host import refresh_tokens
from tests.support.provider import ISSUER, log_in_to_client

HOUR, DAY = 3600, 86400
INTERVALS = Intervals(
    jwks_max_age=HOUR, longest_token_lifetime=2 * HOUR, rotate_every=DAY
)


class CachingRelyingParty:
    """Verifies with a copy of the key set that is as old as the server allows."""

    def __init__(self, provider):
        self.browser, self.keys, self.expires_at = provider.browser(), {}, 0
        self.seen_kids = set()

    def verify(self, token):
        if clock.timestamp() >= self.expires_at:
            answer = self.browser.get("/oauth/jwks")
            age = int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])[1])
            self.expires_at = clock.timestamp() + age
            self.keys = {key["kid"]: key for key in answer.json["keys"]}
        kid = jwt.get_unverified_header(token)["kid"]
        self.seen_kids.add(kid)
        assert kid in self.keys, "signed with a key that the set did not announce"
        jwk = self.keys[kid]
        key = get_default_algorithms()[jwk["alg"]].from_jwk(json.dumps(jwk))
        options = {"verify_exp": False, "verify_iat": False}
        claims = jwt.decode(
            token, key, [jwk["alg"]], audience="web", issuer=ISSUER, options=options
        )
        assert claims["exp"] > clock.timestamp()


@pytest.mark.slow
@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_relying_party_with_a_cached_key_set_verifies_every_token(new_provider):
    with clock.frozen() as time:
        provider = new_provider(
            id_token_lifetime=str(2 * HOUR),
            key_token_lifetime=str(2 * HOUR),
            key_rotation_age=str(DAY),
            refresh_token_idle_lifetime=str(DAY),
        )
        client = provider.register_client()
        token_response = log_in_to_client(provider, client)
        party = CachingRelyingParty(provider)
        tokens = {token_response["id_token"]: _expires(token_response["id_token"])}
        for step in range(4 * 24 * 2):
            time.advance(HOUR / 2)
            with provider.keys() as store:
                store.rotate(INTERVALS, ["RS256"])
            if step % 3 == 0:
                token_response = refresh_tokens(
                    provider, client, token_response["refresh_token"]
                ).json
                issued = token_response["id_token"]
                tokens[issued] = _expires(issued)
            for token, expires in tokens.items():
                if expires > clock.timestamp():
                    party.verify(token)
        assert len(party.seen_kids) >= 4


def _expires(token):
    return jwt.decode(token, options={"verify_signature": False})["exp"]


@pytest.mark.spec("OpenID Connect Core", "10.1.1")
def test_a_manual_rotation_publishes_the_new_key_and_keeps_the_old_one(
    provider, web_client
):
    before = log_in_to_client(provider, web_client)["id_token"]
    provider.make_keys("RS256")
    after = log_in_to_client(provider, web_client)["id_token"]
    kids = [jwt.get_unverified_header(token)["kid"] for token in (before, after)]
    assert kids[0] != kids[1]
    assert {key["kid"] for key in provider.jwks()["keys"]} == set(kids)
    for token in (before, after):
        assert provider.verify_id_token(token)["sub"] == "alice"


def test_private_keys_are_parsed_once_per_process(provider, web_client, monkeypatch):
    log_in_to_client(provider, web_client)
    parsed = []
    monkeypatch.setattr(
        "pyramid_oauth.keystore.sources.from_jwk",
        lambda *arguments: parsed.append(arguments),
    )
    for _ in range(3):
        provider.server.ring.expire()
        log_in_to_client(provider, web_client)
    assert parsed == []
