"""Browser clients that register themselves can read the token endpoint's responses."""

from __future__ import annotations

import pytest

PUBLIC = {"token_endpoint_auth_method": "none"}
ORIGIN = "https://app.example"


def can_read_response(registry, client, origin):
    """Whether a script of `origin` may read the response to a token request."""
    form = {
        "grant_type": "authorization_code",
        "client_id": client["client_id"],
        "code": "unknown",
        "redirect_uri": client["redirect_uris"][0],
        "code_verifier": "x" * 43,
    }
    headers = {"Origin": origin}
    answer = registry.host.browser().post(
        "/oauth/token", form, headers=headers, status=400
    )
    assert answer.json["error"] == "invalid_grant"
    return answer.headers.get("Access-Control-Allow-Origin") == origin


def test_the_origins_of_a_public_web_client_are_those_of_its_redirect_uris(registry):
    uris = [f"{ORIGIN}/cb", f"{ORIGIN}/silent", "https://app.example:8443/cb"]
    client = registry.create_client(redirect_uris=uris, **PUBLIC)
    assert client["allowed_origins"] == [ORIGIN, "https://app.example:8443"]
    assert can_read_response(registry, client, ORIGIN)
    assert can_read_response(registry, client, "https://app.example:8443")
    assert not can_read_response(registry, client, "https://other.example")


def test_the_default_port_is_no_part_of_an_origin(registry):
    uris = ["https://APP.example:443/cb"]
    client = registry.create_client(redirect_uris=uris, **PUBLIC)
    assert client["allowed_origins"] == [ORIGIN]


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "client_secret_post"},
        {"redirect_uris": ["com.example.app:/cb"], **PUBLIC},
        {"redirect_uris": ["http://127.0.0.1:3000/cb"], **PUBLIC},
        {"application_type": "native", **PUBLIC},
        {"allowed_origins": [], **PUBLIC},
    ],
    ids=["confidential", "private-scheme", "loopback", "native", "empty-list"],
)
def test_clients_other_than_public_web_clients_have_no_origins(registry, changes):
    assert "allowed_origins" not in registry.create_client(**changes)


def test_a_web_client_under_development_has_its_loopback_origin(registry):
    uris = ["http://127.0.0.1:3000/cb"]
    client = registry.create_client(
        redirect_uris=uris, application_type="web", **PUBLIC
    )
    assert client["allowed_origins"] == ["http://127.0.0.1:3000"]


def test_a_client_may_name_its_origins(registry):
    client = registry.create_client(allowed_origins=[ORIGIN], **PUBLIC)
    assert client["allowed_origins"] == [ORIGIN]
    assert can_read_response(registry, client, ORIGIN)
    for bad in ("http://app.example", "https://app.example/", "https://*.example", "x"):
        reason = registry.registration_error(allowed_origins=[bad], **PUBLIC)
        assert f"allowed_origins: {bad}" in reason
