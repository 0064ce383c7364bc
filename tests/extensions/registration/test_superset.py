"""A client that registers every response type and grant type."""

from __future__ import annotations

import pytest

ALL = {
    "response_types": ["code", "id_token", "code id_token", "token"],
    "grant_types": ["authorization_code", "implicit", "refresh_token"],
}


@pytest.mark.spec("RFC 7591", "3.2.1")
def test_unsupported_types_are_left_out_if_code_remains(registry):
    registration = registry.send_registration(**ALL, status=201).json
    assert registration["response_types"] == ["code"]
    assert "implicit" not in registration["grant_types"]
    assert "authorization_code" in registration["grant_types"]


def test_a_registration_without_a_supported_response_type_is_refused(registry):
    refused = registry.send_registration(
        **{**ALL, "response_types": ["token"]}, status=400
    ).json
    assert refused["error"] == "invalid_client_metadata"


def test_strict_registration_refuses_unsupported_types(new_registry):
    refused = (
        new_registry(registration_strict="true")
        .send_registration(**ALL, status=400)
        .json
    )
    assert refused["error"] == "invalid_client_metadata"
