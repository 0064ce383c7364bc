"""JSON that parsers or databases cannot hold is refused wherever it comes in."""

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
BAD = {
    "an infinite number": "1e999",
    "a negative infinite number": "-1e999",
    "not a number": "NaN",
    "the word Infinity": "Infinity",
    "a huge integer": "9" * 30,
    "an integer of 5,000 digits": "9" * 5000,
    "a lone surrogate": '"\\ud800"',
    "a surrogate in a name": '{"\\udfff": 1}',
    "a repeated member": '{"a": 1, "a": 2}',
    "deep arrays": "[" * 500 + "]" * 500,
    "deeper arrays than the parser takes": "[" * 30_000,
    "deep objects": '{"a":' * 500 + "1" + "}" * 500,
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
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_registration_refuses_it_in_every_member(
    unlimited_registry: Any, bad: str
) -> None:
    browser = unlimited_registry.host.browser()
    for place, body in BODIES.items():
        answer = browser.post(PATH, body % (CALLBACK, bad), JSON, status="*")
        assert answer.status_int == 400, place
        assert answer.json["error"].startswith("invalid_"), place


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_update_of_a_registration_refuses_it(
    unlimited_registry: Any, bad: str
) -> None:
    registration = unlimited_registry.create_client()
    browser = unlimited_registry.host.browser()
    browser.authorization = ("Bearer", registration["registration_access_token"])
    path = f"{PATH}/{registration['client_id']}"
    for place, body in BODIES.items():
        answer = browser.put(path, body % (CALLBACK, bad), JSON, status="*")
        assert answer.status_int == 400, place


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_authorization_request_refuses_it(provider: Any, bad: str) -> None:
    provider.register_client()
    browser = provider.browser()
    parts = (b'{"alg": "none"}', f'{{"client_id": "web", "x": {bad}}}'.encode())
    token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    for more in (
        {"claims": f'{{"userinfo": {{"a": {{"value": {bad}}}}}}}'},
        {"id_token_hint": f"{token}."},
        {"request": f"{token}."},
    ):
        answer = browser.post(
            "/oauth/authorize", build_authorization_request(**more), status="*"
        )
        assert answer.status_int < 500, more


def test_u_0000_is_refused_where_it_would_be_stored(unlimited_registry: Any) -> None:
    browser = unlimited_registry.host.browser()
    for place, body in BODIES.items():
        sent = body % (CALLBACK, '"a\\u0000b"')
        answer = browser.post(PATH, sent, JSON, status="*")
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
