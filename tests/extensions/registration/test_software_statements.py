"""Software statements of trusted publishers (RFC 7591 section 2.3)."""

from __future__ import annotations

import json
import time

import pytest
from pyramid.exceptions import ConfigurationExecutionError

from pyramid_oauth.errors import ConfigurationError
from tests.support.client_keys import ISSUER, key_set, sign_claims
from tests.support.registry import (
    build_update_request,
)

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.outbound_allow_private:"
    "pyramid_oauth.errors.InsecureSettingWarning"
)


PUBLISHER = "https://publisher.example"


@pytest.fixture
def publisher_registry(new_registry, tmp_path):
    """A registry that trusts a publisher whose keys are in a file."""
    path = tmp_path / "publisher.json"
    path.write_text(json.dumps(key_set("RS256")))
    return new_registry(software_statement_issuers=f"{PUBLISHER} = file:{path}")


def sign_statement(number=0, **claims):
    claims = {"iss": PUBLISHER, "software_id": "shop", "client_name": "Shop", **claims}
    return sign_claims(claims, "RS256", number)


@pytest.mark.spec("RFC 7591", "2.3")
@pytest.mark.spec("RFC 7591", "3.1.1")
def test_a_software_statement_overrides_the_request(publisher_registry):
    statement = sign_statement()
    registration = publisher_registry.create_client(
        software_statement=statement, client_name="Bank", software_id="x"
    )
    assert registration["client_name"] == "Shop"
    assert registration["software_id"] == "shop"
    assert registration["software_statement"] == statement
    assert "iss" not in registration
    changed = publisher_registry.manage(
        "PUT",
        registration,
        build_update_request(registration, client_name="Bank"),
        status=200,
    )
    assert changed.json["client_name"] == "Shop"


@pytest.mark.spec("RFC 7591", "3.2.2")
@pytest.mark.parametrize(
    ("build_statement", "error"),
    [
        (lambda: sign_statement(number=1), "invalid_software_statement"),
        (lambda: "a.b.c", "invalid_software_statement"),
        (lambda: 7, "invalid_software_statement"),
        (lambda: sign_statement(iss=7), "invalid_software_statement"),
        (
            lambda: sign_statement(exp=int(time.time()) - 120),
            "invalid_software_statement",
        ),
        (
            lambda: sign_statement(nbf=int(time.time()) + 120),
            "invalid_software_statement",
        ),
        (
            lambda: sign_statement(iat=int(time.time()) + 120),
            "invalid_software_statement",
        ),
        (lambda: sign_statement(exp="soon"), "invalid_software_statement"),
        (lambda: sign_statement(aud="https://x.example"), "invalid_software_statement"),
        (
            lambda: sign_statement(iss="https://x.example"),
            "unapproved_software_statement",
        ),
    ],
    ids=[
        "wrong-key",
        "malformed",
        "not-text",
        "iss-is-a-number",
        "expired",
        "not-valid-yet",
        "issued-in-the-future",
        "exp-is-text",
        "other-audience",
        "other-issuer",
    ],
)
def test_an_invalid_software_statement_is_refused(
    publisher_registry, build_statement, error
):
    publisher_registry.registration_error(
        error, software_statement=sign_without_checks(build_statement)
    )


def sign_without_checks(build_statement):
    try:
        return build_statement()
    except TypeError:  # PyJWT signs no issuer that is a number
        return sign_claims({"software_id": "x"}, "RS256")


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize("typ", ["at+jwt", "application/secevent+jwt"])
def test_another_jwt_of_the_publisher_is_no_software_statement(publisher_registry, typ):
    claims = {"iss": PUBLISHER, "software_id": "shop"}
    statement = sign_claims(claims, "RS256", typ=typ)
    publisher_registry.registration_error(
        "invalid_software_statement", software_statement=statement
    )


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
@pytest.mark.parametrize(
    "settings", [{"profile": "fapi2"}, {"software_statement_algorithms": "ES256"}]
)
def test_the_algorithms_of_software_statements_are_a_setting(
    new_registry, tmp_path, settings
):
    path = tmp_path / "publisher.json"
    path.write_text(json.dumps(key_set("RS256", "ES256")))
    registry = new_registry(
        software_statement_issuers=f"{PUBLISHER} = file:{path}", **settings
    )
    registry.registration_error(
        "invalid_software_statement", software_statement=sign_statement()
    )


def test_a_software_statement_with_our_issuer_as_audience_is_accepted(
    publisher_registry,
):
    publisher_registry.create_client(
        software_statement=sign_statement(aud=[ISSUER], exp=time.time() + 60)
    )


@pytest.mark.spec("RFC 7591", "2")
def test_without_trusted_publishers_a_software_statement_is_ignored(registry):
    registration = registry.create_client(
        software_statement=sign_statement(), client_name="Mine"
    )
    assert registration["client_name"] == "Mine"
    assert "software_statement" not in registration


def test_the_keys_of_a_publisher_are_fetched(new_registry, client_site):
    registry = new_registry(
        software_statement_issuers=f"{PUBLISHER} = {client_site.url}",
        **client_site.settings,
    )
    client_site.respond_with(key_set("RS256"))
    registry.create_client(software_statement=sign_statement())
    client_site.respond_with(key_set("RS256", number=1))
    registry.create_client(software_statement=sign_statement(number=1))
    assert client_site.server.connections == 2


def test_a_publisher_without_keys_stops_the_start(new_registry, tmp_path):
    (tmp_path / "empty.json").write_text("{}")
    for name in ("empty.json", "missing.json"):
        with pytest.raises((ConfigurationError, ConfigurationExecutionError)):
            new_registry(
                software_statement_issuers=f"{PUBLISHER} = file:{tmp_path / name}"
            )
