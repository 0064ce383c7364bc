"""Views that require a class or an age of the login, and the same without Pyramid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity
from pyramid_oauth.resource.verify import UserAuthentication
from tests.resource.memory_host import whoami
from tests.support.dpop import ProofSigner

STEP_UP = "RFC 9470"
NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def identity(user_id="alice", **claims):
    return TokenIdentity(client_id="app", user_id=user_id, scope="read", claims=claims)


def logged_in(seconds_ago, **claims):
    return identity(auth_time=NOW.timestamp() - seconds_ago, **claims)


def add_vault(**options):
    def configure(config):
        config.add_route("vault", "/vault")
        config.add_view(whoami, route_name="vault", oauth_scopes="read", **options)

    return configure


@pytest.mark.spec(STEP_UP, "3")
def test_a_view_asks_for_a_class_or_an_age_alone(memory_host, bearer):
    memory_host.verifier.tokens["gold"] = identity(acr="gold")
    app = memory_host.app(add_vault(oauth_acr="gold"))
    app.get("/vault", headers=bearer("gold"))
    answer = app.get("/vault", headers=bearer("read"), status=401)
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="oauth", error="insufficient_user_authentication", '
        'error_description="The user must log in as this resource requires.", '
        'acr_values="gold"'
    )
    app = memory_host.app(add_vault(oauth_max_age=5))
    answer = app.get("/vault", headers=bearer("gold"), status=401)
    assert answer.headers["WWW-Authenticate"].endswith('max_age="5"')


@pytest.mark.spec(STEP_UP, "3")
def test_a_token_that_lacks_class_and_scope_learns_both_at_once(memory_host, bearer):
    app = memory_host.app(add_vault(oauth_acr=["gold", "phr"]))
    answer = app.get("/vault", headers=bearer("admin"), status=401)
    assert 'acr_values="gold phr", scope="read"' in answer.headers["WWW-Authenticate"]


@pytest.mark.spec(STEP_UP, "9")
def test_only_a_valid_token_learns_what_is_required(memory_host, bearer):
    app = memory_host.app(add_vault(oauth_acr="gold"))
    for headers in ({}, bearer("unknown")):
        answer = app.get("/vault", headers=headers, status=401)
        assert "acr_values" not in answer.headers["WWW-Authenticate"]
        assert 'scope="read"' in answer.headers["WWW-Authenticate"]


@pytest.mark.spec(STEP_UP, "3")
def test_the_challenge_is_of_the_scheme_of_the_request(memory_host):
    signer = ProofSigner()
    memory_host.verifier.tokens["bound"] = TokenIdentity(
        client_id="app",
        user_id="alice",
        scope="read",
        token_type="DPoP",
        claims={"cnf": {"jkt": signer.thumbprint}, "acr": "silver"},
    )

    def configure(config):
        config.include("pyramid_oauth.resource.dpop")
        add_vault(oauth_acr="gold")(config)

    app = memory_host.app(configure, dpop_base_urls="https://api.example.com")
    proof = signer.sign("GET", "https://api.example.com/vault", "bound")
    headers = {"Authorization": "DPoP bound", "DPoP": proof}
    answer = app.get("/vault", headers=headers, status=401)
    of_dpop, of_bearer = answer.headers.getall("WWW-Authenticate")
    assert of_dpop.startswith("DPoP ")
    assert 'error="insufficient_user_authentication"' in of_dpop
    assert 'acr_values="gold"' in of_dpop
    assert "acr_values" not in of_bearer


@pytest.mark.parametrize(
    "options",
    [
        {"oauth_acr": ""},
        {"oauth_acr": ()},
        {"oauth_acr": "gold silver"},
        {"oauth_acr": 'go"ld'},
        {"oauth_acr": [7]},
        {"oauth_acr": 7},
        {"oauth_max_age": 0},
        {"oauth_max_age": -1},
        {"oauth_max_age": True},
        {"oauth_max_age": "60"},
        {"oauth_max_age": 10**9},
    ],
    ids=repr,
)
def test_a_requirement_that_no_client_can_meet_stops_the_start(memory_host, options):
    with pytest.raises(ConfigurationError, match="oauth_acr and oauth_max_age"):
        memory_host.app(add_vault(**options))


@pytest.mark.spec(STEP_UP, "3")
@pytest.mark.parametrize(
    ("seconds_ago", "is_met"),
    [(0, True), (310, True), (311, False), (-10, True), (-11, False)],
)
def test_the_age_allows_for_a_different_clock(seconds_ago, is_met):
    required = UserAuthentication(max_age=300)
    assert required.is_met_by(logged_in(seconds_ago), at=NOW) is is_met
    strict = required.is_met_by(logged_in(seconds_ago), at=NOW, leeway=0)
    assert strict is (0 <= seconds_ago <= 300)


def test_a_class_and_an_age_are_both_required():
    required = UserAuthentication(acr=("gold", "phr"), max_age=300)
    met = [
        required.is_met_by(each, at=NOW)
        for each in (
            logged_in(60, acr="phr"),
            logged_in(60, acr="silver"),
            logged_in(600, acr="phr"),
            logged_in(60),
            identity(acr="phr"),
            logged_in(60, acr="phr", user_id=None),
        )
    ]
    assert met == [True, False, False, False, False, False]


def test_a_program_without_pyramid_states_what_it_requires():
    required = UserAuthentication(acr="phr", max_age=300)
    challenge = required.challenge(
        "DPoP", scope="read", resource_metadata="https://api.example/meta"
    )
    assert challenge == (
        'DPoP error="insufficient_user_authentication", '
        'error_description="The user must log in as this resource requires.", '
        'acr_values="phr", max_age="300", scope="read", '
        'resource_metadata="https://api.example/meta"'
    )


def test_malformed_claims_about_the_login_count_as_none():
    for wrong in (None, True, "1", [1], -1, 10**300, float("nan"), float("inf")):
        assert identity(auth_time=wrong).auth_time is None
    for wrong in (None, 1, "", ["gold"]):
        assert identity(acr=wrong).acr is None
    assert logged_in(60).auth_time == NOW - timedelta(seconds=60)
