"""Spring Security, in Java, logs in at the ready-made server and out again."""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, needed

FOLDER = HERE / "spring_client"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_spring_security_logs_in_refreshes_and_logs_out(
    ready_made, person, client_port, start_client
):
    java = needed("java", "Java")
    needed(FOLDER / "target/lib", "Spring Security")
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "Spring Security", "--access-token-lifetime", "30"),
        *("--redirect-uri", f"{origin}/login/oauth2/code/house"),
        *("--post-logout-redirect-uri", f"{origin}/bye"),
    )
    classes = f"{FOLDER}/target/classes:{FOLDER}/target/lib/*"
    quick = "-XX:TieredStopAtLevel=1"
    start_client(client, java, quick, "-cp", classes, "site.SpringSite")
    shown = person.json(f"{origin}/user")
    assert shown == {"name": "Alice Pleasance Liddell", "email": "alice@example.org"}
    # Spring Security renews a token that expires within a minute.
    first = person.json(f"{origin}/token")["access_token"]
    assert person.json(f"{origin}/token")["access_token"] != first
    person.visit(f"{origin}/logout")
    assert person.shown(person.press("form button")) == {}
    person.visit(f"{origin}/user")
    assert "login-submit" in person.pressed
