"""No flow logs a credential, with the root logger at DEBUG.

The log of SQLAlchemy, which has the parameters of each statement, is included.
"""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from secrets import token_urlsafe
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.host import (
    Host,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.provider import Provider
from tests.support.pushing import PATH as PAR_PATH
from tests.support.registry import OPENID, Registry, ignore_open_registration

SECRETS = (
    "access_token",
    "refresh_token",
    "id_token",
    "code",
    "client_secret",
    "registration_access_token",
    "request_uri",
)


class RecordingBrowser(TestApp):
    """A browser that records every credential in responses."""

    credentials: set[str]

    def do_request(self, req, *args, **kw):
        answer = super().do_request(req, *args, **kw)
        members = dict(parse_qsl(urlsplit(answer.location or "").query))
        members |= dict(parse_qsl(urlsplit(answer.location or "").fragment))
        if answer.content_type == "application/json" and answer.body:
            members |= answer.json if isinstance(answer.json, dict) else {}
        self.credentials |= {
            str(members[name]) for name in SECRETS if members.get(name)
        }
        return answer


class RecordingProvider(Provider):
    """A provider whose browsers record credentials."""

    def __init__(self, *args, **kw):
        self.credentials = set()
        super().__init__(*args, **kw)

    def browser(self):
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}
        browser = RecordingBrowser(self.wsgi, extra_environ=environ)
        browser.credentials = self.credentials
        return browser

    def register_client(self, **fields):
        credentials = super().register_client(**fields)
        self.credentials |= {credentials.get("client_secret", "")} - {""}
        return credentials


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy.engine")
    return caplog


@pytest.fixture
def recording_host(tmp_path, log):
    with ignore_open_registration(), pytest.warns(InsecureSettingWarning):
        reader = RecordingProvider(
            f"sqlite:///{tmp_path}/log.sqlite",
            **{
                **OPENID,
                "grant_types": f"{OPENID['grant_types']} client_credentials",
                "profile": "legacy",
                "registration": "open",
                "request_uris": "false",
            },
        )
    yield reader
    reader.engine.dispose()


def log_text(log):
    return "\n".join(logging.Formatter().format(record) for record in log.records)


def assert_not_logged(log, credentials):
    text = log_text(log)
    assert "INSERT" in text  # the log of SQLAlchemy is captured
    assert len(credentials) > 1
    for credential in credentials:
        for shape in {credential, quote(credential, safe=""), quote(credential)}:
            assert shape not in text, context(text, shape)


def context(text, credential):
    match = re.search(rf".{{0,200}}{re.escape(credential)}.{{0,80}}", text)
    return match[0] if match else credential


def log_in(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def test_codes_and_tokens_are_not_logged(recording_host, log):
    client = recording_host.register_client()
    browser = log_in(recording_host)
    scope = {"scope": "openid read write", "nonce": token_urlsafe()}
    code = parse_redirect(authorize_client(browser, **scope))["code"]
    wrong = build_code_exchange(code, client, code_verifier=token_urlsafe(40))
    recording_host.browser().post("/oauth/token", wrong, status=400)
    tokens = (
        recording_host.browser()
        .post("/oauth/token", build_code_exchange(code, client))
        .json
    )
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    recording_host.browser().get("/oauth/userinfo", headers=bearer, status=200)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = recording_host.browser().post("/oauth/token", {**form, **client}).json
    for token in (renewed["access_token"], tokens["access_token"]):
        recording_host.browser().post("/oauth/introspect", {"token": token, **client})
    more = {**form, "refresh_token": renewed["refresh_token"], "scope": "nothing"}
    recording_host.browser().post("/oauth/token", {**more, **client}, status=400)
    recording_host.browser().post(
        "/oauth/token", build_code_exchange(code, client), status=400
    )
    recording_host.browser().post(
        "/oauth/revoke", {"token": renewed["refresh_token"], **client}, status=200
    )
    recording_host.browser().get("/oauth/userinfo", headers=bearer, status=401)
    assert_not_logged(log, recording_host.credentials)


def test_a_hint_that_is_stored_with_a_pending_request_is_not_logged(
    recording_host, log
):
    client = recording_host.register_client()
    browser = log_in(recording_host)
    scope = {"scope": "openid read write", "nonce": token_urlsafe()}
    code = parse_redirect(authorize_client(browser, **scope))["code"]
    hint = (
        recording_host.browser()
        .post("/oauth/token", build_code_exchange(code, client))
        .json["id_token"]
    )
    browser.get(
        "/oauth/authorize",
        build_authorization_request(**scope, id_token_hint=hint, prompt="consent"),
    )
    assert_not_logged(log, recording_host.credentials)


def test_secrets_of_clients_are_not_logged(recording_host, log):
    client = recording_host.register_client(
        token_endpoint_auth_method="client_secret_basic"
    )
    form = {"grant_type": "client_credentials"}
    for secret in (client["client_secret"], token_urlsafe()):
        recording_host.credentials.add(secret)
        both = b64encode(f"{client['client_id']}:{secret}".encode()).decode()
        recording_host.credentials.add(both)
        headers = {"Authorization": f"Basic {both}"}
        recording_host.browser().post("/oauth/token", form, headers=headers, status="*")
        recording_host.browser().post(
            "/oauth/token", {**form, **client, "client_secret": secret}, status="*"
        )
    assert_not_logged(log, recording_host.credentials)


def test_a_registered_client_and_its_token_are_not_logged(recording_host, log):
    registry = Registry(recording_host)
    registration = registry.create_client(
        token_endpoint_auth_method="client_secret_basic"
    )
    assert registry.manage("GET", registration).status_int == 200
    assert registry.manage("GET", registration, token=token_urlsafe()).status_int == 401
    assert registry.manage("DELETE", registration).status_int == 204
    assert_not_logged(log, recording_host.credentials)


def test_pushed_requests_and_front_channel_tokens_are_not_logged(recording_host, log):
    client = recording_host.register_client(
        authorization_grant_type="authorization_code implicit refresh_token",
    )
    pushed = (
        recording_host.browser()
        .post(
            PAR_PATH,
            {**build_authorization_request(scope="openid read"), **client},
            status=201,
        )
        .json
    )
    browser = log_in(recording_host)
    query = {"client_id": "web", "request_uri": pushed["request_uri"]}
    page = browser.get("/oauth/authorize", query, status=303).follow(status=200)
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    parameters = build_authorization_request(
        scope="openid read", response_type="code id_token", nonce="n" * 9
    )
    browser.get("/oauth/authorize", parameters)
    assert_not_logged(log, recording_host.credentials)


def test_passwords_are_not_logged(recording_host, log):
    client = recording_host.register_client(
        authorization_grant_type="password refresh_token"
    )
    for password in ("wonderland in the log", token_urlsafe()):
        recording_host.credentials.add(password)
        form = {"grant_type": "password", "username": "alice", "password": password}
        recording_host.browser().post("/oauth/token", {**form, **client}, status="*")
    assert_not_logged(log, recording_host.credentials)


def test_oauthlib_at_level_debug_warns_at_start_up(sqlite_url):
    logger = logging.getLogger("oauthlib")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        with pytest.warns(InsecureSettingWarning, match="logger `oauthlib`"):
            Host(sqlite_url).engine.dispose()
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(before)
