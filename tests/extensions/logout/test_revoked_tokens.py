"""Which tokens a logout revokes, and in how few statements."""

from __future__ import annotations

import pytest

from tests.support.host import refresh_tokens
from tests.support.person import Person


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.7")
@pytest.mark.parametrize(
    ("choice", "dies"),
    [
        ("nothing", set()),
        ("session", {"openid"}),
        ("everything", {"openid", "openid offline_access", "read"}),
    ],
)
def test_the_setting_decides_which_tokens_a_logout_revokes(
    new_logout_provider, people, choice, dies
):
    provider = new_logout_provider(people=people, logout_revokes=choice)
    alice, bob = Person(provider), Person(provider, "bob")
    issued = {
        scope: alice.sign_in(scope=scope, prompt="consent")
        for scope in ("openid", "openid offline_access", "read")
    }
    bobs = bob.sign_in()
    alice.end_session(id_token_hint=issued["openid"]["id_token"])
    for scope, tokens in issued.items():
        answer = refresh_tokens(provider, provider.web, tokens["refresh_token"])
        assert (answer.status_int == 400) == (scope in dies), scope
    assert (
        refresh_tokens(provider, provider.web, bobs["refresh_token"]).status_int == 200
    )


def test_a_logout_stays_within_its_statement_budget(new_logout_provider, people):
    provider = new_logout_provider(people=people, backchannel_logout="true")
    provider.set_client_metadata(backchannel_logout_uri="https://rp.example/out")
    provider.set_client_metadata(
        "other", backchannel_logout_uri="https://other.example/out"
    )
    alice = Person(provider)
    hint = alice.sign_in()["id_token"]
    alice.sign_in("other")
    seen = provider.record_statements()
    alice.end_session(id_token_hint=hint)
    # The client that asks, who took part, what dies, the outbox.
    assert len(seen) == 4, "\n".join(seen)
