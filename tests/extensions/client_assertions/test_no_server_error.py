"""Whatever is called an assertion: an OAuth error at the most."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.support.client_keys import (
    METHODS,
    build_assertion_claims,
    build_assertion_form,
    key_set,
    register_robot,
)
from tests.support.host import Host

JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text(some.characters(exclude_categories=[]), max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
HEADERS = some.fixed_dictionaries(
    {"alg": some.sampled_from(["RS256", "HS256", "none", "EdDSA"]) | JSON},
    optional={"kid": JSON, "typ": JSON, "crit": JSON},
)
CLAIMS = some.dictionaries(
    some.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]), JSON
).map(lambda changes: {**build_assertion_claims(), **changes})


def part(value):
    raw = json.dumps(value).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


TOKENS = some.one_of(
    some.builds(lambda h, c: f"{part(h)}.{part(c)}.AAAA", HEADERS, CLAIMS | JSON),
    some.text(max_size=30),
    some.text(".aA_-=", max_size=30),
    some.just("." * 60_000),
    some.just(part([[]] * 9000) + ".e30.AAAA"),
    some.just(f"{part({'alg': 'RS256'})}.{'W1tb' * 9000}.AAAA"),
)


@pytest.fixture(scope="module")
def fuzzed_assertion_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assertions")
    made = Host(f"sqlite:///{folder}/fuzz.sqlite", token_endpoint_auth_methods=METHODS)
    register_robot(made, jwks=key_set("RS256"))
    yield made
    made.engine.dispose()


@settings(max_examples=300)
@given(token=TOKENS)
def test_no_assertion_makes_a_server_error(fuzzed_assertion_host, token):
    sent = {
        name: value.encode("utf-8", "surrogatepass")
        for name, value in build_assertion_form(token).items()
    }
    answer = fuzzed_assertion_host.browser().post(
        "/oauth/token", sent, expect_errors=True
    )
    assert 400 <= answer.status_int < 500
