"""Claims of the granted scopes in ID Tokens, decided by the application."""

from __future__ import annotations

from tests.support.provider import log_in_to_client


def test_an_application_has_the_claims_of_its_scopes_in_its_id_tokens(provider):
    client = provider.register_client(client_metadata={"id_token_scope_claims": True})
    tokens = log_in_to_client(provider, client, scope="openid email")
    assert "email" in provider.verify_id_token(tokens["id_token"])


def test_an_application_overrides_the_server(new_provider):
    provider = new_provider(id_token_scope_claims="true")
    client = provider.register_client(client_metadata={"id_token_scope_claims": False})
    tokens = log_in_to_client(provider, client, scope="openid email")
    assert "email" not in provider.verify_id_token(tokens["id_token"])
