"""Invalid client secrets: none, an empty one, or a stored hash."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.host import request_client_token


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_a_secret_without_a_client_id_is_refused(
    host: Any, client: dict[str, str]
) -> None:
    answer = request_client_token(host, {"client_secret": client["client_secret"]})

    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_an_empty_secret_is_refused(host: Any) -> None:
    host.register_client(token_endpoint_auth_method="client_secret_basic")
    header = {"Authorization": f"Basic {b64encode(b'web:').decode()}"}

    answer = host.browser().post(
        "/oauth/token",
        {"grant_type": "client_credentials"},
        headers=header,
        expect_errors=True,
    )

    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


def test_a_stored_hash_is_not_accepted_as_a_secret(
    host: Any, client: dict[str, str]
) -> None:
    with host.engine.connect() as connection:
        stored_hash = connection.scalar(
            text("SELECT client_secret FROM oauth_application")
        )

    answer = request_client_token(host, {**client, "client_secret": stored_hash})

    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    assert request_client_token(host, client).status_int == 200
