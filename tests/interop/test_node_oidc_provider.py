"""An API of ours accepts the tokens of node-oidc-provider, opaque ones and JWTs."""

from __future__ import annotations

import json
import sys

import pytest
import requests
from click.testing import CliRunner

from pyramid_oauth.scripts.main import commands
from tests.interop.machine import Machine
from tests.interop.ready_made import HERE, ROOT, Program, needed
from tests.support.ports import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("RFC 9728", "3"),
    pytest.mark.spec("RFC 7662", "2"),
]
API = {"client_id": "api", "client_secret": "a-secret-of-the-API-only"}
ROBOT = {"client_id": "robot", "client_secret": "a-secret-of-the-robot-only"}


class OtherServer(Program):
    """node-oidc-provider."""

    @property
    def issuer(self):
        return self.origin


@pytest.fixture
def oidc_provider(client_port, tmp_path):
    """Start node-oidc-provider, which knows our API and a robot."""
    node = needed("node", "Node.js")
    folder = HERE / "node_clients"
    needed(folder / "node_modules/oidc-provider", "node-oidc-provider")
    port = free_port()
    program = OtherServer(
        [node, folder / "oidc_provider.mjs"],
        port,
        tmp_path / "provider.log",
        PORT=str(port),
        OPAQUE=f"http://localhost:{client_port}/opaque",
        CLIENT_ID=API["client_id"],
        CLIENT_SECRET=API["client_secret"],
        ROBOT_SECRET=ROBOT["client_secret"],
    )
    yield program
    program.stop()


@pytest.fixture
def house_api(oidc_provider, start, client_port):
    """Start an API of ours whose issuer is node-oidc-provider."""
    return start(
        sys.executable,
        HERE / "resource_servers/house_api.py",
        ISSUER=oidc_provider.issuer,
        CLIENT_ID=API["client_id"],
        CLIENT_SECRET=API["client_secret"],
        PORT=str(client_port),
        PYTHONPATH=str(ROOT),
    )


def test_the_probe_of_check_judges_a_server_that_is_not_ours(oidc_provider):
    words = ["check", "--probe", oidc_provider.issuer, "--json"]
    result = CliRunner().invoke(commands, words, catch_exceptions=False)
    found = json.loads(result.stdout)
    assert not {"P601", "P602", "P611", "P612", "P705", "P711"} & {
        finding["number"] for finding in found
    }
    assert all(finding["spec"] and finding["cure"] for finding in found)


@pytest.fixture
def robot(oidc_provider):
    return Machine(oidc_provider, ROBOT, revocation="token/revocation")


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_a_client_that_knows_only_the_url_gets_in(house_api, robot, kind):
    """It finds the server by the challenge, and asks for what the challenge names."""
    challenge = robot.call(house_api, f"{kind}/read").headers["WWW-Authenticate"]
    assert 'scope="read"' in challenge
    url = challenge.split('resource_metadata="')[1].split('"')[0]
    metadata = requests.get(url, timeout=10).json()
    assert metadata["authorization_servers"] == [robot.server.issuer]
    token = robot.token("read", resource=metadata["resource"])
    answer = robot.call(house_api, f"{kind}/read", token)
    assert answer.json() == {"client": "robot", "user": None, "scope": "read"}
    assert robot.call(house_api, f"{kind}/write", token).status_code == 403


@pytest.mark.spec("RFC 9728", "7.4")
def test_a_token_of_the_other_resource_is_refused(house_api, robot):
    for own, other in (("opaque", "jwt"), ("jwt", "opaque")):
        token = robot.token("read", resource=f"{house_api.origin}/{own}")
        assert robot.call(house_api, f"{own}/read", token).status_code == 200
        answer = robot.call(house_api, f"{other}/read", token)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_token"


def test_a_revoked_token_is_refused(house_api, robot):
    token = robot.token("read", resource=f"{house_api.origin}/opaque")
    assert robot.call(house_api, "opaque/read", token).status_code == 200
    robot.revoke(token)
    assert robot.call(house_api, "opaque/read", token).status_code == 401
