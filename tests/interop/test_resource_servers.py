"""Resource servers of others ask the ready-made server about tokens (RFC 7662)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.ready_made import HERE, needed

MODULES = Path("/usr/lib/apache2/modules")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("RFC 7662", "2"),
    pytest.mark.spec("RFC 6750", "3"),
]
APACHE = """
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
DocumentRoot {folder}/api
ErrorLog /dev/stderr
Listen 127.0.0.1:{port}
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
OIDCOAuthServerMetadataURL {issuer}/.well-known/oauth-authorization-server
OIDCOAuthIntrospectionEndpointAuth client_secret_basic
OIDCOAuthIntrospectionEndpointMethod POST
OIDCOAuthTokenIntrospectionInterval -1
OIDCOAuthClientID {client_id}
OIDCOAuthClientSecret {client_secret}
OIDCOAuthRemoteUserClaim client_id
<Location />
  AuthType oauth20
  Require claim scope~(^|\\s)read(\\s|$)
</Location>
<Location /write>
  AuthType oauth20
  Require claim scope~(^|\\s)write(\\s|$)
</Location>
"""


@pytest.fixture
def start_django(start_client, api_client):
    """Start the site of Django, whose API asks our server."""
    python = needed(HERE / "recipes/.venv/bin/python", "django-oauth-toolkit")
    site = HERE / "resource_servers/django_site.py"
    return lambda: start_client(api_client, python, site)


def test_django_oauth_toolkit_accepts_tokens_by_introspection(start_django, machine):
    api, token = start_django(), machine.token("read")
    assert machine.call(api, "notes").status_code in (401, 403)
    assert machine.call(api, "notes", "unknown").status_code in (401, 403)
    answer = machine.call(api, "notes", token)
    assert answer.status_code == 200, answer.text
    assert machine.call(api, "write", token).status_code == 403
    assert machine.call(api, "write", machine.token("write")).status_code == 200


@pytest.fixture
def start_apache_api(ready_made, start, api_client, client_port, tmp_path):
    """Start Apache as a resource server with mod_auth_openidc."""
    apache = needed("/usr/sbin/apache2", "Apache")
    needed(MODULES / "mod_auth_openidc.so", "mod_auth_openidc")

    def run():
        for name in ("notes", "write"):
            (tmp_path / "api").mkdir(exist_ok=True)
            (tmp_path / "api" / name).write_text(name)
        configuration = tmp_path / "apache.conf"
        configuration.write_text(
            APACHE.format(
                folder=tmp_path,
                port=client_port,
                modules=MODULES,
                issuer=ready_made.issuer,
                **api_client,
            )
        )
        for folder in (tmp_path, *tmp_path.parents):
            if not folder.stat().st_mode & 0o077:
                folder.chmod(0o755)
        return start(apache, "-X", "-f", configuration)

    return run


def test_mod_auth_openidc_accepts_tokens_until_they_are_revoked(
    start_apache_api, machine
):
    api, token = start_apache_api(), machine.token("read")
    refused = machine.call(api, "notes")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert machine.call(api, "notes", "unknown").status_code == 401
    assert machine.call(api, "notes", token).text == "notes"
    assert machine.call(api, "write", token).status_code in (401, 403)
    assert machine.call(api, "write", machine.token("write")).text == "write"
    machine.revoke(token)
    assert machine.call(api, "notes", token).status_code == 401
