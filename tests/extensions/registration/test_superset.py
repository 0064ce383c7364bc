"""A client that asks for all response and grant types that there are."""

from __future__ import annotations

import pytest

ALL = {
    "response_types": ["code", "id_token", "code id_token", "token"],
    "grant_types": ["authorization_code", "implicit", "refresh_token"],
}


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_what_is_not_offered_is_left_out_where_code_remains(registry):
    made = registry.send_registration(**ALL, status=201).json
    assert made["response_types"] == ["code"]
    assert "implicit" not in made["grant_types"]
    assert "authorization_code" in made["grant_types"]


def test_without_code_it_is_refused(registry):
    refused = registry.send_registration(
        **{**ALL, "response_types": ["token"]}, status=400
    ).json
    assert refused["error"] == "invalid_client_metadata"


def test_the_server_may_refuse_it_altogether(new_registry):
    refused = (
        new_registry(registration_strict="true")
        .send_registration(**ALL, status=400)
        .json
    )
    assert refused["error"] == "invalid_client_metadata"
