"""Which tokens a logout revokes, and its statement budget."""

from __future__ import annotations

import pytest

from tests.support.host import refresh_tokens
from tests.support.person import LoggedInUser


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.7")
@pytest.mark.parametrize(
    ("setting", "revoked_scopes"),
    [
        ("nothing", set()),
        ("session", {"openid"}),
        ("everything", {"openid", "openid offline_access", "read"}),
    ],
)
def test_the_setting_decides_which_tokens_a_logout_revokes(
    new_logout_provider, people, setting, revoked_scopes
):
    provider = new_logout_provider(people=people, logout_revokes=setting)
    alice, bob = LoggedInUser(provider), LoggedInUser(provider, "bob")
    tokens_by_scope = {
        scope: alice.log_in_at_client(scope=scope, prompt="consent")
        for scope in ("openid", "openid offline_access", "read")
    }
    bob_tokens = bob.log_in_at_client()
    alice.end_session(id_token_hint=tokens_by_scope["openid"]["id_token"])
    for scope, tokens in tokens_by_scope.items():
        answer = refresh_tokens(provider, provider.web, tokens["refresh_token"])
        assert (answer.status_int == 400) == (scope in revoked_scopes), scope
    assert (
        refresh_tokens(provider, provider.web, bob_tokens["refresh_token"]).status_int
        == 200
    )


def test_a_logout_stays_within_its_statement_budget(new_logout_provider, people):
    provider = new_logout_provider(people=people, backchannel_logout="true")
    provider.set_client_metadata(backchannel_logout_uri="https://rp.example/out")
    provider.set_client_metadata(
        "other", backchannel_logout_uri="https://other.example/out"
    )
    alice = LoggedInUser(provider)
    hint = alice.log_in_at_client()["id_token"]
    alice.log_in_at_client("other")
    statements = provider.record_statements()
    alice.end_session(id_token_hint=hint)
    # The requesting client, the clients of the session, the revocation, the outbox.
    assert len(statements) == 4, "\n".join(statements)
