"""A revocation by a refused request survives a host's commit veto of any kind."""

from __future__ import annotations

import pytest

from pyramid_oauth import clock
from pyramid_oauth.events import CredentialReplayed, GrantRevoked
from tests.support.host import build_code_exchange

VETOES = ("own_veto", "commit_veto", "without_transaction_manager", "retrying")
ROLLED_BACK = "a revocation was rolled back with its refused request"


@pytest.fixture(params=VETOES)
def site(request, site_of):
    return site_of(request.param)


@pytest.fixture
def alarms(site):
    """The events of replays and revocations."""
    heard = []

    def note(event):
        heard.append(type(event))

    for kind in (CredentialReplayed, GrantRevoked):
        site.registry.registerHandler(note, [kind])
    yield heard
    for kind in (CredentialReplayed, GrantRevoked):
        site.registry.unregisterHandler(note, [kind])


def is_own(site):
    return site.host.__name__.endswith("own_veto")


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.parametrize("seconds", [0, 61])
def test_the_revocation_after_a_replayed_code_survives(site, alarms, caplog, seconds):
    client = site.client()
    with clock.frozen() as time:
        form = build_code_exchange(site.code(site.browser(), client), client)
        first = site.post("token", form).json
        time.advance(seconds)
        site.post("token", form, status=400)
        site.call(first["access_token"], status=401)
        site.refresh(client, first["refresh_token"], status=400)
    # Within the grace it is a retry, of which no alarm is raised.
    assert alarms == [CredentialReplayed, GrantRevoked][seconds == 0 :]
    assert (ROLLED_BACK in caplog.text) is is_own(site)


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_the_revocation_after_a_replayed_refresh_token_survives(site, alarms, caplog):
    client = site.client()
    issued = site.tokens(client)
    with clock.frozen() as time:
        second = site.refresh(client, issued["refresh_token"]).json
        time.advance(61)
        site.refresh(client, issued["refresh_token"], status=400)
        site.call(second["access_token"], status=401)
    assert alarms == [CredentialReplayed, GrantRevoked]
    assert (ROLLED_BACK in caplog.text) is is_own(site)
