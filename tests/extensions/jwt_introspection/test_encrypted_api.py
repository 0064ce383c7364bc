"""Encrypted introspection answers of our server, read by our API half (RFC 9701)."""

from __future__ import annotations

import pytest

from pyramid_oauth.resource.verify import Introspection, InvalidToken, SecretBasic
from tests.support.client_keys import key_set
from tests.support.host import obtain_tokens
from tests.support.key_material import private_key
from tests.support.ports import free_port
from tests.support.served_host import serve_host


@pytest.fixture
def encrypting_provider(new_provider):
    """A provider that an API can ask, with an API that has a key for answers."""
    port = free_port()
    provider = new_provider(
        lambda config: config.include("pyramid_oauth.extensions.jwt_introspection"),
        issuer=f"http://127.0.0.1:{port}/oauth",
    )
    provider.api = provider.register_client(
        client_id="api",
        introspection="any",
        token_endpoint_auth_method="client_secret_basic",
        client_metadata={
            "jwks": key_set("RSA-OAEP-256"),
            "introspection_encrypted_response_alg": "RSA-OAEP-256",
        },
    )
    with serve_host(provider, port):
        yield provider


@pytest.mark.spec("RFC 9701", "5")
def test_an_api_elsewhere_reads_answers_that_are_encrypted_for_it(encrypting_provider):
    token = obtain_tokens(encrypting_provider, encrypting_provider.register_client())
    key = private_key("RSA-OAEP-256").as_pem(private=True).decode()
    verifier = Introspection(
        SecretBasic("api", encrypting_provider.api["client_secret"]),
        issuer=encrypting_provider.server.issuer,
        signed_for="api",
        decryption_keys=[key],
    )
    identity = verifier.verify(token["access_token"])
    assert (identity.user_id, identity.client_id) == ("alice", "web")
    with pytest.raises(InvalidToken):
        verifier.verify("unknown")
