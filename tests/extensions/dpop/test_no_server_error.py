"""No proof and no `dpop_jkt` makes a server error at our endpoints (property-based)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.dpop import ORIGIN, ProofSigner, base64url, include_dpop
from tests.support.examples import at_most
from tests.support.host import Host, build_authorization_request

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner),
    max_leaves=6,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["jti", "htm", "htu", "iat", "exp", "nbf", "nonce"]) | TEXT,
    JSON,
    max_size=4,
)
SEGMENTS = st.lists(st.text("AZaz09-_=", max_size=12), max_size=6).map(".".join)
HEADERS = st.dictionaries(
    st.sampled_from(["typ", "alg", "jwk", "crit", "kid"]), JSON, max_size=3
)


@pytest.fixture(scope="module")
def fuzzed_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    host = Host(f"sqlite:///{folder}/fuzz.sqlite", include_dpop)
    host.client = host.register_client()
    yield host
    host.engine.dispose()


def encode(value):
    return base64url(json.dumps(value).encode("utf-8", "surrogatepass"))


@settings(max_examples=at_most(150), deadline=None)
@given(
    claims=CLAIMS,
    header=st.none() | HEADERS,
    raw=st.none() | SEGMENTS,
    thumbprint=st.none() | TEXT,
    path=st.sampled_from(["/oauth/token", "/oauth/par"]),
)
def test_no_request_makes_a_server_error(
    fuzzed_host, claims, header, raw, thumbprint, path
):
    """Claims have a valid signature unless the header or all is changed."""
    known = {name: value for name, value in claims.items() if name.isascii()}
    signer = ProofSigner()
    try:
        proof = signer.sign("POST", f"{ORIGIN}{path}", **known)
    except (TypeError, ValueError):  # PyJWT checks some of them
        proof = ""
    if header is not None:
        full = {"typ": "dpop+jwt", "alg": "ES256", "jwk": signer.jwk, **header}
        proof = ".".join((encode(full), *proof.split(".")[1:]))
    form = {**build_authorization_request(), **fuzzed_host.client}
    form |= {"grant_type": "client_credentials"}
    if thumbprint is not None:
        form["dpop_jkt"] = thumbprint.encode("utf-8", "surrogatepass")
    answer = fuzzed_host.browser().post(
        path, form, headers={"DPoP": proof if raw is None else raw}, status="*"
    )
    assert answer.status_int in (200, 201, 400)
    if answer.status_int == 400:
        assert answer.json["error"] in ("invalid_dpop_proof", "invalid_request")
