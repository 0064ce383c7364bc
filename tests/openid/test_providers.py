"""Claims of a host's own: who is asked, what for, and where the answer goes."""

from __future__ import annotations

import pytest

from tests.flows.host import tokens
from tests.openid.provider import sign_in
from tests.openid.test_userinfo import userinfo


class Recorder:
    """A provider that keeps what it was asked."""

    def __init__(self, **claims):
        self.claims, self.asked = claims, []

    def __call__(self, asked):
        self.asked.append(asked)
        return self.claims


def with_claims(new_provider, recorder, names, **options):
    def configure(config):
        config.add_oauth_claims("mine", recorder, names, **options)

    provider = new_provider(configure, scopes="read\nwrite\nteams = Your teams")
    return provider, provider.application()


def test_a_provider_sees_whom_for_whom_and_where(new_provider):
    recorder = Recorder(tenant="acme")
    provider, client = with_claims(new_provider, recorder, ["tenant"])
    issued = sign_in(provider, client, scope="openid read")
    assert provider.verified(issued["id_token"])["tenant"] == "acme"
    assert userinfo(provider, issued["access_token"]).json["tenant"] == "acme"
    first, second = recorder.asked
    assert (first.target, second.target) == ("id_token", "userinfo")
    for asked in (first, second):
        assert asked.user_id == "alice"
        assert asked.application.client_id == "web"
        assert asked.scopes == {"openid", "read"}
        assert asked.request.registry is provider.wsgi.registry


def test_a_claim_with_a_scope_of_its_own_waits_for_it(new_provider):
    recorder = Recorder(teams=["red", "blue"])
    provider, client = with_claims(new_provider, recorder, ["teams"], scope="teams")
    without = sign_in(provider, client)["access_token"]
    assert "teams" not in userinfo(provider, without).json
    assert recorder.asked == []
    granted = sign_in(provider, client, scope="openid teams")["access_token"]
    assert userinfo(provider, granted).json["teams"] == ["red", "blue"]


def test_what_was_not_registered_does_not_leave(new_provider):
    recorder = Recorder(tenant="acme", salary=1000, sub="evil", nickname="")
    provider, client = with_claims(
        new_provider, recorder, ["tenant", "nickname", "sub"], targets=("userinfo",)
    )
    issued = sign_in(provider, client)
    assert "tenant" not in provider.verified(issued["id_token"])
    claims = userinfo(provider, issued["access_token"]).json
    assert claims == {"sub": "alice", "tenant": "acme"}


@pytest.mark.spec("RFC 7662", "2.2")
def test_a_resource_server_can_be_told_by_introspection(new_provider):
    recorder = Recorder(tenant="acme", scope="everything", active=False)
    provider, client = with_claims(
        new_provider,
        recorder,
        ["tenant", "scope", "active"],
        targets=("introspection",),
    )
    token = tokens(provider, client)["access_token"]
    form = {"token": token, **client}
    told = provider.browser().post("/oauth/introspect", form).json
    assert told["tenant"] == "acme"
    assert (told["active"], told["scope"]) == (True, "read write")
    machine = {"grant_type": "client_credentials", **client}
    token = provider.browser().post("/oauth/token", machine).json["access_token"]
    form = {"token": token, **client}
    assert "tenant" not in provider.browser().post("/oauth/introspect", form).json
