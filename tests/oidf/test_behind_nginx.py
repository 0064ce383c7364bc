"""The server as docs/how_to/conformance_suite has it started, behind nginx.

Overrides the fixtures `conformance_provider` and `configurations` for the same suite.
"""

from __future__ import annotations

from functools import partial

import pytest
from jwcrypto import jwk, jwt

from tests.oidf.fixtures import written_configurations
from tests.oidf.jose import public
from tests.oidf.nginx import Nginx, needed
from tests.oidf.provider import Provider

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def conformance_provider(tmp_path_factory, authority, ca_file):
    needed()
    folder = tmp_path_factory.mktemp("nginx")
    made = Provider(folder, authority, ca_file, partial(Nginx, folder))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def configurations(conformance_provider, listener, tmp_path_factory):
    return written_configurations(
        conformance_provider, listener, tmp_path_factory.mktemp("config")
    )


@pytest.mark.spec("OpenID Connect Discovery", "4.3")
def test_advertised_urls_are_those_of_the_proxy(suite):
    assert suite.metadata["issuer"] == suite.provider.issuer
    assert suite.login(suite.register())["claims"]["sub"]


@pytest.mark.spec("OpenID Connect Core", "10.2")
def test_long_requests_and_responses_pass_the_proxy(suite):
    """Redirects hold a whole ID Token, here an encrypted one, and the state."""
    key = jwk.JWK.generate(kty="RSA", size=4096, use="enc", alg="RSA-OAEP-256")
    client = suite.with_keys()
    keys = {"keys": [*public(client.keys)["keys"], key.export_public(as_dict=True)]}
    client = suite.register(
        jwks=keys,
        id_token_encrypted_response_alg="RSA-OAEP-256",
        id_token_encrypted_response_enc="A256CBC-HS512",
    )
    suite.scope = "openid profile email address phone"
    answer = suite.authorize(client, "id_token", state="s" * 8000)
    opened = jwt.JWT(key=key, jwt=answer["id_token"], expected_type="JWE")
    claims = suite.id_token(client, opened.claims, answer.asked)
    assert claims["address"]
