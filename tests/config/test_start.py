"""Invalid settings stop the start with the setting's name and a remedy."""

from __future__ import annotations

import re
from pathlib import Path
from secrets import token_hex, token_urlsafe

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationExecutionError
from sqlalchemy.orm import DeclarativeBase
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings.secret_strength import find_weakness
from tests.support.host import Host
from tests.support.provider import Provider
from tests.support.secret import SECRET

INVALID_SETTINGS = {
    "default_scopes: 'raed' is not among the scopes; did you mean read": {
        "default_scopes": "raed"
    },
    "optional_scopes: 'admin' is not among the scopes": {"optional_scopes": "admin"},
    "registration_scopes: 'admin' is not among": {"registration_scopes": "admin"},
    "scopes: 'read it' is not a valid scope": {"scopes": "read it = Read\nread\nwrite"},
    "grant_access_token_lifetimes: 'refresh' is unknown; there are authorization": {
        "grant_access_token_lifetimes": "refresh = 5m"
    },
    "accounts: .*DeclarativeBase.* is not of type Accounts; inherit ": {
        "accounts": DeclarativeBase
    },
    "scope_provider: .* is not of type ScopeProvider": {
        "scope_provider": DeclarativeBase
    },
    "fetcher: None is not of type Fetcher": {"fetcher": lambda settings: None},
    "introspection_policy: 'string.digits' is not callable": {
        "introspection_policy": "string.digits"
    },
    "session: 'string.digits' is neither the name of an attribute nor callable": {
        "session": "string.digits"
    },
    "signing_key_files: 7 is not text": {"signing_key_files": [7]},
    "secret: int is neither text nor bytes": {"secret": [7]},
    "secret: the environment variable of 'env:NOBODY_SET_IT' is not set": {
        "secret": "env:NOBODY_SET_IT"
    },
    "issuer: the environment variable of": {"issuer": "env:NOBODY_SET_IT"},
    "refresh_token_grace: 1.5 is not a whole number": {"refresh_token_grace": 1.5},
    "outbound_ca_file: '/nowhere.pem' cannot be read": {
        "outbound_ca_file": "/nowhere.pem"
    },
}


@pytest.mark.parametrize("message", INVALID_SETTINGS)
def test_an_invalid_setting_stops_the_start_with_its_name_and_remedy(message):
    with pytest.raises(
        (ConfigurationError, ConfigurationExecutionError),
        match=f"pyramid_oauth.{message}",
    ):
        Host("sqlite://", **INVALID_SETTINGS[message])


def test_all_invalid_settings_are_reported_at_once():
    with pytest.raises(ConfigurationExecutionError) as stopped:
        Host("sqlite://", issuer="http://as.example", secret="", grant_types="x")
    for name in ("issuer must be https", "grant_types: 'x' is unknown"):
        assert f"pyramid_oauth.{name}" in str(stopped.value)


WEAK = {
    "everybody knows": "for-development-only-refresh-secret-0123456789",
    "too few different characters": "a" * 40,
    "short text repeated": "0123456789" * 4,
}
PUBLIC, LOCAL = "https://as.example/oauth", "http://localhost:6543/oauth"


@pytest.mark.parametrize("weakness", WEAK)
def test_a_guessable_secret_stops_the_start(weakness):
    with pytest.raises(
        ConfigurationExecutionError, match=rf"pyramid_oauth\.secret .*{weakness}"
    ) as stopped:
        Host("sqlite://", issuer=PUBLIC, secret=WEAK[weakness])
    assert WEAK[weakness] not in str(stopped.value)
    assert "token_urlsafe" in str(stopped.value)


def test_each_secret_of_a_list_is_checked():
    with pytest.raises(ConfigurationExecutionError, match="everybody knows"):
        Host("sqlite://", secret=f"{SECRET}\n{WEAK['everybody knows']}")


def test_the_secrets_of_extensions_are_checked():
    with pytest.raises(ConfigurationExecutionError, match="pairwise_salt is a short"):
        Provider("sqlite://", pairwise_salt=WEAK["short text repeated"])


def test_a_known_secret_is_accepted_on_localhost():
    Host("sqlite://", issuer=LOCAL, secret=WEAK["everybody knows"])


def test_a_demonstration_may_have_known_secrets_with_a_warning():
    with pytest.warns(InsecureSettingWarning, match="allow_known_secrets"):
        Host("sqlite://", secret=WEAK["everybody knows"], allow_known_secrets="true")


@pytest.mark.parametrize(
    "generate",
    [lambda: token_hex(16), lambda: token_urlsafe(32)],
    ids=["hex", "urlsafe"],
)
def test_random_secrets_are_accepted(generate):
    for _ in range(500):
        assert find_weakness(generate().encode()) is None


SECRET_LINE = re.compile(
    r"^[\w.]*(?:secret|salt|encryption_keys) = (?:env:\w+ or )?(?!env:|file:)(\S+)$",
    re.MULTILINE,
)


def test_every_secret_of_a_file_in_the_repository_is_known():
    root = Path(__file__).parents[2]
    files = [*root.glob("*.ini"), *root.glob("docs/**/*.ini"), *root.glob("*/*.ini")]
    secrets = [
        secret for file in files for secret in SECRET_LINE.findall(file.read_text())
    ]
    assert len(secrets) > 6
    for secret in secrets:
        assert "everybody knows" in (find_weakness(secret.encode()) or ""), secret


def test_a_server_without_codes_starts_without_a_session_factory():
    config = Configurator(
        settings={
            "pyramid_oauth.issuer": "https://as.example/oauth",
            "pyramid_oauth.prefix": "/oauth",
            "pyramid_oauth.grant_types": "client_credentials",
        }
    )
    config.include("pyramid_oauth")
    browser = TestApp(config.make_wsgi_app())
    document = browser.get("/oauth/.well-known/oauth-authorization-server").json
    assert document["grant_types_supported"] == ["client_credentials"]
    assert document["response_types_supported"] == []


def test_a_response_type_that_is_named_needs_its_grant_type():
    with pytest.raises(ConfigurationExecutionError, match="'code' needs 'auth"):
        Host("sqlite://", grant_types="client_credentials", response_types="code")
