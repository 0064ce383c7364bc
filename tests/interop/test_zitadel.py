"""zitadel/oidc, in Go, logs in at the ready-made server; its API introspects tokens."""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, needed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]
EITHER_METHOD = ("--client-metadata", '{"either_client_secret_method": true}')


@pytest.mark.spec("RFC 7662", "2.1")
@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_it_logs_in_refreshes_introspects_and_logs_out(
    ready_made, person, client_port, start_client
):
    program = needed(HERE / "go_clients/bin/zitadel", "zitadel/oidc, built with Go,")
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "zitadel", *EITHER_METHOD),
        *("--redirect-uri", f"{origin}/callback"),
        *("--post-logout-redirect-uri", f"{origin}/"),
    )
    api = ready_made.register(
        "--name", "API", "--introspection", "any", grants=["client_credentials"]
    )
    start_client(
        client, program, API_ID=api["client_id"], API_SECRET=api["client_secret"]
    )
    shown = person.json(f"{origin}/login")
    assert shown == {"name": "Alice Pleasance Liddell", "email": "alice@example.org"}
    assert person.json(f"{origin}/refresh") == {"renewed": True}
    introspected = person.json(f"{origin}/api")
    assert (introspected["active"], introspected["client_id"]) == (
        True,
        client["client_id"],
    )
    assert person.json(f"{origin}/logout") == "home"
    assert person.pressed == ["oauth-logout-confirm"]
    person.visit(f"{origin}/login")
    assert "login-submit" in person.pressed
