"""The ready-made server refuses publicly known secrets and passwords."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.standalone.database import engines
from pyramid_oauth.standalone.settings import StandaloneSettings
from tests.support.secret import SECRET

PUBLIC = {"pyramid_oauth.issuer": "https://login.example.org/oauth"}
LOCAL = {"pyramid_oauth.issuer": "http://localhost:6543/oauth"}
KNOWN = {"standalone.session_secret": "for-development-only-session-secret-0123456789"}
DEMO = {"standalone.development": "true", "standalone.session_secret": SECRET}


def start(**settings):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth.standalone")


@pytest.mark.parametrize(
    "session_secret",
    [*KNOWN.values(), "a" * 40, "abcdefgh" * 5],
    ids=["known", "one-letter", "repetition"],
)
def test_a_guessable_session_secret_stops_the_start(session_secret):
    weak = {"standalone.session_secret": session_secret}
    with pytest.raises(ConfigurationError, match=r"standalone\.session_secret"):
        start(**PUBLIC, **weak)


def test_demo_passwords_at_a_public_issuer_stop_the_start():
    with pytest.raises(ConfigurationError, match=r"standalone\.development"):
        start(**PUBLIC, **DEMO)


@pytest.mark.parametrize("settings", [KNOWN, DEMO], ids=["known-secret", "demo"])
@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_demonstration_may_have_known_secrets_and_demo_passwords(settings):
    allowed = {"pyramid_oauth.allow_known_secrets": "true"}
    StandaloneSettings.parse({**PUBLIC, **settings, **allowed})


def test_on_localhost_known_secrets_and_demo_passwords_only_warn():
    with pytest.warns(InsecureSettingWarning, match="demo passwords are public"):
        StandaloneSettings.parse({**LOCAL, **DEMO, **KNOWN})


@pytest.mark.parametrize("number", [0, 1], ids=["first-engine", "second-engine"])
def test_an_error_of_the_database_does_not_repeat_parameters(tmp_path, number):
    engine = engines({"sqlalchemy.url": f"sqlite:///{tmp_path}/site.sqlite"})[number]
    insert = text("INSERT INTO standalone_user VALUES (:password_hash)")
    with pytest.raises(OperationalError) as failed, engine.connect() as connection:
        connection.execute(insert, {"password_hash": "$argon2id$v=19$the-hash"})
    assert "standalone_user" in str(failed.value)
    assert "the-hash" not in str(failed.value)
