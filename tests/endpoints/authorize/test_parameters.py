"""Parameters that a host registers (RFC 6749 section 8.2)."""

from __future__ import annotations

import json

import pytest

from tests.support.authentication import parse_error, request_authentication
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    parse_redirect,
)
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_object,
    set_client_keys,
    sign_request_object,
)

PARCELS = [{"type": "parcel", "weight": 2}, {"type": "letter"}]


def read_parcels(authorization):
    authorization.details["parameters_read"] = {
        "parcels": authorization.oauth.parameter("parcels"),
        "is_cached": authorization.oauth.parameter("parcels")
        is authorization.oauth.parameter("parcels"),
        "unknown": authorization.oauth.parameter("unknown"),
        "hub": authorization.oauth.parameter("hub"),
    }


def add_parcel_parameters(config):
    config.add_oauth_parameter(
        "parcels", endpoints=["authorize"], decode=json.loads, from_claim=json.dumps
    )
    config.add_oauth_parameter("hub", endpoints=["authorize"], repeatable=True)
    config.add_oauth_parameter("pin", endpoints=["authorize"], credential=True)
    config.add_oauth_authorize_step("read_parcels", read_parcels, after="check_values")


@pytest.fixture
def parcel_provider(new_login_provider):
    """A provider that knows the parameters `parcels`, `hub` and `pin`."""
    provider = new_login_provider(add_parcel_parameters)
    provider.web = provider.register_client()
    authorize_client(provider.open_browser("alice"), scope="openid", nonce="n")
    return provider


def stored_rows(provider, table):
    model = getattr(provider.models, table).__table__
    with provider.engine.connect() as connection:
        return connection.execute(model.select()).all()


def parameters_read(provider, answer):
    """The parameters that the step of the host read from the last granted request."""
    assert "code" in parse_redirect(answer)
    readings = [
        (row.details or {}).get("parameters_read", {})
        for row in stored_rows(provider, "Grant")
    ]
    return next(
        reading for reading in readings if reading.get("parcels") or reading.get("hub")
    )


def test_a_registered_parameter_is_decoded_once(parcel_provider):
    answer = request_authentication(
        parcel_provider.open_browser("alice"), parcels=json.dumps(PARCELS), unknown="x"
    )
    parameters = parameters_read(parcel_provider, answer)
    assert parameters["parcels"] == PARCELS
    assert parameters["is_cached"]
    assert parameters["unknown"] is None


@pytest.mark.spec("RFC 9101", "4")
def test_a_json_array_in_a_request_object_is_decoded(parcel_provider):
    set_client_keys(parcel_provider, "ES256")
    token = sign_request_object(build_request_object_claims(parcels=PARCELS))
    answer = request_by_object(parcel_provider.open_browser("alice"), token)
    assert parameters_read(parcel_provider, answer)["parcels"] == PARCELS


@pytest.mark.parametrize("text", ["{", "[" * 5_000, "x"])
def test_a_malformed_value_is_an_invalid_request(parcel_provider, text):
    answer = request_authentication(parcel_provider.open_browser("alice"), parcels=text)
    assert parse_error(answer) == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.1")
def test_only_a_repeatable_parameter_may_be_repeated(parcel_provider):
    browser = parcel_provider.open_browser("alice")
    twice = [
        *build_authorization_request(scope="openid", nonce="n").items(),
        ("hub", "a"),
        ("hub", "b"),
    ]
    answer = browser.get("/oauth/authorize", twice)
    assert parameters_read(parcel_provider, answer)["hub"] == "a b"
    refused = browser.get(
        "/oauth/authorize", [*twice, ("parcels", "[]"), ("parcels", "[]")], status=400
    )
    assert "repeated" in refused.text


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_a_credential_and_an_unknown_parameter_are_not_stored(parcel_provider):
    set_client_keys(parcel_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(
            pin="misplaced", client_secret="misplaced", unknown="misplaced"
        )
    )
    browser = parcel_provider.browser()
    by_object = request_by_object(browser, token)
    plain = request_authentication(browser, pin="misplaced", unknown="misplaced")
    stored_plain = request_authentication(
        browser, pin="misplaced", unknown="misplaced", max_age="1"
    )
    for answer in (by_object, plain, stored_plain):
        assert answer.status_int == 303
        assert "misplaced" not in answer.location
    rows = stored_rows(parcel_provider, "AuthorizationRequest")
    assert len(rows) >= 2
    assert "misplaced" not in str(rows)


@pytest.mark.spec("RFC 6749", "3.1")
def test_a_parameter_is_ignored_without_its_extension(new_host):
    host = new_host(extensions="")
    host.register_client()
    browser = host.browser()
    answer = browser.get(
        "/oauth/authorize",
        build_authorization_request(
            max_age="never", code_challenge="x", login_hint="a"
        ),
    )
    assert answer.status_int == 303
    assert "max_age" not in answer.location
    assert "code_challenge" not in answer.location


def test_a_server_without_response_types_sends_nobody_anywhere(new_host):
    host = new_host(response_types="", grant_types="client_credentials")
    host.register_client(authorization_grant_type="client_credentials")
    parameters = build_authorization_request()
    page = host.browser().get("/oauth/authorize", parameters, status=400)
    assert "No response type is supported." in page.text
