"""Malformed and hostile JWTs wherever the server half reads one."""

from __future__ import annotations

import time
import uuid

import pytest

from pyramid_oauth.jose.jwk import public_jwk
from tests.support.jose_inputs import Sender, make_refused_tokens
from tests.support.key_material import private_key
from tests.support.pushing import ASSERTION_TYPE, push
from tests.support.request_objects import (
    ISSUER,
    build_request_object_claims,
    request_by_jar,
    set_client_keys,
)

pytestmark = [
    pytest.mark.spec("RFC 8725", "3"),
    pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning"),
]


@pytest.mark.parametrize("rules", ["openid", "rfc9101"])
def test_hostile_request_objects_are_refused(new_login_provider, rules):
    provider = new_login_provider(
        request_object_rules=rules,
        keys=("RS256", "RSA-OAEP-256"),
        signing_algorithms="RS256 RSA-OAEP-256",
    )
    client = provider.register_client()
    set_client_keys(provider, "ES256")
    claims = build_request_object_claims()
    for label, token in make_refused_tokens(Sender(private_key("ES256"), claims)):
        answer = push(provider, client, request=token)
        unsupported = {"request_not_supported"} if rules == "openid" else set()
        allowed = {"invalid_request_object", "invalid_request", *unsupported}
        assert answer.status_int in (400, 413), (label, answer.text)
        assert answer.json["error"] in allowed, (label, answer.text)


def test_hostile_request_objects_of_a_browser_never_reach_a_consent(login_provider):
    set_client_keys(login_provider, "ES256")
    browser = login_provider.open_browser("alice")
    claims = build_request_object_claims()
    for label, token in make_refused_tokens(Sender(private_key("ES256"), claims)):
        if len(token) < 4000:
            answer = request_by_jar(browser, token)
            assert answer.status_int in (303, 400), label
            assert "code=" not in (answer.location or ""), label


def test_hostile_client_assertions_are_refused(new_host):
    host = new_host(
        token_endpoint_auth_methods="private_key_jwt",
        client_auth_attempts="0",
        client_auth_source_attempts="0",
    )
    host.register_client(
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks": {"keys": [public_jwk(private_key("ES256"))]}},
    )
    claims = {"iss": "web", "sub": "web", "aud": ISSUER, "exp": int(time.time()) + 60}
    claims["jti"] = uuid.uuid4().hex
    for label, token in make_refused_tokens(Sender(private_key("ES256"), claims)):
        if label in ("header typ",):
            continue
        form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
        answer = push(host, form)
        assert answer.status_int in (400, 401, 413), (label, answer.text)
        assert answer.json["error"] in ("invalid_client", "invalid_request"), label
