"""The server as docs/how_to/conformance_suite has it started, behind nginx.

Overrides the fixtures `conformance_provider` and `configurations` for the same suite.
"""

from __future__ import annotations

from pathlib import Path
from shutil import which

import pytest
from jwcrypto import jwk, jwt

from tests.oidf.fixtures import write_configurations
from tests.oidf.jose import export_public_keys
from tests.oidf.provider import Provider
from tests.support.code_blocks import find_blocks
from tests.support.nginx import Nginx, require_program

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs/how_to/conformance_suite.rst"


@pytest.fixture(scope="session")
def conformance_provider(tmp_path_factory, authority, ca_file):
    require_program("nginx", which("nginx"))
    folder = tmp_path_factory.mktemp("nginx")
    (block,) = [
        code_block.text
        for code_block in find_blocks(PAGE)
        if code_block.language == "nginx"
    ]

    def start_nginx(authority, target):
        return Nginx(
            folder,
            authority,
            block,
            site="op.example.org",
            upstream="127.0.0.1:6543",
            target=target,
        )

    provider = Provider(folder, authority, ca_file, start_nginx)
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def configurations(conformance_provider, listener, tmp_path_factory):
    return write_configurations(
        conformance_provider, listener, tmp_path_factory.mktemp("config")
    )


@pytest.mark.spec("OpenID Connect Discovery", "4.3")
def test_advertised_urls_are_those_of_the_proxy(suite):
    assert suite.metadata["issuer"] == suite.provider.issuer
    assert suite.log_in(suite.register())["claims"]["sub"]


@pytest.mark.spec("OpenID Connect Core", "10.2")
def test_long_requests_and_responses_pass_the_proxy(suite):
    """Redirects hold a whole ID Token, here an encrypted one, and the state."""
    key = jwk.JWK.generate(kty="RSA", size=4096, use="enc", alg="RSA-OAEP-256")
    client = suite.register_with_keys()
    keys = {
        "keys": [
            *export_public_keys(client.keys)["keys"],
            key.export_public(as_dict=True),
        ]
    }
    client = suite.register(
        jwks=keys,
        id_token_encrypted_response_alg="RSA-OAEP-256",
        id_token_encrypted_response_enc="A256CBC-HS512",
    )
    suite.scope = "openid profile email address phone"
    answer = suite.authorize(client, "id_token", state="s" * 8000)
    decrypted_token = jwt.JWT(key=key, jwt=answer["id_token"], expected_type="JWE")
    claims = suite.validate_id_token(client, decrypted_token.claims, answer.request)
    assert claims["address"]
