"""Schemes, confirmations and view options of a host or an extension."""

from __future__ import annotations

import pytest
from pyramid.response import Response

from docs.examples import token_schemes
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity, identity
from tests.resource.memory_host import whoami


@pytest.fixture
def schemes_app(memory_host):
    """The resource server of docs/how_to/protecting.rst, "Schemes and requirements"."""
    bound = {"cnf": {"key": "k1"}}
    memory_host.verifier.tokens |= {
        "bound": TokenIdentity(client_id="app", scope="read", claims=bound),
        "staff": TokenIdentity(
            client_id="app", scope="read", claims={"groups": ["staff"]}
        ),
        "proven": TokenIdentity(client_id="app", scope="read", token_type="Proven"),
        "dpop": TokenIdentity(
            client_id="app", scope="read", claims={"cnf": {"jkt": "x"}}
        ),
    }

    def configure(config):
        config.include(token_schemes)
        config.add_route("vault", "/vault")
        config.add_view(
            whoami, route_name="vault", oauth_scopes="read", oauth_group="staff"
        )

    return memory_host.app(configure)


def proof_headers(token: str, proof: str) -> dict[str, str]:
    return {"Authorization": f"Proven {token}", "Proof": proof}


def challenges(answer) -> list[str]:
    return answer.headers.getall("WWW-Authenticate")


@pytest.mark.spec("RFC 6750", "3")
def test_a_request_without_credentials_gets_a_challenge_of_every_scheme(schemes_app):
    answer = schemes_app.get("/me", status=401)
    assert challenges(answer) == [
        'Bearer realm="oauth", scope="read"',
        'Proven realm="oauth", algs="ES256", scope="read"',
    ]


@pytest.mark.spec("RFC 6750", "3.1")
def test_an_unknown_scheme_gets_all_challenges_without_error(schemes_app):
    answer = schemes_app.get("/me", headers={"Authorization": "DPoP read"}, status=401)
    assert challenges(answer) == challenges(schemes_app.get("/me", status=401))
    assert answer.json == {}


@pytest.mark.spec("RFC 6750", "3.1")
def test_an_unregistered_scheme_is_not_read_as_a_bearer_token(memory_host):
    answer = memory_host.app().get(
        "/me", headers={"Authorization": "DPoP read"}, status=401
    )
    assert challenges(answer) == ['Bearer realm="oauth", scope="read"']
    assert memory_host.verifier.calls == 0


def test_a_token_is_accepted_in_a_scheme_of_the_host(schemes_app):
    assert (
        schemes_app.get("/me", headers=proof_headers("read", "k1:n-1")).text == "None"
    )


def test_the_headers_of_an_error_are_sent(schemes_app):
    answer = schemes_app.get("/me", headers=proof_headers("read", "k1:old"), status=401)
    assert answer.headers["Proof-Nonce"] == "n-1"
    assert answer.json == {
        "error": "use_proof_nonce",
        "error_description": "Send the nonce.",
    }
    first, second = challenges(answer)
    assert first.startswith('Proven realm="oauth", error="use_proof_nonce"')
    assert "algs" in first
    assert second == 'Bearer realm="oauth", scope="read"'


def test_a_token_of_another_scheme_is_refused_as_bearer(schemes_app, bearer):
    schemes_app.get("/me", headers=proof_headers("proven", ":n-1"))
    answer = schemes_app.get("/me", headers=bearer("proven"), status=401)
    assert answer.json["error"] == "invalid_token"


def test_a_sender_constrained_token_needs_its_proof(schemes_app, bearer):
    schemes_app.get("/me", headers={**bearer("bound"), "Proof": "k1:"})
    schemes_app.get("/me", headers={**bearer("bound"), "Proof": "k2:"}, status=401)
    schemes_app.get("/me", headers=bearer("bound"), status=401)


def test_a_token_with_an_unknown_confirmation_is_refused(schemes_app, bearer):
    answer = schemes_app.get("/me", headers=bearer("dpop"), status=401)
    assert answer.json["error"] == "invalid_token"


def test_a_view_option_of_a_host_refuses_with_its_challenge(schemes_app, bearer):
    schemes_app.get("/vault", headers=bearer("staff"))
    answer = schemes_app.get("/vault", headers=bearer("read"), status=403)
    assert answer.json["error"] == "insufficient_group"
    assert 'group="staff"' in challenges(answer)[0]
    schemes_app.get("/vault", headers=bearer("unknown"), status=401)
    first, _ = challenges(schemes_app.get("/vault", status=401))
    assert first == 'Bearer realm="oauth", scope="read"'


def test_a_malformed_scheme_name_stops_the_start(memory_host):
    class Spaced(token_schemes.Proven):
        name = "Two words"

    with pytest.raises(ConfigurationError, match="Two words"):
        memory_host.app(lambda config: config.add_oauth_token_scheme(Spaced()))


def test_directives_are_introspectable_and_detect_conflicts(memory_host):
    def include_twice(config):
        config.add_oauth_confirmation("key", token_schemes.is_key_proven)
        config.include(lambda below: below.include(token_schemes))
        configurators.append(config)

    configurators: list = []
    memory_host.app(include_twice)  # the call of the host overrides that of an include
    category = configurators[0].introspector.get_category("oauth token schemes")
    names = {item["introspectable"].title for item in category}
    assert names == {"bearer", "proven"}


def test_a_check_that_fails_by_an_error_confirms_nothing(memory_host):
    """An exception view asks who it is after the check of the key has failed."""
    bound = TokenIdentity(
        client_id="app", user_id="alice", scope="read", claims={"cnf": {"key": "k1"}}
    )
    memory_host.verifier.tokens["bound"] = bound

    def fail(request, value):
        raise ConnectionError("the store of proofs does not answer")

    def describe_failure(request):
        try:
            return Response(f"it is {identity(request)}", status=500)
        except ConnectionError:
            return Response("nobody knows", status=500)

    def configure(config):
        config.add_oauth_confirmation("key", fail)
        config.add_exception_view(describe_failure, context=ConnectionError)

    headers = {"Authorization": "Bearer bound"}
    answer = memory_host.app(configure).get("/me", headers=headers, status=500)
    assert answer.text == "nobody knows"
