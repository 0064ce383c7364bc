"""An API in another process: verifiers by setting and by directive."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

from pyramid_oauth.resource import identity
from pyramid_oauth.resource.verify import Issuers, OfflineJWT
from tests.resource.verify.issuer import API, Issuer
from tests.support.certificates import certificate
from tests.support.host import call_api, request_client_token
from tests.support.servers import build_response


def make_api(configure=None, **settings) -> TestApp:
    names = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
    config = Configurator(settings=names)
    config.include("pyramid_oauth.resource")
    config.add_route("me", "/me")

    def me(request):
        token = identity(request)
        assert token is not None
        return {"user": token.user_id, "client": token.client_id}

    config.add_view(me, route_name="me", renderer="json", oauth_scopes="read")
    if configure:
        configure(config)
    return TestApp(config.make_wsgi_app())


def get(app: TestApp, token: str, status: int = 200):
    return app.get("/me", headers={"Authorization": f"Bearer {token}"}, status=status)


def introspection_settings(issuer: Issuer) -> dict[str, str]:
    return {
        "token_issuer": issuer.url,
        "introspection_client_id": "api",
        "introspection_client_secret": "s3cret",
        "introspection_cache_lifetime": "0",
    }


BY_CERTIFICATE = {
    "token_verifiers": "introspection",
    "token_issuer": "https://a.example",
    "introspection_client_id": "api",
    "introspection_auth_method": "tls_client_auth",
}


def test_jwts_are_verified_offline_by_settings(issuer):
    app = make_api(token_verifiers="jwt", token_issuer=issuer.url, token_audience=API)
    assert get(app, issuer.jwt()).json == {"user": "alice", "client": "app"}
    assert get(app, issuer.jwt(sub="app")).json == {"user": None, "client": "app"}
    get(app, issuer.jwt(aud="https://other.example"), 401)
    get(app, issuer.jwt(scope="write"), 403)
    get(app, "opaque", 401)


def test_the_audience_is_the_protected_resource(issuer):
    app = make_api(
        token_verifiers="jwt", token_issuer=issuer.url, protected_resource=API
    )
    get(app, issuer.jwt())
    get(app, issuer.jwt(aud="https://other.example"), 401)


def test_tokens_are_introspected_by_settings(issuer):
    app = make_api(token_verifiers="introspection", **introspection_settings(issuer))
    members = {"client_id": "app", "scope": "read", "token_type": "Bearer"}
    issuer.tokens["o"] = {"active": True, "sub": "app", **members}
    assert get(app, "o").json == {"user": None, "client": "app"}
    get(app, "unknown", 401)


def test_introspection_is_the_fallback_for_opaque_tokens(issuer):
    app = make_api(
        token_verifiers="jwt introspection",
        protected_resource=API,
        **introspection_settings(issuer),
    )
    members = {"client_id": "app", "scope": "read", "token_type": "Bearer"}
    issuer.tokens["o"] = {"active": True, "sub": "bob", "aud": API, **members}
    assert get(app, "o").json["user"] == "bob"
    assert get(app, issuer.jwt()).json["user"] == "alice"
    assert len(issuer.forms) == 1


def test_an_outage_of_the_issuer_is_503_with_retry_after(issuer):
    app = make_api(token_verifiers="jwt", token_issuer=issuer.url, token_audience=API)
    issuer.failure = lambda peer, request: peer.sendall(
        build_response(status="503 Service Unavailable")
    )
    answer = get(app, issuer.jwt(), 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["error"] == "temporarily_unavailable"
    app.get("/me", status=401)


def test_several_issuers_are_given_to_the_directive(issuer, other_issuer):
    verifiers = [OfflineJWT(each.url, audience=API) for each in (issuer, other_issuer)]
    app = make_api(lambda config: config.set_oauth_token_verifier(Issuers(verifiers)))
    get(app, issuer.jwt())
    get(app, other_issuer.jwt())
    get(app, issuer.jwt(iss="https://third.example"), 401)


def test_an_issuer_that_is_not_conformant_causes_a_warning(issuer):
    with pytest.warns(UserWarning, match="token_types"):
        make_api(
            token_verifiers="jwt",
            token_issuer=issuer.url,
            token_audience=API,
            token_types="at+jwt JWT",
        )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"token_verifiers": "jwt"}, "token_issuer"),
        ({"token_verifiers": "magic"}, "magic"),
        ({"token_verifiers": "local"}, "server in this process"),
        (
            {"token_verifiers": "jwt local", "token_issuer": "https://a.example"},
            "first",
        ),
        (
            {"token_verifiers": "jwt", "token_issuer": "https://a.example"},
            "token_audience",
        ),
        (
            {"token_verifiers": "jwt", "token_issuer": "http://a.example"},
            "https",
        ),
        (
            {"token_verifiers": "introspection", "token_issuer": "https://a.example"},
            "introspection_client_id",
        ),
        (
            {
                "token_verifiers": "introspection",
                "introspection_client_id": "api",
                "introspection_client_secret": "s",
            },
            "issuer or an endpoint",
        ),
        (
            {
                "token_verifiers": "introspection",
                "token_issuer": "https://a.example",
                "introspection_client_id": "api",
                "introspection_auth_method": "private_key_jwt",
                "introspection_client_key": "no key",
            },
            "PEM",
        ),
        (BY_CERTIFICATE, "introspection_certificate_file"),
        (
            {**BY_CERTIFICATE, "introspection_certificate_file": "/nowhere.pem"},
            "/nowhere.pem.*cannot be used",
        ),
        (
            {
                **BY_CERTIFICATE,
                "introspection_certificate_file": "/nowhere.pem",
                "introspection_endpoint": "http://a.example/introspect",
                "allow_http": "true",
            },
            "not https",
        ),
    ],
    ids=str,
)
def test_incomplete_settings_stop_the_start(settings, problem):
    if problem != "token_audience":
        settings = {"token_audience": API, **settings}
    with pytest.raises(ConfigurationError, match=problem):
        make_api(**settings)


def test_the_server_verifies_its_own_tokens_and_those_of_others(new_host, issuer):
    settings = {"token_issuer": issuer.url, "token_audience": API}
    host = new_host(token_verifiers="local jwt", **settings)
    own = request_client_token(host, host.register_client()).json["access_token"]
    assert call_api(host, own) == 200
    assert call_api(host, issuer.jwt()) == 200
    assert call_api(host, issuer.jwt(aud="https://x.example")) == 401
    assert call_api(host, "unknown") == 401


@pytest.mark.parametrize("verifiers", ["local introspection", "introspection"])
def test_introspection_beside_a_server_names_the_other_issuer(new_host, verifiers):
    """Without a name its users and clients would pass for those of this server."""
    settings = {
        "token_verifiers": verifiers,
        "introspection_endpoint": "https://other.example/introspect",
        "introspection_client_id": "api",
        "introspection_client_secret": "s",
    }
    with pytest.raises(ConfigurationError, match=r"beside the server.*token_issuer"):
        new_host(**settings)
    new_host(**settings, token_issuer="https://other.example")


def test_a_key_with_a_password_stops_the_start(tmp_path):
    found = certificate()
    (tmp_path / "api.pem").write_text(found.pem)
    sealed = BestAvailableEncryption(b"password")
    key = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)
    (tmp_path / "api.key").write_bytes(key)
    with pytest.raises(ConfigurationError, match="and its key cannot be used"):
        make_api(
            **BY_CERTIFICATE,
            introspection_certificate_file=str(tmp_path / "api.pem"),
            introspection_certificate_key_file=str(tmp_path / "api.key"),
        )
