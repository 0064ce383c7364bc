"""The view option `oauth_scopes` and the view predicate `oauth_scope`."""

from __future__ import annotations

import pytest
from pyramid.response import Response

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity, any_of, any_token, by_method


def protected_app(host, scopes):
    def configure(config):
        config.add_route("thing", "/thing")
        config.add_view(
            lambda request: Response("ok"), route_name="thing", oauth_scopes=scopes
        )

    return host.app(configure)


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize(
    ("scopes", "accepted", "refused"),
    [
        ("read", ["read", "both", "machine"], ["admin"]),
        ("read write", ["both"], ["read", "admin"]),
        (["write", "admin"], ["both", "admin"], ["read"]),
        (any_of("read write", "admin"), ["both", "admin"], ["read"]),
        (any_token(), ["read", "both", "admin", "machine"], []),
    ],
    ids=str,
)
def test_a_view_accepts_tokens_with_its_scopes(
    memory_host, bearer, scopes, accepted, refused
):
    app = protected_app(memory_host, scopes)
    for token in accepted:
        app.get("/thing", headers=bearer(token), status=200)
    for token in refused:
        app.get("/thing", headers=bearer(token), status=403)
    app.get("/thing", status=401)


def test_the_challenge_names_the_first_alternative(memory_host, bearer):
    answer = protected_app(memory_host, any_of("write", "admin")).get(
        "/thing", headers=bearer("read"), status=403
    )
    assert 'scope="write"' in answer.headers["WWW-Authenticate"]


def test_scopes_may_differ_by_method(memory_host, bearer):
    app = memory_host.app()
    for method in ("GET", "HEAD", "OPTIONS"):
        app.request("/notes", method=method, headers=bearer("read"), status=200)
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
        app.request("/notes", method=method, headers=bearer("read"), status=403)
        app.request("/notes", method=method, headers=bearer("both"), status=200)


def test_scopes_by_method_may_have_alternatives(memory_host, bearer):
    app = protected_app(
        memory_host, by_method(read=any_token(), write=["write", "admin"])
    )
    app.get("/thing", headers=bearer("admin"), status=200)
    app.post("/thing", headers=bearer("admin"), status=200)
    app.post("/thing", headers=bearer("read"), status=403)


PREFLIGHT = {
    "Origin": "https://app.example",
    "Access-Control-Request-Method": "POST",
}


def test_a_view_for_options_alone_answers_preflights_without_a_token(memory_host):
    def configure(config):
        config.add_route("cors", "/cors")
        config.add_view(
            lambda request: Response("preflight"),
            route_name="cors",
            request_method="OPTIONS",
            oauth_scopes="read",
        )

    app = memory_host.app(configure)
    assert app.options("/cors", headers=PREFLIGHT, status=200).text == "preflight"
    app.options("/cors", status=401)


def test_a_forged_preflight_does_not_open_a_view_for_all_methods(memory_host):
    memory_host.app().options("/me", headers=PREFLIGHT, status=401)


@pytest.mark.parametrize("scopes", ["", " ", [], [""], 'a"b', "a\\b", "é", 7, [None]])
def test_a_malformed_scope_stops_the_start(memory_host, scopes):
    with pytest.raises(ConfigurationError):
        protected_app(memory_host, scopes)


def test_a_view_without_oauth_scopes_does_not_call_the_verifier(memory_host, bearer):
    def configure(config):
        config.add_route("open", "/open")
        config.add_view(lambda request: Response("open"), route_name="open")

    answer = memory_host.app(configure).get("/open", headers=bearer("?!"), status=200)
    assert "Vary" not in answer.headers
    assert memory_host.verifier.calls == 0


def test_the_predicate_dispatches_between_views(memory_host, bearer):
    def configure(config):
        config.add_route("page", "/page")
        config.add_view(lambda request: Response("short"), route_name="page")
        config.add_view(
            lambda request: Response("full"), route_name="page", oauth_scope="read"
        )

    app = memory_host.app(configure)
    assert app.get("/page").text == "short"
    assert app.get("/page", headers=bearer("admin")).text == "short"
    assert app.get("/page", headers=bearer("unknown")).text == "short"
    assert app.get("/page", headers=bearer("read")).text == "full"


def test_predicate_and_view_verify_a_token_once(memory_host, bearer):
    def configure(config):
        config.add_route("busy", "/busy")
        config.add_view(
            lambda request: Response("busy"),
            route_name="busy",
            oauth_scope="read",
            oauth_scopes="read",
        )

    app = memory_host.app(configure)
    app.get("/busy", headers=bearer("read"), status=200)
    assert memory_host.verifier.calls == 1
    app.get("/busy", headers=bearer("unknown"), status=404)
    assert memory_host.verifier.calls == 2


def test_an_identity_keeps_the_order_of_its_scopes_and_hides_its_claims():
    identity = TokenIdentity(
        client_id="app", scope="write read", claims={"email": "a@b"}
    )
    assert identity.scope == "write read"
    assert identity.has("read", "write")
    assert not identity.has("read", "admin")
    assert "a@b" not in repr(identity)
    with pytest.raises(AttributeError):
        identity.scope = "admin"
