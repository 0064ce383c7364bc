"""Clients of others with DPoP, at ready-made servers with and without nonces."""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, Person, ReadyMadeServer, needed
from tests.support.dpop import DPOP

FOLDER = HERE / "openid_client"
PUBLIC = ("--client-type", "public", "--token-endpoint-auth-method", "none")
SECRET = ("--token-endpoint-auth-method", "client_secret_post")
BOUND = ("--client-metadata", '{"dpop_bound_access_tokens": true}')

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec(DPOP, "5"),
    pytest.mark.spec(DPOP, "7.1"),
]


@pytest.fixture(scope="module", params=["false", "true"], ids=["plain", "nonces"])
def dpop_server(request, tmp_path_factory):
    """A ready-made server that asks for nonces, or does not."""
    folder = tmp_path_factory.mktemp("dpop_server")
    made = ReadyMadeServer(folder, dpop_nonces=request.param)
    yield made
    made.stop()


@pytest.mark.spec(DPOP, "10.1")
@pytest.mark.parametrize(
    ("options", "way", "algorithm"),
    [
        (PUBLIC, "login", "ES256"),
        (SECRET, "login", "Ed25519"),
        (SECRET, "pushed", "PS256"),
    ],
    ids=["public", "confidential", "pushed"],
)
def test_openid_client_gets_and_uses_bound_tokens(
    dpop_server, start, client_port, options, way, algorithm
):
    node = needed("node", "Node.js")
    needed(FOLDER / "node_modules", "openid-client")
    origin = f"http://localhost:{client_port}"
    client = dpop_server.register(
        *("--name", "openid-client", "--redirect-uri", f"{origin}/callback"),
        *options,
        *BOUND,
    )
    start(
        *(node, FOLDER / "dpop.mjs"),
        ISSUER=dpop_server.issuer,
        API=f"{dpop_server.origin}/api/me",
        CLIENT_ID=client["client_id"],
        CLIENT_SECRET=client.get("client_secret") or "",
        ALGORITHM=algorithm,
        PORT=str(client_port),
    )
    person = Person(dpop_server)
    assert person.json(f"{origin}/{way}") == {
        "token_type": "dpop",
        "name": "Alice Pleasance Liddell",
        "api": 200,
        "as_bearer": 401,
    }
    assert person.json(f"{origin}/refresh") == {"token_type": "dpop", "api": 200}
