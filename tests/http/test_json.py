"""JSON values that parsers or databases cannot represent are refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.host import CALLBACK, build_authorization_request
from tests.support.registry import OPENID, PATH

KEY = '{"kty": "RSA", "n": "x", "e": "AQAB", "iat": %s}'
INVALID_VALUES = {
    "infinity": "1e999",
    "negative-infinity": "-1e999",
    "nan": "NaN",
    "infinity-literal": "Infinity",
    "huge-integer": "9" * 30,
    "integer-of-5000-digits": "9" * 5000,
    "lone-surrogate": '"\\ud800"',
    "surrogate-in-name": '{"\\udfff": 1}',
    "repeated-member": '{"a": 1, "a": 2}',
    "deep-arrays": "[" * 500 + "]" * 500,
    "very-deep-arrays": "[" * 30_000,
    "deep-objects": '{"a":' * 500 + "1" + "}" * 500,
}
BODIES = {
    "in a key": '{"redirect_uris": ["%s"], "jwks": {"keys": [' + KEY + "]}}",
    "in the key set": '{"redirect_uris": ["%s"], "jwks": {"keys": ['
    + KEY % 1
    + '], "x": %s}}',
    "in an unknown member": '{"redirect_uris": ["%s"], "unknown": %s}',
    "as a number": '{"redirect_uris": ["%s"], "default_max_age": %s}',
    "as a text": '{"redirect_uris": ["%s"], "client_name": %s}',
    "as a redirect URI": '{"redirect_uris": ["%s", %s]}',
}
JSON = {"Content-Type": "application/json"}
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=10),
        st.sampled_from(["\x00", "\ud800", "\u202e", "https://[", "//", "a" * 3000]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = (
    "redirect_uris",
    "jwks",
    "jwks_uri",
    "client_name",
    "client_name#de",
    "client_uri",
    "contacts",
    "default_max_age",
    "default_acr_values",
    "grant_types",
    "response_types",
    "scope",
    "software_statement",
    "request_uris",
    "post_logout_redirect_uris",
    "subject_type",
    "token_endpoint_auth_method",
    "\x00",
    "\ud800",
)
slowly = settings(
    max_examples=at_most(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def unlimited_registry(new_registry: Any) -> Any:
    return new_registry(**OPENID, registration_limit="0")


@pytest.mark.spec("RFC 8259", "6")
@pytest.mark.parametrize("value", INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_registration_refuses_an_invalid_value_in_every_member(
    unlimited_registry: Any, value: str
) -> None:
    browser = unlimited_registry.host.browser()
    for place, body in BODIES.items():
        answer = browser.post(PATH, body % (CALLBACK, value), JSON, status="*")
        assert answer.status_int == 400, place
        assert answer.json["error"].startswith("invalid_"), place


@pytest.mark.parametrize("value", INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_a_registration_update_refuses_an_invalid_value(
    unlimited_registry: Any, value: str
) -> None:
    registration = unlimited_registry.create_client()
    browser = unlimited_registry.host.browser()
    browser.authorization = ("Bearer", registration["registration_access_token"])
    path = f"{PATH}/{registration['client_id']}"
    for place, body in BODIES.items():
        answer = browser.put(path, body % (CALLBACK, value), JSON, status="*")
        assert answer.status_int == 400, place


@pytest.mark.parametrize("value", INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_an_authorization_request_with_an_invalid_value_is_no_server_error(
    provider: Any, value: str
) -> None:
    provider.register_client()
    browser = provider.browser()
    parts = (b'{"alg": "none"}', f'{{"client_id": "web", "x": {value}}}'.encode())
    token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    for more in (
        {"claims": f'{{"userinfo": {{"a": {{"value": {value}}}}}}}'},
        {"id_token_hint": f"{token}."},
        {"request": f"{token}."},
    ):
        answer = browser.post(
            "/oauth/authorize", build_authorization_request(**more), status="*"
        )
        assert answer.status_int < 500, more


def test_u_0000_is_refused_in_stored_members(unlimited_registry: Any) -> None:
    browser = unlimited_registry.host.browser()
    for place, body in BODIES.items():
        body_sent = body % (CALLBACK, '"a\\u0000b"')
        answer = browser.post(PATH, body_sent, JSON, status="*")
        assert answer.status_int == (201 if "unknown" in place else 400), place


@pytest.mark.slow
@slowly
@given(
    members=st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=3),
    keys=st.none() | st.dictionaries(st.text(max_size=3), VALUES, max_size=3),
)
def test_no_registration_is_a_server_error(
    unlimited_registry: Any, members: dict[str, Any], keys: dict[str, Any] | None
) -> None:
    body = {"redirect_uris": [CALLBACK], **members}
    if keys is not None:
        body["jwks"] = {"keys": [{"kty": "RSA", **keys}]}
    browser = unlimited_registry.host.browser()
    answer = browser.post(PATH, json.dumps(body), JSON, status="*")
    assert answer.status_int < 500
    json.loads(answer.body, parse_constant=pytest.fail)


@pytest.mark.slow
@slowly
@given(claims=VALUES, target=st.sampled_from(["userinfo", "id_token"]))
def test_no_claims_parameter_is_a_server_error(
    provider: Any, claims: Any, target: str
) -> None:
    browser = provider.browser()
    for text in (claims, {target: claims}, {target: {"name": claims}}):
        request = build_authorization_request(claims=json.dumps(text), scope="openid")
        assert browser.get("/oauth/authorize", request, status="*").status_int < 500
