"""DPoP at a resource server that runs alone: proofs, nonces, replays (RFC 9449)."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
import time

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramid_oauth import clock
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.jose.dpop import normalize_url
from pyramid_oauth.resource import TokenIdentity
from pyramid_oauth.resource.dpop import MemoryReplayStore
from tests.resource.memory_host import ResourceHost, whoami
from tests.support.dpop import DPOP, ProofSigner, base64url
from tests.support.examples import at_most
from tests.support.secret import SECRET

URL = "https://api.example.com/me"
TOKEN = "bound"
ISSUER = "https://as.example"


def protect_vault(config):
    config.include("pyramid_oauth.resource.dpop")
    config.add_route("vault", "/vault")
    config.add_view(
        whoami,
        route_name="vault",
        oauth_scopes="read",
        oauth_sender_constrained=True,
    )


def make_api(configure=protect_vault, **changes):
    """A resource server with the tokens `bound` and `read` (not bound)."""
    host = ResourceHost()
    host.verifier.tokens[TOKEN] = TokenIdentity(
        client_id="app",
        scope="read",
        token_type="DPoP",
        claims={"cnf": {"jkt": ProofSigner().thumbprint}},
    )
    names = {"dpop_base_urls": "https://api.example.com", **changes}
    return host.app(configure, **names)


@pytest.fixture(scope="module")
def api():
    return make_api()


def call(api, proof, token=TOKEN, scheme="DPoP", path="/me", status="*"):
    headers = {"Authorization": f"{scheme} {token}"}
    if proof is not None:
        headers["DPoP"] = proof
    return api.get(path, headers=headers, status=status)


def challenge_of(answer, scheme="DPoP"):
    found = answer.headers.getall("WWW-Authenticate")
    return next(value for value in found if value.startswith(scheme))


def sign_unsecured(signer):
    header = {"typ": "dpop+jwt", "alg": "none", "jwk": signer.jwk}
    claims = signer.sign("GET", URL, TOKEN).split(".")[1]
    return f"{base64url(json.dumps(header).encode())}.{claims}."


def sign_with_public_key(signer):
    """HMAC with the public key as secret: key confusion."""
    claims = signer.sign("GET", URL, TOKEN).split(".")[1]
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": signer.jwk}
    signed = f"{base64url(json.dumps(header).encode())}.{claims}"
    secret = json.dumps(signer.jwk).encode()
    return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"


def break_signature(proof):
    head, _, signature = proof.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def symmetric_jwk():
    return {"kty": "oct", "k": base64url(b"x" * 32)}


def sign_by(algorithm):
    return lambda signer: ProofSigner(algorithm).sign("GET", URL, TOKEN)


def change(header=None, token=TOKEN, **claims):
    return lambda signer: signer.sign("GET", URL, token, header=header, **claims)


BAD_PROOFS = {
    "no header": lambda signer: None,
    "two headers": (
        lambda signer: ", ".join(signer.sign("GET", URL, TOKEN) for _ in range(2))
    ),
    "not a JWT": lambda signer: "proof",
    "two parts": lambda signer: signer.sign("GET", URL).rpartition(".")[0],
    "five parts": lambda signer: "a.b.c.d.e",
    "huge": change(more="x" * 9000),
    "not ASCII": lambda signer: "\xe4" + signer.sign("GET", URL, TOKEN),
    "no typ": change({"typ": None}),
    "another typ": change({"typ": "JWT"}),
    "no jwk": change({"jwk": None}),
    "jwk is text": change({"jwk": "key"}),
    "jwk without kty": change({"jwk": {"crv": "P-256"}}),
    "kid and jku, no jwk": change(
        {"jwk": None, "jku": "https://evil.example", "kid": "1"}
    ),
    "crit": change({"crit": ["b64"], "b64": False}),
    "alg none": sign_unsecured,
    "symmetric alg": sign_with_public_key,
    "symmetric jwk": change({"jwk": symmetric_jwk()}),
    "unlisted alg": sign_by("RS256"),
    "wrong signature": lambda s: break_signature(s.sign("GET", URL, TOKEN)),
    "private jwk": lambda s: s.sign(
        "GET", URL, TOKEN, {"jwk": s.key.as_dict(private=True)}
    ),
    "no jti": change(jti=None),
    "empty jti": change(jti=""),
    "jti is a number": change(jti=7),
    "no htm": change(htm=None),
    "another htm": change(htm="POST"),
    "htm in lower case": change(htm="get"),
    "no htu": change(htu=None),
    "htu is a list": change(htu=[URL]),
    "another path": change(htu="https://api.example.com/notes"),
    "another host": change(htu="https://evil.example/me"),
    "another port": change(htu="https://api.example.com:8443/me"),
    "another scheme": change(htu="http://api.example.com/me"),
    "userinfo": change(htu="https://api.example.com@evil.example/me"),
    "no iat": change(iat=None),
    "iat is text": change(iat="now"),
    "iat is true": change(iat=True),
    "old iat": lambda s: change(iat=int(time.time()) - 3600)(s),
    "iat ahead": lambda s: change(iat=int(time.time()) + 3600)(s),
    "exp passed": lambda s: change(exp=int(time.time()) - 3600)(s),
    "nbf ahead": lambda s: change(nbf=int(time.time()) + 3600)(s),
    "no ath": change(token=None),
    "another ath": change(token="other"),
}


@pytest.mark.module(
    "fapi2-security-profile-final-dpop-negative-tests",
)
@pytest.mark.spec(DPOP, "4.2")
@pytest.mark.spec(DPOP, "4.3")
@pytest.mark.spec(DPOP, "7")
@pytest.mark.spec(DPOP, "11.1")
@pytest.mark.parametrize("case", BAD_PROOFS)
def test_a_bad_proof_is_refused(api, signer, case):
    answer = call(api, BAD_PROOFS[case](signer), status=401)
    assert answer.json["error"] == "invalid_dpop_proof"
    assert 'error="invalid_dpop_proof"' in challenge_of(answer)


GOOD_PROOFS = {
    "query and fragment of htu": change(htu=f"{URL}?a=b#c"),
    "upper case": change(htu="HTTPS://API.Example.COM/me"),
    "explicit port": change(htu="https://api.example.com:443/me"),
    "encoded path": change(htu="https://api.example.com/%6de"),
    "dot segment": change(htu="https://api.example.com/x/../me"),
    "unknown members": change({"x": 1, "kid": "k"}, more={"a": 1}),
    "iat before": lambda s: change(iat=time.time() - 30)(s),
    "iat after": lambda s: change(iat=int(time.time()) + 8)(s),
    "nbf and exp": lambda s: change(nbf=int(time.time()), exp=int(time.time()) + 300)(
        s
    ),
}


@pytest.mark.module(
    "fapi2-security-profile-final-check-dpop-proof-nbf-exp",
    "fapi2-security-profile-final-dpop-negative-tests",
    "fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds",
    "fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds",
)
@pytest.mark.parametrize("case", GOOD_PROOFS)
@pytest.mark.spec(DPOP, "4.3")
def test_a_good_proof_is_accepted(api, signer, case):
    assert call(api, GOOD_PROOFS[case](signer), status=200).text == "None"


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "PS256", "EdDSA"])
@pytest.mark.spec(DPOP, "6.1")
def test_keys_of_each_type_are_accepted(algorithm):
    signer = ProofSigner(algorithm)
    host = ResourceHost()
    host.verifier.tokens["t"] = TokenIdentity(
        client_id="app", scope="read", claims={"cnf": {"jkt": signer.thumbprint}}
    )
    api = host.app(protect_vault, dpop_base_urls="https://api.example.com")
    call(api, signer.sign("GET", URL, "t"), "t", status=200)


@pytest.mark.spec(DPOP, "7.1")
def test_the_name_of_the_scheme_has_no_case(api, signer):
    call(api, signer.sign("GET", URL, TOKEN), scheme="dPOp", status=200)


@pytest.mark.spec(DPOP, "7.1")
def test_a_request_without_credentials_gets_the_algorithms(api):
    answer = api.get("/me", status=401)
    algs = 'algs="PS256 PS384 PS512 ES256 ES384 ES512 EdDSA'
    assert algs in challenge_of(answer)
    assert "error" not in challenge_of(answer)
    assert "algs" not in challenge_of(answer, "Bearer")


@pytest.mark.spec(DPOP, "7.1")
def test_the_proof_of_another_key_is_refused(api):
    answer = call(api, ProofSigner(number=1).sign("GET", URL, TOKEN), status=401)
    assert answer.json["error"] == "invalid_token"
    assert 'algs="' in challenge_of(answer)


@pytest.mark.spec(DPOP, "7.2")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.4")
def test_a_bound_token_is_refused_as_bearer(api, signer):
    """With and without a proof, and also where the verifier knows no token type."""
    api.app.registry["pyramid_oauth.token_verifier.used"].tokens["untyped"] = (
        TokenIdentity(
            client_id="app",
            scope="read",
            claims={"cnf": {"jkt": signer.thumbprint}},
        )
    )
    for token in (TOKEN, "untyped"):
        for proof in (None, signer.sign("GET", URL, token)):
            answer = call(api, proof, token, "Bearer", status=401)
            assert answer.json["error"] == "invalid_token"


def test_a_token_without_a_key_is_refused_as_dpop(api, signer):
    answer = call(api, signer.sign("GET", URL, "read"), "read", status=401)
    assert answer.json["error"] == "invalid_token"


def test_a_token_with_an_empty_key_is_refused(api, signer):
    tokens = api.app.registry["pyramid_oauth.token_verifier.used"].tokens
    for name, value in (("null", None), ("empty", ""), ("list", [])):
        tokens[name] = TokenIdentity(
            client_id="app", scope="read", claims={"cnf": {"jkt": value}}
        )
        for scheme in ("DPoP", "Bearer"):
            call(api, signer.sign("GET", URL, name), name, scheme, status=401)


@pytest.mark.spec(DPOP, "11.1")
def test_a_proof_is_accepted_once(api, signer):
    proof = signer.sign("GET", URL, TOKEN)
    call(api, proof, status=200)
    answer = call(api, proof, status=401)
    assert answer.json["error"] == "invalid_dpop_proof"


@pytest.mark.spec(DPOP, "4.3")
def test_the_host_header_is_not_trusted(api, signer):
    """A proof that another server got is not accepted under the name of that server."""
    evil = signer.sign("GET", "https://evil.example/me", TOKEN)
    headers = {"Authorization": f"DPoP {TOKEN}", "DPoP": evil, "Host": "evil.example"}
    api.get("/me", headers=headers, status=401)
    good = {**headers, "DPoP": signer.sign("GET", URL, TOKEN)}
    api.get("/me", headers=good, status=200)


def test_a_base_url_may_have_a_path(signer):
    api = make_api(dpop_base_urls="https://api.example.com/v1 http://localhost:6543")
    for url in ("https://api.example.com/v1/me", "http://LOCALHOST:6543/me"):
        call(api, signer.sign("GET", url, TOKEN), status=200)
    call(api, signer.sign("GET", URL, TOKEN), status=401)


def test_the_host_of_a_declared_resource_is_a_base_url():
    """The token is for that resource."""
    signer = ProofSigner()
    host = ResourceHost()
    host.verifier.tokens["t"] = TokenIdentity(
        client_id="app",
        scope="read",
        audience=(URL,),
        claims={"cnf": {"jkt": signer.thumbprint}},
    )
    names = {"protected_resource": URL, "protected_resource_servers": ISSUER}
    api = host.app(protect_vault, **names)
    call(api, signer.sign("GET", URL, "t"), "t", status=200)
    call(api, signer.sign("GET", "http://localhost/me", "t"), "t", status=401)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ({"dpop_base_urls": ""}, "dpop_base_urls is missing"),
        ({"dpop_base_urls": "api.example.com"}, "is not an http"),
        ({"dpop_signing_algorithms": "ES256 HS256"}, "HS256 is no asymmetric"),
        ({"dpop_nonces": "true"}, "requires pyramid_oauth.secret"),
    ],
)
def test_a_wrong_setting_stops_the_start(names, text):
    with pytest.raises(ConfigurationError, match=text):
        make_api(**names)


def test_a_view_may_accept_bound_tokens_only(api, signer):
    url = "https://api.example.com/vault"
    call(api, signer.sign("GET", url, TOKEN), path="/vault", status=200)
    answer = call(api, None, "read", "Bearer", "/vault", status=401)
    assert answer.json["error"] == "invalid_token"
    assert "bound to a key" in answer.json["error_description"]


def test_the_view_option_is_true_or_left_out():
    def configure(config):
        config.include("pyramid_oauth.resource.dpop")
        config.add_view(whoami, name="x", oauth_sender_constrained=False)

    with pytest.raises(ConfigurationError, match="oauth_sender_constrained is True"):
        make_api(configure)


@pytest.fixture
def nonce_api():
    return make_api(dpop_nonces="true", secret=SECRET)


@pytest.mark.spec(DPOP, "9")
def test_a_proof_without_nonce_is_answered_with_one(nonce_api, signer):
    answer = call(nonce_api, signer.sign("GET", URL, TOKEN), status=401)
    assert answer.json["error"] == "use_dpop_nonce"
    assert 'error="use_dpop_nonce"' in challenge_of(answer)
    (signer.nonce,) = answer.headers.getall("DPoP-Nonce")
    answer = call(nonce_api, signer.sign("GET", URL, TOKEN), status=200)
    assert "DPoP-Nonce" not in answer.headers


@pytest.mark.spec(DPOP, "11.3")
@pytest.mark.parametrize("nonce", ["", "x", 7, ["x"], "ä"])
def test_another_nonce_is_refused(nonce_api, signer, nonce):
    answer = call(nonce_api, signer.sign("GET", URL, TOKEN, nonce=nonce), status=401)
    assert answer.json["error"] == "use_dpop_nonce"


@pytest.mark.spec(DPOP, "4.3")
def test_with_a_nonce_its_time_counts_and_not_the_iat(nonce_api, signer):
    signer.nonce = call(nonce_api, signer.sign("GET", URL, TOKEN)).headers["DPoP-Nonce"]
    day = 24 * 3600
    for shift in (-365 * day, -3600, 3600, day - 60):
        proof = signer.sign("GET", URL, TOKEN, iat=int(time.time()) + shift)
        call(nonce_api, proof, status=200)


@pytest.mark.spec(DPOP, "11.1")
@pytest.mark.parametrize("days", [2, 36500])
def test_with_a_nonce_a_proof_of_the_far_future_is_refused(nonce_api, signer, days):
    signer.nonce = call(nonce_api, signer.sign("GET", URL, TOKEN)).headers["DPoP-Nonce"]
    proof = signer.sign("GET", URL, TOKEN, iat=int(time.time()) + days * 24 * 3600)
    refused = call(nonce_api, proof, status=401)
    assert refused.json["error"] == "invalid_dpop_proof"


@pytest.mark.spec(DPOP, "8.2")
def test_nonces_rotate_and_the_last_but_one_is_refused(nonce_api, signer):
    with clock.frozen() as time_:
        first = call(nonce_api, signer.sign("GET", URL, TOKEN))
        signer.nonce = first.headers["DPoP-Nonce"]
        time_.advance(60)
        answer = call(nonce_api, signer.sign("GET", URL, TOKEN), status=200)
        newer = answer.headers["DPoP-Nonce"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert newer != signer.nonce
        time_.advance(60)
        refused = call(nonce_api, signer.sign("GET", URL, TOKEN), status=401)
        assert refused.json["error"] == "use_dpop_nonce"
        signer.nonce = newer
        call(nonce_api, signer.sign("GET", URL, TOKEN), status=200)


@pytest.mark.spec(DPOP, "8")
def test_processes_with_one_secret_accept_the_nonces_of_each_other(signer):
    """Also while the secret is being replaced."""
    new = "another secret of more than thirty-two characters"
    first, second, third = (
        make_api(dpop_nonces="true", secret=secret)
        for secret in (SECRET, f"{new}\n{SECRET}", new)
    )
    signer.nonce = call(first, signer.sign("GET", URL, TOKEN)).headers["DPoP-Nonce"]
    answer = call(second, signer.sign("GET", URL, TOKEN), status=200)
    call(third, signer.sign("GET", URL, TOKEN), status=401)
    signer.nonce = answer.headers["DPoP-Nonce"]
    call(third, signer.sign("GET", URL, TOKEN), status=200)


class SharedStore:
    """A replay store of the host."""

    def __init__(self):
        self.used = set()

    def consume(self, request, identifier, expires_at):
        assert expires_at > clock.now()
        is_first = identifier not in self.used
        self.used.add(identifier)
        return is_first


def test_a_host_sets_its_own_replay_store(signer):
    store = SharedStore()

    def configure(config):
        config.include("pyramid_oauth.resource.dpop")
        config.set_oauth_dpop_replay_store(store)

    proof = signer.sign("GET", URL, TOKEN)
    call(make_api(configure), proof, status=200)
    call(make_api(configure), proof, status=401)


def test_a_refused_proof_is_not_stored(signer):
    store = SharedStore()

    def configure(config):
        config.include("pyramid_oauth.resource.dpop")
        config.set_oauth_dpop_replay_store(store)

    api = make_api(configure)
    call(api, ProofSigner(number=1).sign("GET", URL, TOKEN), status=401)
    call(api, signer.sign("GET", URL, TOKEN, htm="PUT"), status=401)
    call(api, signer.sign("GET", URL, "unknown"), "unknown", status=401)
    assert not store.used


def test_without_single_use_nothing_is_stored(signer):
    names = {"dpop_single_use": "false", "dpop_nonces": "true", "secret": SECRET}
    api = make_api(**names)
    signer.nonce = call(api, signer.sign("GET", URL, TOKEN)).headers["DPoP-Nonce"]
    proof = signer.sign("GET", URL, TOKEN)
    call(api, proof, status=200)
    call(api, proof, status=200)


def test_the_store_in_memory_forgets_expired_and_oldest_proofs():
    store = MemoryReplayStore(most=2)
    with clock.frozen() as time_:
        soon = clock.now().replace(microsecond=0)
        assert store.consume(None, "a", soon)  # has expired already
        later = clock.now().replace(year=clock.now().year + 1)
        assert store.consume(None, "a", later)
        assert store.consume(None, "b", later)
        assert not store.consume(None, "a", later)
        assert store.consume(None, "c", later)
        assert store.consume(None, "a", later), "the oldest is forgotten"
        time_.advance(400 * 86400)
        assert store.consume(None, "c", later)


@pytest.mark.slow
def test_the_check_runs_without_sqlalchemy():
    code = (
        "import sys; sys.modules['sqlalchemy'] = None;"
        "from pyramid.config import Configurator;"
        "config = Configurator(settings="
        "{'pyramid_oauth.dpop_base_urls': 'https://api.example.com'});"
        "config.include('pyramid_oauth.resource');"
        "config.include('pyramid_oauth.resource.dpop');"
        "config.set_oauth_token_verifier(lambda request, token: None);"
        "config.make_wsgi_app()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


SEGMENT = st.text("AZaz09-_=", max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
HEADERS = st.dictionaries(
    st.sampled_from(["typ", "alg", "jwk", "crit", "kid", "jku", "x5u", "x5c", "b64"]),
    JSON | st.sampled_from(["none", "HS256", "RS256", "ES512", "dpop+jwt"]),
    max_size=4,
)
JWKS = st.dictionaries(
    st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "k", "use", "alg"]),
    JSON | st.sampled_from(["EC", "RSA", "OKP", "oct", "P-256", "X25519", "secp256k1"]),
)
CLAIMS = st.dictionaries(
    st.sampled_from(["jti", "htm", "htu", "iat", "exp", "nbf", "nonce", "ath"]),
    JSON,
    max_size=4,
)


def encode(value):
    return base64url(json.dumps(value).encode("utf-8", "surrogatepass"))


@settings(max_examples=at_most(300), deadline=None)
@given(
    header=HEADERS,
    jwk=st.none() | JWKS,
    claims=CLAIMS,
    raw=st.none() | st.lists(SEGMENT),
)
def test_no_proof_makes_a_server_error_or_passes(header, jwk, claims, raw):
    """Whatever is changed, a proof without a valid signature is refused."""
    signer = ProofSigner()
    good = signer.sign("GET", URL, TOKEN)
    full = {"typ": "dpop+jwt", "alg": "ES256", "jwk": signer.jwk, **header}
    if jwk is not None:
        full["jwk"] = {**signer.jwk, **jwk}
    changed = jwt.decode(good, options={"verify_signature": False}) | claims
    proof = ".".join((encode(full), encode(changed), good.rpartition(".")[2]))
    if raw is not None:
        proof = ".".join(raw)
    answer = call(_FUZZED, proof)
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_dpop_proof"


_FUZZED = make_api()


@settings(max_examples=at_most(300), deadline=None)
@given(url=st.text(max_size=30).map("https://api.example.com/".__add__) | st.text())
def test_no_url_makes_an_error(url):
    found = normalize_url(url)
    assert found is None or found[0] in ("http", "https")


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
@pytest.mark.spec(DPOP, "4.3")
def test_a_proof_signed_by_another_key_than_its_jwk_is_refused(api, alg):
    proof = ProofSigner(alg, 1).sign("GET", URL, TOKEN, {"jwk": ProofSigner(alg).jwk})
    call(api, proof, status=401)
