"""Values of settings: text of the ini, or Python objects."""

from __future__ import annotations

import operator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.settings import SETTINGS, Settings
from tests.support.secret import SECRET

ISSUER = "https://login.example.org/oauth"


def parse_settings(**values: Any) -> Settings:
    """The parsed settings of a host."""
    defaults = {"issuer": ISSUER, "secret": SECRET, "scopes": "read = Read"}
    prefixed = {
        f"pyramid_oauth.{name}": value for name, value in (defaults | values).items()
    }
    config = Configurator(settings=prefixed)
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    config.commit()
    parsed: Settings = config.registry[SETTINGS]
    return parsed


def value_of(parsed: Settings, name: str) -> Any:
    """The value of a setting in its section."""
    (section,) = (parsed[kind] for kind in parsed if name in kind.rows())
    return getattr(section, name)


@pytest.mark.parametrize(
    ("name", "in_ini", "in_python"),
    [
        ("pkce_required", "yes", True),
        ("rotate_refresh_tokens", "on", True),
        ("scopes", "read = Read\nwrite", {"read": "Read", "write": "write"}),
        ("default_audience", "https://a.example, https://b.example",
         ["https://a.example", "https://b.example"]),
        ("response_types", "\ncode\n\n", ["code"]),
        ("consent_lifetime", "2m", timedelta(minutes=2)),
        ("cors_max_age", "120", 120),
        pytest.param("secret", SECRET, SECRET.encode(), id="secret"),
        ("introspection_policy", "operator.is_", operator.is_),
        ("scope_provider", "", None),
        ("session", "builtins.id", id),
    ],
)  # fmt: skip
def test_a_setting_may_be_text_or_an_object(
    name: str, in_ini: str, in_python: Any
) -> None:
    value_from_text = value_of(parse_settings(**{name: in_ini}), name)
    assert value_from_text == value_of(parse_settings(**{name: in_python}), name)


def test_a_secret_may_be_read_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    monkeypatch.setenv("OAUTH_SECRET", SECRET[::-1])

    parsed = parse_settings(secret=f"file:{path}\nenv:OAUTH_SECRET")

    assert parsed.secret == (SECRET.encode(), SECRET[::-1].encode())


def test_an_issuer_from_the_environment_may_have_a_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OAUTH_ISSUER", raising=False)
    reference = f"env:OAUTH_ISSUER or {ISSUER}"
    assert parse_settings(issuer=reference).issuer == ISSUER

    monkeypatch.setenv("OAUTH_ISSUER", "https://other.example")
    assert parse_settings(issuer=reference).issuer == "https://other.example"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("pkce_required", "maybe", "'maybe' is neither true nor false"),
        ("realm", 7, "7 is not text"),
        ("request_approval_prompt", "never", "'never' is not one of auto, force"),
        ("registration", "string.digits", "neither off, open, initial_access_token"),
        ("body_limit", "10", "10 is not between 1024 and"),
        ("body_limit", True, "True is not a whole number"),
        ("cors_max_age", "soon", "'soon' is not a number of seconds"),
        ("cors_max_age", "-1", "'-1' is not a number of seconds"),
        ("cors_max_age", timedelta(seconds=-1), "-1 is not between 0 and"),
        ("access_token_lifetime", "0", "a lifetime must be positive"),
        ("access_token_lifetime", "tests.nowhere", "cannot import 'tests.nowhere'"),
        ("accounts", "nowhere.Accounts", "cannot import 'nowhere.Accounts'"),
        ("issuer", "login.example.org", "is not an absolute http"),
        ("issuer", "https:///oauth", "is not an absolute http"),
        ("issuer", f"{ISSUER}?a=b", "has a query or a fragment"),
        ("issuer", f"{ISSUER}#", "has a query or a fragment"),
        ("issuer", "https://a@login.example.org", "has user information"),
        ("secret", "short", "a secret needs at least 32 bytes"),
        ("secret", b"short", "a secret needs at least 32 bytes"),
        ("secret", "file:/nowhere", "No such file"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_stops_the_start(
    name: str, value: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        parse_settings(**{name: value})

    assert str(stopped.value).startswith(f"pyramid_oauth.{name}: ")
    assert message in str(stopped.value)
    assert name != "secret" or "short" not in str(stopped.value)
