"""Claims providers of a host: what they receive, and where their claims appear."""

from __future__ import annotations

import pytest

from tests.extensions.openid.test_userinfo import userinfo
from tests.support.host import build_authorization_request as request_for
from tests.support.host import build_code_exchange, obtain_tokens, parse_redirect
from tests.support.provider import log_in_browser, log_in_to_client


class RecordingClaims:
    """A claims provider that records its requests."""

    def __init__(self, **claims):
        self.claims, self.requests = claims, []

    def __call__(self, request):
        self.requests.append(request)
        return self.claims


def new_provider_with_claims(new_provider, recorder, names, **options):
    def configure(config):
        config.add_oauth_claims("mine", recorder, names, **options)

    provider = new_provider(configure, scopes="read\nwrite\nteams = Your teams")
    return provider, provider.register_client()


def test_a_claims_provider_receives_user_client_scopes_and_target(new_provider):
    recorder = RecordingClaims(tenant="acme")
    provider, client = new_provider_with_claims(new_provider, recorder, ["tenant"])
    tokens = log_in_to_client(provider, client, scope="openid read")
    assert provider.verify_id_token(tokens["id_token"])["tenant"] == "acme"
    assert userinfo(provider, tokens["access_token"]).json["tenant"] == "acme"
    first, second = recorder.requests
    assert (first.target, second.target) == ("id_token", "userinfo")
    for request in (first, second):
        assert request.user_id == "alice"
        assert request.application.client_id == "web"
        assert request.scopes == {"openid", "read"}
        assert request.request.registry is provider.wsgi.registry


MOTTO = {"motto": "Go", "motto#fr-CA": "Allez", "motto#de": "Los", "motto#ja": ""}


@pytest.mark.spec("OpenID Connect Core", "5.2")
@pytest.mark.parametrize(
    ("changes", "released"),
    [
        ({}, {"motto"}),
        ({"claims_locales": "fr sw x{ de-CH"}, {"motto", "motto#fr-CA"}),
        ({"claims": '{"userinfo": {"motto#de": null}}'}, {"motto", "motto#de"}),
        ({"claims": '{"userinfo": {"motto#de": {"value": "No"}}}'}, {"motto"}),
        ({"claims": '{"userinfo": {"motto#ja": null, "sub#de": null}}'}, {"motto"}),
    ],
    ids=["none", "claims_locales", "tagged", "other-value", "empty-or-forbidden"],
)
def test_a_claim_is_released_in_the_requested_languages(
    new_provider, changes, released
):
    recorder = RecordingClaims(**MOTTO, **{"salary#fr": 1, "sub#de": "evil"})
    provider, client = new_provider_with_claims(
        new_provider, recorder, ["motto", "sub"]
    )
    tokens = log_in_to_client(provider, client, **changes)
    claims = userinfo(provider, tokens["access_token"]).json
    assert claims.keys() - {"sub"} == released
    if "claims_locales" in changes:
        assert recorder.requests[-1].locales == ("fr", "sw", "de-CH")


@pytest.mark.spec("OpenID Connect Core", "5.2")
def test_a_language_tagged_claim_needs_its_scope(new_provider):
    recorder = RecordingClaims(**{"teams": ["red"], "teams#fr": ["rouge"]})
    provider, client = new_provider_with_claims(
        new_provider, recorder, ["teams"], scope="teams"
    )
    parameters = {"claims_locales": "fr", "claims": '{"userinfo": {"teams#fr": null}}'}
    provider.update_application("web", allowed_scopes="openid read")
    tokens = log_in_to_client(provider, client, **parameters)
    claims = userinfo(provider, tokens["access_token"]).json
    assert claims.keys() == {"sub"}
    provider.update_application("web", allowed_scopes="openid read teams")
    granted = log_in_to_client(
        provider, client, scope="openid teams", claims_locales="fr"
    )
    claims = userinfo(provider, granted["access_token"]).json
    assert claims.keys() == {"sub", "teams", "teams#fr"}


@pytest.mark.parametrize("ticked", [[], ["teams"]])
def test_consent_covers_a_language_tagged_claim(new_provider, ticked):
    recorder = RecordingClaims(**{"teams#fr": ["rouge"]})

    def configure(config):
        config.add_oauth_claims("mine", recorder, ["teams"], scope="teams")

    scopes = "read\nwrite\nteams = Your teams"
    provider = new_provider(configure, scopes=scopes, optional_scopes="teams")
    client, browser = provider.register_client(), log_in_browser(provider)
    parameters = request_for(scope="openid", claims='{"userinfo": {"teams#fr": null}}')
    page = browser.get("/oauth/authorize", parameters).follow().forms["oauth-consent"]
    page["scope"] = ticked
    code = parse_redirect(page.submit("decision", value="allow"))["code"]
    token = browser.post("/oauth/token", build_code_exchange(code, client)).json[
        "access_token"
    ]
    assert ("teams#fr" in userinfo(provider, token).json) == bool(ticked)


def test_a_claim_with_its_own_scope_needs_that_scope(new_provider):
    recorder = RecordingClaims(teams=["red", "blue"])
    provider, client = new_provider_with_claims(
        new_provider, recorder, ["teams"], scope="teams"
    )
    token_without_scope = log_in_to_client(provider, client)["access_token"]
    assert "teams" not in userinfo(provider, token_without_scope).json
    assert recorder.requests == []
    token_with_scope = log_in_to_client(provider, client, scope="openid teams")[
        "access_token"
    ]
    assert userinfo(provider, token_with_scope).json["teams"] == ["red", "blue"]


def test_a_claim_that_was_not_registered_is_not_released(new_provider):
    recorder = RecordingClaims(tenant="acme", salary=1000, sub="evil", nickname="")
    provider, client = new_provider_with_claims(
        new_provider, recorder, ["tenant", "nickname", "sub"], targets=("userinfo",)
    )
    tokens = log_in_to_client(provider, client)
    assert "tenant" not in provider.verify_id_token(tokens["id_token"])
    claims = userinfo(provider, tokens["access_token"]).json
    assert claims == {"sub": "alice", "tenant": "acme"}


@pytest.mark.spec("RFC 7662", "2.2")
def test_a_claim_can_be_released_by_introspection(new_provider):
    recorder = RecordingClaims(tenant="acme", scope="everything", active=False)
    provider, client = new_provider_with_claims(
        new_provider,
        recorder,
        ["tenant", "scope", "active"],
        targets=("introspection",),
    )
    token = obtain_tokens(provider, client)["access_token"]
    form = {"token": token, **client}
    introspection = provider.browser().post("/oauth/introspect", form).json
    assert introspection["tenant"] == "acme"
    assert (introspection["active"], introspection["scope"]) == (True, "read write")
    machine = {"grant_type": "client_credentials", **client}
    token = provider.browser().post("/oauth/token", machine).json["access_token"]
    form = {"token": token, **client}
    assert "tenant" not in provider.browser().post("/oauth/introspect", form).json
