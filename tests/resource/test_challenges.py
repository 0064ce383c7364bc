"""The responses of protected views to refused requests (RFC 6750 section 3)."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from pyramid_oauth import clock
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity


def challenge_of(answer):
    return answer.headers["WWW-Authenticate"]


@pytest.mark.spec("RFC 6750", "3")
def test_a_request_without_credentials_gets_a_challenge_without_error(memory_host):
    answer = memory_host.app().get("/me", status=401)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="oauth", scope="read"'
    assert answer.json == {}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Authorization" in answer.vary


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize("header", ["Basic YTpi", "Digest x", "BearerX read", ""])
def test_credentials_of_another_scheme_are_ignored(memory_host, header):
    answer = memory_host.app().get("/me", headers={"Authorization": header}, status=401)
    assert "error" not in answer.headers["WWW-Authenticate"]


@pytest.mark.spec("RFC 6750", "3.1")
def test_an_unknown_token_is_an_invalid_token(memory_host, bearer, caplog):
    caplog.set_level(logging.INFO)
    answer = memory_host.app().get("/me", headers=bearer("S3cret"), status=401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json["error"] == "invalid_token"
    assert "not in the table" in caplog.text
    assert "not in the table" not in answer.text
    assert "S3cret" not in caplog.text + answer.text


@pytest.mark.spec("RFC 6750", "3.1")
def test_an_expiry_of_the_verifier_is_enforced(memory_host, bearer):
    expiry = clock.now() + timedelta(seconds=60)
    memory_host.verifier.tokens["brief"] = TokenIdentity(
        client_id="app", user_id="alice", scope="read", expires_at=expiry
    )
    app = memory_host.app()
    with clock.frozen() as time:
        app.get("/me", headers=bearer("brief"), status=200)
        time.advance(61)
        answer = app.get("/me", headers=bearer("brief"), status=401)
    assert answer.json["error"] == "invalid_token"


@pytest.mark.spec("RFC 6750", "3.1")
def test_a_missing_scope_is_named(memory_host, bearer):
    app = memory_host.app()
    app.post("/notes", headers=bearer("both"), status=200)
    answer = app.post("/notes", headers=bearer("read"), status=403)
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="write"' in challenge
    assert challenge.count("scope=") == 1


@pytest.mark.spec("RFC 6750", "2.1")
@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer\tread",
        "Bearer read read",
        "Bearer read, Bearer read",
        "Bearer =read",
        "Bearer re=ad",
        "Bearer r\xe9ad",
        "Bearer " + "a" * 8193,
        'Bearer "read"',
    ],
)
def test_a_malformed_header_is_an_invalid_request(memory_host, header):
    answer = memory_host.app().get("/me", headers={"Authorization": header}, status=400)
    assert answer.json["error"] == "invalid_request"
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]
    assert memory_host.verifier.calls == 0


@pytest.mark.spec("RFC 6750", "2.1")
@pytest.mark.parametrize("header", ["bearer read", "BEARER read", "Bearer   read "])
def test_the_scheme_is_case_insensitive_and_spaces_may_repeat(memory_host, header):
    answer = memory_host.app().get("/me", headers={"Authorization": header}, status=200)
    assert (
        answer.text == "None"
    )  # no security policy: the view option alone reads the token
    assert answer.headers["Vary"] == "Authorization"


@pytest.mark.spec("RFC 6750", "3")
@pytest.mark.parametrize("token", [None, "unknown"])
def test_a_401_names_the_scope_to_ask_for(memory_host, bearer, token):
    app = memory_host.app()
    headers = bearer(token) if token else {}
    assert 'scope="read"' in challenge_of(
        app.get("/notes", headers=headers, status=401)
    )
    assert 'scope="write"' in challenge_of(
        app.post("/notes", headers=headers, status=401)
    )


@pytest.mark.spec("RFC 6750", "3")
def test_the_realm_is_a_setting_that_must_be_quotable(memory_host):
    answer = memory_host.app(realm="My API").get("/me", status=401)
    assert 'Bearer realm="My API"' in answer.headers["WWW-Authenticate"]
    with pytest.raises(ConfigurationError, match="realm"):
        memory_host.app(realm='a", error="x')


def test_a_catch_all_exception_view_does_not_see_refusals(memory_host, bearer):
    def configure(config):
        config.add_view(lambda exc, request: 1 / 0, context=Exception)

    app = memory_host.app(configure)
    app.get("/me", status=401)
    app.get("/me", headers=bearer("unknown"), status=401)
    app.post("/notes", headers=bearer("read"), status=403)
