"""What cannot work stops the start, by the name of the setting and with the remedy."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationExecutionError
from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.errors import ConfigurationError
from tests.support.host import Host

WRONG = {
    "default_scopes: 'raed' is not among the scopes; did you mean read": {
        "default_scopes": "raed"
    },
    "optional_scopes: 'admin' is not among the scopes": {"optional_scopes": "admin"},
    "registration_scopes: 'admin' is not among": {"registration_scopes": "admin"},
    "scopes: 'read it' is no scope": {"scopes": "read it = Read\nread\nwrite"},
    "grant_access_token_lifetimes: 'refresh' is unknown; there are authorization": {
        "grant_access_token_lifetimes": "refresh = 5m"
    },
    "accounts: .*DeclarativeBase.* is no Accounts; inherit from pyramid_oauth.acc": {
        "accounts": DeclarativeBase
    },
    "scope_provider: .* is no ScopeProvider": {"scope_provider": DeclarativeBase},
    "fetcher: None is no Fetcher": {"fetcher": lambda settings: None},
    "introspection_policy: 'string.digits' cannot be called": {
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


@pytest.mark.parametrize("told", WRONG)
def test_an_invalid_setting_stops_the_start_with_its_name_and_remedy(told):
    with pytest.raises(
        (ConfigurationError, ConfigurationExecutionError),
        match=f"pyramid_oauth.{told}",
    ):
        Host("sqlite://", **WRONG[told])


def test_all_invalid_settings_are_reported_at_once():
    with pytest.raises(ConfigurationExecutionError) as stopped:
        Host("sqlite://", issuer="http://as.example", secret="", grant_types="x")
    for name in ("issuer must be https", "grant_types: 'x' is unknown"):
        assert f"pyramid_oauth.{name}" in str(stopped.value)
