"""Clients of Django and Flask log in at the ready-made server.

Each is registered as docs/how_to/clients says, and configured as its own manual says.
"""

from __future__ import annotations

import pytest

from tests.interop.ready_made import HERE, needed

FOLDER = HERE / "python_clients"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]
NAME = "Alice Pleasance Liddell"
POST = ("--token-endpoint-auth-method", "client_secret_post")


@pytest.fixture
def start_python_client(start_client):
    """Start a site of python_clients."""
    python = needed(FOLDER / ".venv/bin/python", "Python's clients")
    return lambda client, name: start_client(client, python, FOLDER / f"{name}.py")


def test_mozilla_django_oidc_logs_in_and_out(
    ready_made, person, client_port, start_python_client
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "mozilla-django-oidc", *POST),
        *("--redirect-uri", f"{origin}/oidc/callback/"),
        *("--post-logout-redirect-uri", f"{origin}/"),
    )
    start_python_client(client, "mozilla")
    shown = person.json(f"{origin}/oidc/authenticate/")
    assert shown == {"email": "alice@example.org"}
    assert person.json(f"{origin}/oidc/logout/") == {"email": None}
    person.visit(f"{origin}/oidc/authenticate/")
    assert "login-submit" in person.pressed


def test_django_allauth_logs_in(ready_made, person, client_port, start_python_client):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "django-allauth", *POST),
        *("--redirect-uri", f"{origin}/accounts/oidc/house/login/callback/"),
    )
    start_python_client(client, "allauth_site")
    shown = person.json(f"{origin}/accounts/oidc/house/login/")
    assert shown == {"name": NAME}
    assert person.json(f"{origin}/leave") == {"name": None}


def test_social_auth_logs_in_with_one_secret_method_and_refreshes_with_another(
    ready_made, person, client_port, start_python_client
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "social-auth"),
        *("--client-metadata", '{"either_client_secret_method": true}'),
        *("--redirect-uri", f"{origin}/complete/oidc/"),
    )
    start_python_client(client, "social")
    shown = person.json(f"{origin}/login/oidc/", "POST")
    assert shown == {"name": "Alice Liddell", "email": "alice@example.org"}
    assert person.json(f"{origin}/refresh") == {"renewed": True}


def test_flask_oidc_logs_in_beside_the_server_and_refreshes(
    ready_made, person, client_port, start_python_client
):
    origin = f"http://localhost:{client_port}"
    client = ready_made.register(
        *("--name", "Flask-OIDC", *POST), *("--redirect-uri", f"{origin}/authorize")
    )
    start_python_client(client, "flask_site")
    shown = person.json(f"{origin}/login")
    assert (shown["name"], shown["email"]) == (NAME, "alice@example.org")
    before = person.json(f"{origin}/expired")["token"]
    renewed = person.json(f"{origin}/token")
    assert renewed["user"] is True
    assert renewed["token"] not in (None, before)
