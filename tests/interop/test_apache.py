"""Apache's mod_auth_openidc logs users in at the ready-made server."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.interop.ready_made import needed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1"),
]
MODULES = Path("/usr/lib/apache2/modules")
CONFIGURATION = """
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
DocumentRoot /usr/share/apache2
<Directory />
  AllowOverride None
</Directory>
ErrorLog /dev/stderr
LogLevel warn auth_openidc:info
Listen 127.0.0.1:{port}
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {here}
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile email"
OIDCInfoHook access_token userinfo
{more}
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
"""


class Site:
    """Apache, and the page of its module that shows the session."""

    def __init__(self, program, person):
        self.program, self.person = program, person
        self.here = f"{program.origin}/oidc"

    def log_in(self):
        self.person.visit(f"{self.program.origin}/page")

    def session(self):
        return self.person.json(f"{self.here}?info=json")

    def refresh(self):
        token = self.session()["access_token"]
        asked = {"refresh": f"{self.program.origin}/page", "access_token": token}
        self.person.visit(f"{self.here}?{urlencode(asked)}")

    def log_out(self):
        self.person.visit(f"{self.here}?{urlencode({'logout': self.here})}")


@pytest.fixture
def start_apache(ready_made, start, client_port, person, tmp_path):
    """Start Apache as a client that is registered as docs/how_to/clients says."""
    apache = needed("/usr/sbin/apache2", "Apache")
    needed(MODULES / "mod_auth_openidc.so", "mod_auth_openidc")

    def run(*more):
        here = f"http://localhost:{client_port}/oidc"
        client = ready_made.register(
            *("--name", "mod_auth_openidc", "--redirect-uri", here),
            *("--post-logout-redirect-uri", here),
        )
        configuration = tmp_path / "apache.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=tmp_path,
                port=client_port,
                modules=MODULES,
                issuer=ready_made.issuer,
                here=here,
                passphrase=secrets.token_urlsafe(),
                more="\n".join(more),
                **client,
            )
        )
        program = start(apache, "-X", "-f", configuration)
        return Site(program, person)

    return run


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
@pytest.mark.parametrize("more", [[], ["OIDCPKCEMethod S256"]], ids=["nonce", "pkce"])
def test_mod_auth_openidc_logs_in_refreshes_and_logs_out(start_apache, person, more):
    site = start_apache(*more)
    site.log_in()
    assert person.pressed == ["login-submit", "oauth-allow"]
    before = site.session()
    assert before["userinfo"]["email"] == "alice@example.org"
    site.refresh()
    assert site.session()["access_token"] != before["access_token"]
    site.log_out()
    site.log_in()
    assert "login-submit" in person.pressed
