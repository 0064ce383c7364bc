"""Client authentication by a secret (RFC 6749 section 2.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from tests.support.host import (
    request_client_token,
)


@pytest.mark.spec("RFC 6749", "5.2")
def test_a_wrong_secret_is_a_401_with_a_challenge(host, client):
    answer = request_client_token(host, {**client, "client_secret": "wrong"})
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_wrong_secret_is_hashed_once(host, client, monkeypatch):
    """A comparison may need an argon2 hash; a guess must not need two."""
    assert request_client_token(host, client).status_int == 200
    application, compared = host.models.Application, []
    matches = application.client_secret_matches
    monkeypatch.setattr(
        application,
        "client_secret_matches",
        lambda self, secret: compared.append(secret) or matches(self, secret),
    )
    request_client_token(host, {**client, "client_secret": "wrong"})
    assert compared == ["wrong"]


@pytest.mark.spec("RFC 6749", "2.3")
def test_a_client_authenticates_by_its_registered_method_alone(host, client):
    browser = host.browser()
    browser.authorization = ("Basic", (client["client_id"], client["client_secret"]))
    form = {"grant_type": "client_credentials"}
    refused = browser.post("/oauth/token", form, status=401)
    assert refused.json["error"] == "invalid_client"
    both = browser.post("/oauth/token", {**form, **client}, status=400)
    assert both.json["error"] == "invalid_request"
    other = host.register_client(
        client_id="basic", token_endpoint_auth_method="client_secret_basic"
    )
    browser.authorization = ("Basic", (other["client_id"], other["client_secret"]))
    browser.post("/oauth/token", form, status=200)


@pytest.mark.parametrize(
    "credentials", ["\xe9", "a===", "!", "4pmo", "YQ==", "w6k6\xff"]
)
def test_malformed_basic_credentials_are_refused(host, credentials):
    browser = host.browser()
    browser.extra_environ["HTTP_AUTHORIZATION"] = f"Basic {credentials}"
    answer = browser.post(
        "/oauth/token", {"grant_type": "client_credentials"}, status=401
    )
    assert answer.json["error"] == "invalid_client"


def test_the_former_secret_is_accepted_during_its_overlap(host, client):
    with Session(host.engine) as session:
        application = session.query(host.models.Application).one()
        new = application.rotate_client_secret(timedelta(hours=1))
        session.commit()
    assert request_client_token(host, client).status_int == 200
    assert (
        request_client_token(host, {**client, "client_secret": new}).status_int == 200
    )
    host.update_application(
        retiring_client_secret_expires_at=now() - timedelta(seconds=1)
    )
    assert request_client_token(host, client).status_int == 401
