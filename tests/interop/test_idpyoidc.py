"""idpyoidc logs in at our server and receives logout tokens."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.support.ports import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def party_origin(conformance_provider, authority, ca_file, tmp_path):
    """Return the origin of the relying party."""
    certificate = tmp_path / "party.pem"
    made = authority.issue_cert("localhost")
    made.private_key_and_cert_chain_pem.write_to_path(certificate)
    port = str(free_port())
    program = [
        sys.executable,
        "-m",
        "tests.interop.idpyoidc_party",
        conformance_provider.issuer,
    ]
    process = subprocess.Popen(
        [*program, port, str(certificate), ca_file],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    yield f"https://localhost:{port}"
    process.terminate()
    process.wait(10)
    process.stdout.close()


def read_page(alice):
    answer = json.loads(alice.browser.page.text)
    assert "error" not in answer, answer
    return answer


def begin_login(party, ca_file):
    """Return the URL to which the login page of the party redirects."""
    session = requests.Session()
    session.trust_env, session.verify = False, ca_file
    answer = session.get(f"{party}/login", allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.6")
@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
def test_it_logs_in_refreshes_and_receives_the_logout(
    party_origin, ca_file, suite_user
):
    suite_user.follow(begin_login(party_origin, ca_file), f"{party_origin}/callback")
    done = read_page(suite_user)
    assert done["userinfo"]["sub"] == done["claims"]["sub"]
    assert done["userinfo"]["email"] == "alice@example.org"
    suite_user.browser.visit(f"{party_origin}/refresh?state={done['state']}")
    assert read_page(suite_user)["access_token"]
    suite_user.browser.visit(f"{party_origin}/logout?state={done['state']}")
    confirm = suite_user.browser.page.element("id", "oauth-continue")
    if confirm:
        suite_user.browser.press(confirm)
    assert suite_user.browser.page.url.startswith(f"{party_origin}/after")
    received = notices(suite_user, party_origin, 2)
    assert {"backchannel": done["state"]} in received
    fronts = [notice["frontchannel"] for notice in received if "frontchannel" in notice]
    assert [front["sid"] for front in fronts] == [done["claims"]["sid"]]


def notices(alice, party, count):
    """Return the logout notices that the party has received; wait for the outbox."""
    for _ in range(100):
        alice.browser.visit(f"{party}/notices")
        received = read_page(alice)["received"]
        if len(received) >= count:
            break
        time.sleep(0.2)
    return received
