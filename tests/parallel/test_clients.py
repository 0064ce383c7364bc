"""Client libraries of other authors, against a running server over HTTP."""

from __future__ import annotations

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, WebApplicationClient
from requests_oauthlib import OAuth2Session

from tests.parallel.conftest import CALLBACK, ParallelSite
from tests.support.postgresql import empty_postgresql

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def started_site(tmp_path_factory):
    """One server for all tests; each gets its own tokens."""
    with empty_postgresql() as url:
        site = ParallelSite(tmp_path_factory.mktemp("site"), url, processes=1)
        site.start()
        yield site
        site.stop()


@pytest.fixture
def running_site(started_site, monkeypatch):
    # The client libraries require https, which a server on loopback does not have.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    return started_site


@pytest.mark.spec("RFC 6749", "4.1")
def test_requests_oauthlib_completes_every_step(running_site):
    base, credentials = f"{running_site.origin()}/oauth", running_site.client
    client = WebApplicationClient(credentials["client_id"])
    session = OAuth2Session(
        client=client, redirect_uri=CALLBACK, scope=["read", "write"], pkce="S256"
    )
    url, _ = session.authorization_url(f"{base}/authorize")
    answer = running_site.decide(running_site.browser(), url)
    secret = credentials["client_secret"]
    session.fetch_token(
        f"{base}/token",
        authorization_response=answer,
        client_secret=secret,
        include_client_id=True,
    )
    assert session.get(f"{running_site.origin()}/api/me").json()["username"] == "alice"
    tokens = dict(session.token)
    session.refresh_token(f"{base}/token", **credentials)
    assert session.token["access_token"] != tokens["access_token"]
    assert session.get(f"{running_site.origin()}/api/notes").ok
    form = {"token": session.token["refresh_token"], **credentials}
    assert running_site.post(0, "/oauth/revoke", form).ok
    assert session.get(f"{running_site.origin()}/api/me").status_code == 401


@pytest.mark.spec("RFC 6749", "4.4")
def test_requests_oauthlib_gets_a_client_credentials_token(running_site):
    credentials = running_site.client
    client = BackendApplicationClient(credentials["client_id"], scope=["read"])
    session = OAuth2Session(client=client)
    session.fetch_token(
        f"{running_site.origin()}/oauth/token",
        client_secret=credentials["client_secret"],
        include_client_id=True,
    )
    assert session.get(f"{running_site.origin()}/api/me").json()["sub"] is None


@pytest.mark.spec("RFC 6749", "4.1")
def test_authlib_completes_every_step(running_site):
    base, credentials = f"{running_site.origin()}/oauth", running_site.client
    session = AuthlibSession(
        **credentials,
        token_endpoint_auth_method="client_secret_post",
        revocation_endpoint_auth_method="client_secret_post",
        redirect_uri=CALLBACK,
        scope="read write",
        code_challenge_method="S256",
    )
    verifier = "v" * 64
    url, state = session.create_authorization_url(
        f"{base}/authorize", code_verifier=verifier
    )
    answer = running_site.decide(running_site.browser(), url)
    session.fetch_token(
        f"{base}/token",
        authorization_response=answer,
        state=state,
        code_verifier=verifier,
    )
    assert session.get(f"{running_site.origin()}/api/me").json()["username"] == "alice"
    session.refresh_token(f"{base}/token")
    assert session.get(f"{running_site.origin()}/api/notes").ok
    introspection = session.introspect_token(
        f"{base}/introspect", session.token["access_token"]
    )
    assert introspection.json()["active"] is True
    token = session.token["refresh_token"]
    revoked = session.revoke_token(f"{base}/revoke", token=token)
    assert revoked.status_code == 200, revoked.text
    assert session.get(f"{running_site.origin()}/api/me").status_code == 401


@pytest.mark.spec("RFC 6749", "4.4")
def test_authlib_gets_a_client_credentials_token(running_site):
    session = AuthlibSession(
        **running_site.client,
        token_endpoint_auth_method="client_secret_post",
        scope="read",
    )
    session.fetch_token(
        f"{running_site.origin()}/oauth/token", grant_type="client_credentials"
    )
    assert session.get(f"{running_site.origin()}/api/me").ok
