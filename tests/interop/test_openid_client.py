"""openid-client (JavaScript), a certified relying party, logs in at our server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
    pytest.mark.spec("OpenID Connect Discovery", "4"),
]
FOLDER = Path(__file__).parent / "openid_client"


class Party:
    """The relying party party.mjs, as a running process."""

    def __init__(self, issuer, ca_file, callback, after):
        self.process = subprocess.Popen(
            ["node", "party.mjs", issuer, callback, after],
            cwd=FOLDER,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": ca_file},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, command, **given):
        self.process.stdin.write(json.dumps({"command": command, **given}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def party(conformance_provider, ca_file, listener):
    if not (shutil.which("node") and (FOLDER / "node_modules").is_dir()):
        if os.environ.get("CI"):
            pytest.fail("CI needs node, and `npm ci` in tests/interop/openid_client")
        pytest.skip("openid-client is not installed")
    origin = listener.origin
    made = Party(
        conformance_provider.issuer, ca_file, f"{origin}/cb", f"{origin}/after"
    )
    yield made
    made.end()


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "3.1")
@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_it_registers_logs_in_refreshes_and_logs_out(party, suite_user, listener):
    registered = party("register")
    arrived = suite_user.follow(party("begin")["url"], f"{listener.origin}/cb")
    claims = party("finish", url=arrived)
    assert claims["aud"] == registered["client_id"]
    userinfo = party("userinfo")
    assert (userinfo["sub"], userinfo["given_name"]) == (claims["sub"], "Alice")
    assert userinfo["email"] == "alice@example.org"
    renewed = party("refresh")["claims"]
    assert renewed["sub"] == claims["sub"]
    assert "nonce" not in renewed
    arrived = suite_user.follow(party("logout")["url"], f"{listener.origin}/after")
    assert arrived == f"{listener.origin}/after?state=after-logout"
