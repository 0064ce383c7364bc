"""On SQLite, no write transaction is open while the server fetches a document."""

from __future__ import annotations

import json
import sqlite3
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.paster import get_appsettings
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.standalone import main
from tests.standalone.conftest import CHALLENGE, SITE, VERIFIER, log_in
from tests.support.client_keys import TYPE, build_assertion_claims, key_set, sign_claims
from tests.support.command_line import run_command
from tests.support.servers import build_response

CALLBACK = "https://client.example/cb"
ENCRYPTED = "RSA-OAEP-256"
SECRET_METHOD = {"token_endpoint_auth_method": "client_secret_post"}


class Documents:
    """The documents of clients; each request for one tries to write to the database."""

    def __init__(self, client_site, path):
        self.url = client_site.url
        self.writes = []
        self._path = path
        client_site.server.handler = self._handle

    def _handle(self, peer, request):
        # A thread of the purge or the outbox may write for a moment; the fetching
        # request would hold its lock until it has received this document.
        other = sqlite3.connect(self._path, timeout=1, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            self.writes.append("possible")
            other.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            self.writes.append(str(error))
        finally:
            other.close()
        name = request.split()[1].decode()
        document = [CALLBACK] if "sector" in name else key_set(ENCRYPTED, "ES256")
        peer.sendall(build_response(json.dumps(document).encode()))


@pytest.fixture
def documented_site(demo_ini, client_site):
    settings = get_appsettings(str(demo_ini))
    for name, value in client_site.settings.items():
        settings[f"pyramid_oauth.{name}"] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = main({}, **settings)
    database = app.registry["fast_session.database"]
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    browser.documents = Documents(client_site, database.writer.url.database)
    yield browser
    assert browser.documents.writes, "nothing was fetched"
    assert set(browser.documents.writes) == {"possible"}
    database.dispose()


def register(site, **metadata):
    body = {"redirect_uris": [CALLBACK], **SECRET_METHOD, **metadata}
    return site.post_json("/oauth/register", body, status=201).json


def authorize(site, client, **changes):
    """Log in and consent; returns the code."""
    log_in(site)
    parameters = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "openid read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    page = site.get("/oauth/authorize", parameters).follow()
    redirect = page.forms["oauth-consent"].submit("decision", value="allow")
    return parse_qs(urlsplit(redirect.location).query)["code"][0]


def exchange(site, client, **proof):
    form = {
        "grant_type": "authorization_code",
        "code": authorize(site, client),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **(proof or {name: client[name] for name in ("client_id", "client_secret")}),
    }
    return site.post("/oauth/token", form, status=200).json


def test_the_key_of_an_encrypted_id_token_is_fetched_without_a_lock(documented_site):
    uri = f"{documented_site.documents.url}/id-token"
    client = register(
        documented_site, id_token_encrypted_response_alg=ENCRYPTED, jwks_uri=uri
    )
    assert exchange(documented_site, client)["id_token"].count(".") == 4


def test_the_key_of_a_refreshed_id_token_is_fetched_without_a_lock(
    documented_site, demo_ini
):
    uri = f"{documented_site.documents.url}/refresh"
    grants = {"grant_types": ["authorization_code", "refresh_token"]}
    client = register(
        documented_site,
        id_token_encrypted_response_alg=ENCRYPTED,
        jwks_uri=uri,
        **grants,
    )
    token = exchange(documented_site, client)["refresh_token"]
    changed = json.dumps({"jwks_uri": f"{uri}/new"})
    update = ("application", "update", demo_ini, client["client_id"])
    run_command(*update, "--client-metadata", changed)
    credentials = {name: client[name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "refresh_token", "refresh_token": token, **credentials}
    assert documented_site.post("/oauth/token", form).json["id_token"].count(".") == 4
    assert len(documented_site.documents.writes) == 2


def test_the_key_of_an_encrypted_userinfo_is_fetched_without_a_lock(documented_site):
    uri = f"{documented_site.documents.url}/userinfo"
    client = register(
        documented_site, userinfo_encrypted_response_alg=ENCRYPTED, jwks_uri=uri
    )
    token = exchange(documented_site, client)["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert documented_site.get("/oauth/userinfo", headers=header).text.count(".") == 4


def test_the_key_of_a_client_assertion_is_fetched_without_a_lock(documented_site):
    client = register(
        documented_site,
        token_endpoint_auth_method="private_key_jwt",
        id_token_encrypted_response_alg=ENCRYPTED,
        jwks_uri=f"{documented_site.documents.url}/assertion",
    )
    claims = build_assertion_claims(client["client_id"], aud=f"{SITE}/oauth")
    exchange(
        documented_site,
        client,
        client_assertion_type=TYPE,
        client_assertion=sign_claims(claims, "ES256"),
    )


def test_a_sector_document_is_fetched_without_a_lock(documented_site):
    uri = f"{documented_site.documents.url}/sector"
    pairwise = {"subject_type": "pairwise", "sector_identifier_uri": uri}
    assert register(documented_site, **pairwise)["sector_identifier_uri"] == uri


def test_the_redirect_uris_of_a_sector_at_an_update(documented_site):
    client = register(documented_site)
    uri = f"{documented_site.documents.url}/sector"
    changed = {
        "client_id": client["client_id"],
        "redirect_uris": [CALLBACK],
        **SECRET_METHOD,
        "subject_type": "pairwise",
        "sector_identifier_uri": uri,
    }
    header = {"Authorization": f"Bearer {client['registration_access_token']}"}
    path = urlsplit(client["registration_client_uri"]).path
    updated = documented_site.put_json(path, changed, headers=header, status=200).json
    assert updated["sector_identifier_uri"] == uri
