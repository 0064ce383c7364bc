"""A revocation by a refused request survives the commit veto of a host."""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from pyramid_oauth.events import SUBSCRIBERS, CredentialReplayed, GrantRevoked
from tests.support.host import build_code_exchange

VETOES = (
    "own_veto",
    "ended_late",
    "commit_veto",
    "without_transaction_manager",
    "retrying",
)
ROLLED_BACK = "a revocation was rolled back with its refused request"


@pytest.fixture(params=VETOES)
def vetoing_site(request, site_of):
    return site_of(request.param)


@pytest.fixture
def veto_alarms(vetoing_site, monkeypatch):
    """The events of replays and revocations, by each kind of subscription."""
    received_events = []

    def record(event):
        received_events.append(type(event))

    registry = vetoing_site.registry
    own = {**registry.get(SUBSCRIBERS, {}), CredentialReplayed: (record,)}
    monkeypatch.setitem(registry, SUBSCRIBERS, own)
    registry.registerHandler(record, [GrantRevoked])
    yield received_events
    registry.unregisterHandler(record, [GrantRevoked])


def is_own(site):
    return site.host.__name__.endswith(("own_veto", "ended_late"))


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize("seconds", [0, 61], ids=["within-grace", "after-grace"])
def test_the_revocation_after_a_replayed_code_survives(
    vetoing_site, veto_alarms, caplog, seconds
):
    client = vetoing_site.client()
    with clock.frozen() as time:
        form = build_code_exchange(
            vetoing_site.code(vetoing_site.browser(), client), client
        )
        first = vetoing_site.post("token", form).json
        time.advance(seconds)
        vetoing_site.post("token", form, status=400)
        vetoing_site.call(first["access_token"], status=401)
        vetoing_site.refresh(client, first["refresh_token"], status=400)
    # Within the grace period it is a retry, which raises no alarm.
    assert veto_alarms == [CredentialReplayed, GrantRevoked][seconds == 0 :]
    assert (ROLLED_BACK in caplog.text) is is_own(vetoing_site)


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_the_revocation_after_a_replayed_refresh_token_survives(
    vetoing_site, veto_alarms, caplog
):
    client = vetoing_site.client()
    tokens = vetoing_site.tokens(client)
    with clock.frozen() as time:
        second = vetoing_site.refresh(client, tokens["refresh_token"]).json
        time.advance(61)
        vetoing_site.refresh(client, tokens["refresh_token"], status=400)
        vetoing_site.call(second["access_token"], status=401)
    assert veto_alarms == [CredentialReplayed, GrantRevoked]
    assert (ROLLED_BACK in caplog.text) is is_own(vetoing_site)
