"""oauth2-proxy protects a site; users log in at the ready-made server."""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlencode

import pytest

from tests.interop.ready_made import HERE, needed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]


@pytest.fixture
def start_proxy(ready_made, start, client_port):
    """Start oauth2-proxy with client credentials, as docs/how_to/clients says."""
    program = needed(HERE / "go_clients/bin/oauth2-proxy", "oauth2-proxy, in Go,")

    def run(client, *options):
        return start(
            program,
            "--provider=oidc",
            f"--oidc-issuer-url={ready_made.issuer}",
            f"--client-id={client['client_id']}",
            f"--client-secret={client['client_secret']}",
            f"--redirect-url=http://localhost:{client_port}/oauth2/callback",
            f"--http-address=localhost:{client_port}",
            f"--cookie-secret={secrets.token_hex(16)}",
            "--cookie-secure=false",
            "--email-domain=*",
            "--skip-provider-button",
            "--upstream=static://200",
            f"--whitelist-domain=localhost:{ready_made.port}",
            "--code-challenge-method=S256",
            *options,
        )

    return run


@pytest.fixture
def proxy_client(ready_made, client_port):
    return ready_made.register(
        *("--name", "oauth2-proxy"),
        *("--redirect-uri", f"http://localhost:{client_port}/oauth2/callback"),
        *(
            "--post-logout-redirect-uri",
            f"http://localhost:{client_port}/oauth2/sign_in",
        ),
    )


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
def test_it_lets_people_in_refreshes_and_logs_out(
    ready_made, person, proxy_client, start_proxy
):
    proxy = start_proxy(proxy_client, "--approval-prompt=auto", "--cookie-refresh=1s")
    assert person.visit(proxy.origin).text == "Authenticated"
    assert person.pressed == ["login-submit", "oauth-allow"]
    shown = person.json(f"{proxy.origin}/oauth2/userinfo")
    assert shown["email"] == "alice@example.org"
    time.sleep(2.1)
    assert person.visit(proxy.origin).text == "Authenticated"
    assert "Refreshing session" in proxy.log
    assert "Unable to refresh" not in proxy.log
    person.visit(
        f"{proxy.origin}/oauth2/sign_out?{sign_out(ready_made, proxy_client, proxy)}"
    )
    # After the logout the browser returns to a page that starts a new login at once.
    assert person.pressed == ["oauth-logout-confirm", "login-submit"]


def sign_out(ready_made, client, proxy):
    """Return the URL to which oauth2-proxy redirects after it has ended its session."""
    asked = {
        "client_id": client["client_id"],
        "post_logout_redirect_uri": f"{proxy.origin}/oauth2/sign_in",
    }
    return urlencode({"rd": f"{ready_made.issuer}/end_session?{urlencode(asked)}"})


def test_people_consent_each_time_unless_approval_prompt_is_auto(
    person, proxy_client, start_proxy
):
    """oauth2-proxy sends `approval_prompt=force` by default; the server respects it."""
    proxy = start_proxy(proxy_client)
    person.visit(proxy.origin)
    # The logout redirects to the site, which starts a new login.
    assert person.visit(f"{proxy.origin}/oauth2/sign_out").text == "Authenticated"
    assert person.pressed == ["oauth-allow"]
