"""Clients of others with DPoP, at ready-made servers with and without nonces."""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, Person, ReadyMadeServer, needed
from tests.support.dpop import DPOP

OPENID_CLIENT = HERE / "openid_client"
PYTHON_CLIENTS = HERE / "python_clients"
PUBLIC = ("--client-type", "public", "--token-endpoint-auth-method", "none")
SECRET = ("--token-endpoint-auth-method", "client_secret_post")
BOUND = ("--client-metadata", '{"dpop_bound_access_tokens": true}')
USED = {"name": "Alice Pleasance Liddell", "api": 200, "as_bearer": 401}

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


WAYS = pytest.mark.parametrize(
    ("options", "way", "algorithm"),
    [
        (PUBLIC, "login", "ES256"),
        (SECRET, "login", "EdDSA"),
        (SECRET, "pushed", "PS256"),
    ],
    ids=["public", "confidential", "pushed"],
)


@pytest.fixture
def log_in_and_refresh(dpop_server, start, client_port):
    """A function that registers and starts a site, logs in there and refreshes.

    It returns what the site says of its first tokens, and of its next.
    """

    def run(command, options, way, algorithm):
        origin = f"http://localhost:{client_port}"
        client = dpop_server.register(
            *("--name", "A site", "--redirect-uri", f"{origin}/callback"),
            *options,
            *BOUND,
        )
        start(
            *command,
            ISSUER=dpop_server.issuer,
            API=f"{dpop_server.origin}/api/me",
            CLIENT_ID=client["client_id"],
            CLIENT_SECRET=client.get("client_secret") or "",
            ALGORITHM=algorithm,
            PORT=str(client_port),
        )
        person = Person(dpop_server)
        return person.json(f"{origin}/{way}"), person.json(f"{origin}/refresh")

    return run


@pytest.mark.spec(DPOP, "10.1")
@WAYS
def test_openid_client_gets_and_uses_bound_tokens(
    log_in_and_refresh, options, way, algorithm
):
    node = needed("node", "Node.js")
    needed(OPENID_CLIENT / "node_modules", "openid-client")
    # It knows EdDSA by the name of RFC 9864.
    algorithm = "Ed25519" if algorithm == "EdDSA" else algorithm
    command = (node, OPENID_CLIENT / "dpop.mjs")
    assert log_in_and_refresh(command, options, way, algorithm) == (
        {"token_type": "dpop", **USED},
        {"token_type": "dpop", "api": 200},
    )


@pytest.mark.spec(DPOP, "10.1")
@WAYS
def test_requests_oauth2client_gets_and_uses_bound_tokens(
    log_in_and_refresh, options, way, algorithm
):
    python = needed(PYTHON_CLIENTS / ".venv/bin/python", "Python's clients")
    command = (python, PYTHON_CLIENTS / "dpop_site.py")
    assert log_in_and_refresh(command, options, way, algorithm) == (
        {"token_type": "DPoP", **USED},
        {"token_type": "DPoP", "api": 200},
    )
