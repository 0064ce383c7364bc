"""No value of `client_assertion` makes a server error (property-based)."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.client_keys import (
    METHODS,
    build_assertion_claims,
    build_assertion_form,
    key_set,
    register_robot,
)
from tests.support.examples import at_most
from tests.support.host import Host

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from(["RS256", "HS256", "none", "EdDSA"]) | JSON},
    optional={"kid": JSON, "typ": JSON, "crit": JSON},
)
CLAIMS = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]), JSON
).map(lambda changes: {**build_assertion_claims(), **changes})


def encode_part(value):
    raw = json.dumps(value).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


TOKENS = st.one_of(
    st.builds(
        lambda h, c: f"{encode_part(h)}.{encode_part(c)}.AAAA", HEADERS, CLAIMS | JSON
    ),
    st.text(max_size=30),
    st.text(".aA_-=", max_size=30),
    st.just("." * 60_000),
    st.just(encode_part([[]] * 9000) + ".e30.AAAA"),
    st.just(f"{encode_part({'alg': 'RS256'})}.{'W1tb' * 9000}.AAAA"),
)


@pytest.fixture(scope="module")
def fuzzed_assertion_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assertions")
    host = Host(f"sqlite:///{folder}/fuzz.sqlite", token_endpoint_auth_methods=METHODS)
    register_robot(host, jwks=key_set("RS256"))
    yield host
    host.engine.dispose()


@settings(max_examples=at_most(300))
@given(token=TOKENS)
def test_no_assertion_makes_a_server_error(fuzzed_assertion_host, token):
    form = {
        name: value.encode("utf-8", "surrogatepass")
        for name, value in build_assertion_form(token).items()
    }
    answer = fuzzed_assertion_host.browser().post(
        "/oauth/token", form, expect_errors=True
    )
    assert 400 <= answer.status_int < 500
