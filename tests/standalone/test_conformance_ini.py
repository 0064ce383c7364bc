"""conformance.ini: the ready-made server for OpenID's conformance suite."""

from __future__ import annotations

import warnings

import pytest
from click.testing import CliRunner
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.scripts.main import commands
from pyramid_oauth.standalone.demo import CLAIMS
from tests.standalone.conftest import ROOT

METADATA = "/.well-known/oauth-authorization-server/oauth"
# OpenID Connect Core section 5.1, table 1, without `sub`.
STANDARD_CLAIMS = {
    *("name", "given_name", "family_name", "middle_name", "nickname"),
    *("preferred_username", "profile", "picture", "website", "email"),
    *("email_verified", "gender", "birthdate", "zoneinfo", "locale"),
    *("phone_number", "phone_number_verified", "address", "updated_at"),
}


@pytest.fixture
def issuer_at(tmp_path, monkeypatch):
    """Start the server with PYRAMID_OAUTH_ISSUER set (or not); returns its issuer."""

    def start(value):
        text = (ROOT / "conformance.ini").read_text()
        ini = tmp_path / "conformance.ini"
        ini.write_text(text.replace("%(here)s/alembic", str(ROOT / "alembic")))
        if value is None:
            monkeypatch.delenv("PYRAMID_OAUTH_ISSUER", raising=False)
        else:
            monkeypatch.setenv("PYRAMID_OAUTH_ISSUER", value)
        result = CliRunner().invoke(commands, ["init", str(ini)])
        assert result.exit_code == 0, result.output
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureSettingWarning)
            app = get_app(str(ini))
        metadata = TestApp(app).get(METADATA).json["issuer"]
        app.registry["fast_session.database"].dispose()
        return metadata

    return start


def test_the_issuer_comes_from_the_environment(issuer_at):
    assert issuer_at("https://op.example/oauth") == "https://op.example/oauth"


def test_without_the_variable_the_issuer_is_localhost(issuer_at):
    assert issuer_at(None) == "http://localhost:6543/oauth"


@pytest.mark.spec("OpenID Connect Core", "5.1")
def test_alice_has_every_standard_claim():
    alice = CLAIMS["alice"]
    assert set(alice) == STANDARD_CLAIMS
    assert {"formatted", "street_address", "locality", "region", "postal_code"} < set(
        alice["address"]
    )
