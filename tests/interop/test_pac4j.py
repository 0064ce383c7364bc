"""pac4j, in Java, logs in at the ready-made server and out again."""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, needed

FOLDER = HERE / "java_client"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_it_logs_in_and_out(ready_made, person, client_port, start_client):
    java = needed("java", "Java")
    needed(FOLDER / "target/lib", "pac4j")
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "pac4j"),
        *("--redirect-uri", f"{origin}/callback?client_name=OidcClient"),
        *("--post-logout-redirect-uri", f"{origin}/"),
    )
    classes = f"{FOLDER}/target/classes:{FOLDER}/target/lib/*"
    start_client(client, java, "-cp", classes, "Site")
    shown = person.json(f"{origin}/user")
    assert shown == {"name": "Alice Pleasance Liddell", "email": "alice@example.org"}
    assert person.json(f"{origin}/logout") == {}
    person.visit(f"{origin}/user")
    assert "login-submit" in person.pressed
