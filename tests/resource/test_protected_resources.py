"""Protected resources: metadata, challenges, and the audience of tokens (RFC 9728)."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.resource import TokenIdentity, protected_resources
from pyramid_oauth.resource import identity as identity_of
from tests.resource.memory_host import whoami

NOTES = "https://api.example/notes"
API = "https://api.example"
LETTERS = "https://api.example/notes/letters"
WELL_KNOWN = "/.well-known/oauth-protected-resource"


def identity(*audience, scope="read", **more):
    return TokenIdentity(client_id="app", scope=scope, audience=audience, **more)


@pytest.fixture
def start_resources(memory_host):
    """Return a function that starts the host with protected resources."""
    memory_host.verifier.tokens |= {
        "none": identity(),
        "notes": identity(NOTES),
        "api": identity(API),
        "letters": identity("https://else.example", LETTERS),
        "other": identity("https://else.example"),
        "slash": identity(f"{NOTES}/"),
        "capital": identity("https://API.example/notes"),
        "no scope": identity(NOTES, scope=""),
    }

    def run(*resources, configure=None, **settings):
        def declare(config):
            for identifier, options in resources:
                config.add_oauth_protected_resource(identifier, **options)
            for path in ("letters", "letters2"):
                config.add_route(path, f"/notes/{path}")
                config.add_view(whoami, route_name=path, oauth_scopes="read")
            if configure:
                configure(config)

        return memory_host.app(declare, **settings)

    return run


@pytest.fixture
def status_of(bearer):
    """Return a function that asks for a path with a token; it returns the status."""

    def run(app, path, token, **environ):
        answer = app.get(path, headers=bearer(token), expect_errors=True, **environ)
        if answer.status_int == 401:
            assert answer.json["error"] == "invalid_token"
        return answer.status_int

    return run


@pytest.mark.spec("RFC 9728", "2")
@pytest.mark.spec("RFC 9728", "3.2")
def test_the_metadata_has_what_was_declared(start_resources):
    app = start_resources(
        (
            NOTES,
            {
                "authorization_servers": ["https://as.example"],
                "scopes_supported": "read write",
                "resource_name": "Notes",
                "resource_documentation": "https://api.example/docs",
                "resource_policy_uri": "https://api.example/policy",
                "resource_tos_uri": "https://api.example/tos",
                "members": {"x_region": "eu"},
                "resource_signing_alg_values_supported": [],
            },
        )
    )
    answer = app.get(f"{WELL_KNOWN}/notes", status=200)
    assert answer.content_type == "application/json"
    assert answer.json == {
        "resource": NOTES,
        "authorization_servers": ["https://as.example"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "write"],
        "resource_name": "Notes",
        "resource_documentation": "https://api.example/docs",
        "resource_policy_uri": "https://api.example/policy",
        "resource_tos_uri": "https://api.example/tos",
        "x_region": "eu",
    }


@pytest.mark.spec("RFC 9728", "3.1")
@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        (API, WELL_KNOWN),
        (f"{API}/", WELL_KNOWN),
        (NOTES, f"{WELL_KNOWN}/notes"),
        (f"{NOTES}/", f"{WELL_KNOWN}/notes/"),
        ("https://api.example:8443/a/b", f"{WELL_KNOWN}/a/b"),
        ("https://api.example/caf%C3%A9", f"{WELL_KNOWN}/caf%C3%A9"),
    ],
)
def test_the_path_of_the_identifier_is_appended(start_resources, identifier, path):
    app = start_resources((identifier, {}))
    assert app.get(path, status=200).json["resource"] == identifier
    app.get(f"{WELL_KNOWN}/nothing", status=404)
    app.get(f"{WELL_KNOWN}x", status=404)


@pytest.mark.spec("RFC 9728", "7.10")
def test_the_metadata_may_be_cached_and_validated(start_resources):
    app = start_resources((NOTES, {}))
    answer = app.get(f"{WELL_KNOWN}/notes")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert app.get(f"{WELL_KNOWN}/notes", headers=known, status=304).body == b""
    assert app.head(f"{WELL_KNOWN}/notes", status=200).body == b""
    assert app.post(f"{WELL_KNOWN}/notes", status=405).headers["Allow"]


def test_scripts_of_every_origin_read_the_metadata_with_headers_of_their_own(
    start_resources,
):
    app = start_resources((NOTES, {}))
    preflight = {
        "Origin": "https://inspector.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "mcp-protocol-version",
    }
    allowed = app.options(f"{WELL_KNOWN}/notes", headers=preflight, status=204).headers
    assert allowed["Access-Control-Allow-Origin"] == "*"
    assert allowed["Access-Control-Allow-Headers"] == "*"
    answer = app.get(f"{WELL_KNOWN}/notes", headers={"Origin": "https://i.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.spec("RFC 9728", "2.1")
def test_texts_for_people_have_language_tags(start_resources):
    name = {"": "Notes", "it": "Appunti", "pt-BR": "Notas"}
    members = (
        start_resources((NOTES, {"resource_name": name}))
        .get(f"{WELL_KNOWN}/notes")
        .json
    )
    assert members["resource_name"] == "Notes"
    assert members["resource_name#it"] == "Appunti"
    assert members["resource_name#pt-BR"] == "Notas"


@pytest.mark.spec("RFC 9728", "2")
def test_a_setting_declares_one_resource(start_resources, status_of):
    app = start_resources(
        protected_resource=NOTES,
        protected_resource_name="Notes",
        protected_resource_scopes="read write",
        issuer="https://as.example",
    )
    assert app.get(f"{WELL_KNOWN}/notes").json == {
        "resource": NOTES,
        "authorization_servers": ["https://as.example"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "write"],
        "resource_name": "Notes",
    }
    assert status_of(app, "/notes", "notes") == 200
    assert status_of(app, "/notes", "none") == 401


@pytest.mark.parametrize(
    ("verifiers", "servers"),
    [
        ("", ["https://own.example"]),
        ("jwt", ["https://as.example"]),
        ("local jwt", ["https://own.example", "https://as.example"]),
    ],
)
def test_the_metadata_names_the_issuers_of_the_verifiers(verifiers, servers):
    names = {
        "protected_resource": NOTES,
        "issuer": "https://own.example",
        "token_verifiers": verifiers,
        **({"token_issuer": "https://as.example"} if verifiers else {}),
    }
    settings = {f"pyramid_oauth.{name}": value for name, value in names.items()}
    config = Configurator(settings=settings)
    config.include("pyramid_oauth.resource")
    config.set_oauth_token_verifier(lambda request, token: None, default=True)
    metadata = TestApp(config.make_wsgi_app()).get(f"{WELL_KNOWN}/notes").json
    assert metadata["authorization_servers"] == servers


def test_an_extension_adds_members_that_a_resource_may_replace(start_resources):
    def configure(config):
        config.add_oauth_resource_metadata(
            "proofs", {"dpop_signing_alg_values_supported": ["ES256", "EdDSA"]}
        )
        config.add_oauth_resource_metadata(
            "region", lambda resource: {"x_of": resource.identifier}
        )

    only = {"dpop_signing_alg_values_supported": "ES256"}
    app = start_resources((API, {}), (NOTES, only), configure=configure)
    members = app.get(WELL_KNOWN).json
    assert members["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA"]
    assert members["x_of"] == API
    members = app.get(f"{WELL_KNOWN}/notes").json
    assert members["dpop_signing_alg_values_supported"] == ["ES256"]


@pytest.mark.spec("RFC 9728", "2")
@pytest.mark.spec("RFC 9449", "7.1")
def test_the_metadata_names_the_algorithms_of_dpop_proofs(start_resources):
    app = start_resources(
        (NOTES, {}),
        configure=lambda config: config.include("pyramid_oauth.resource.dpop"),
        dpop_base_urls=API,
        dpop_signing_algorithms="ES256 PS256",
    )
    members = app.get(f"{WELL_KNOWN}/notes").json
    assert members["dpop_signing_alg_values_supported"] == ["ES256", "PS256"]
    assert app.get("/notes", status=401).headers.getall("WWW-Authenticate") == [
        f'{scheme} realm="oauth", {more}scope="read", '
        f'resource_metadata="{API}{WELL_KNOWN}/notes"'
        for scheme, more in (("Bearer", ""), ("DPoP", 'algs="ES256 PS256", '))
    ]


@pytest.mark.spec("RFC 9728", "5.1")
def test_a_challenge_names_the_metadata_of_its_resource(start_resources, bearer):
    app = start_resources((API, {}), (NOTES, {}))
    for path, url in (("/me", WELL_KNOWN), ("/notes", f"{WELL_KNOWN}/notes")):
        for headers in ({}, bearer("unknown"), bearer("no scope")):
            answer = app.get(path, headers=headers, expect_errors=True)
            challenge = answer.headers["WWW-Authenticate"]
            assert f'resource_metadata="{API}{url}"' in challenge
            assert 'scope="read"' in challenge


@pytest.mark.spec("RFC 9728", "5.1")
def test_another_server_may_publish_the_metadata(start_resources):
    app = start_resources((NOTES, {"metadata_url": "https://docs.example/notes.json"}))
    challenge = app.get("/notes", status=401).headers["WWW-Authenticate"]
    assert 'resource_metadata="https://docs.example/notes.json"' in challenge
    assert "resource_metadata" not in app.get("/me", status=401).headers.get(
        "WWW-Authenticate"
    )


@pytest.mark.spec("RFC 9728", "7.4")
@pytest.mark.spec("RFC 9728", "6")
@pytest.mark.parametrize(
    ("token", "status"),
    [
        *(("notes", 200), ("none", 401), ("other", 401)),
        *(("api", 401), ("slash", 401), ("capital", 401)),
    ],
)
def test_a_token_must_be_for_the_resource_itself(
    start_resources, status_of, token, status
):
    assert status_of(start_resources((NOTES, {})), "/notes", token) == status


def test_a_host_without_resources_accepts_tokens_whatever_their_audience(
    start_resources, status_of
):
    app = start_resources()
    assert status_of(app, "/notes", "none") == 200
    assert status_of(app, "/notes", "other") == 200
    app.get(WELL_KNOWN, status=404)


def test_a_request_outside_every_resource_asks_for_no_audience(
    start_resources, status_of
):
    app = start_resources((NOTES, {}))
    assert status_of(app, "/me", "none") == 200
    assert status_of(app, "/me", "other") == 200


def test_the_longest_path_decides_between_resources(start_resources, status_of):
    app = start_resources((API, {}), (NOTES, {}), (LETTERS, {}))
    expected = {"/me": "api", "/notes": "notes", "/notes/letters": "letters"}
    expected["/notes/letters2"] = "notes"
    for path, accepted in expected.items():
        for token in ("api", "notes", "letters"):
            assert (status_of(app, path, token) == 200) is (token == accepted), (
                path,
                token,
            )


def test_tokens_without_audience_are_accepted_by_setting_with_a_warning(
    start_resources, status_of
):
    with pytest.warns(InsecureSettingWarning, match=f"{NOTES} accepts tokens without"):
        app = start_resources((NOTES, {}), accept_tokens_without_audience="true")
    assert status_of(app, "/notes", "none") == 200
    assert status_of(app, "/notes", "other") == 401
    with pytest.warns(InsecureSettingWarning, match="W160|without an audience"):
        app = start_resources((NOTES, {"requires_audience": False}), (API, {}))
    assert status_of(app, "/notes", "none") == 200
    assert status_of(app, "/me", "none") == 401


def test_a_resource_may_have_further_audiences(start_resources, status_of, memory_host):
    memory_host.verifier.tokens["named"] = identity("notes-api")
    app = start_resources((NOTES, {"audience": "notes-api"}))
    assert status_of(app, "/notes", "named") == 200
    assert status_of(app, "/notes", "notes") == 200


def test_the_audience_is_checked_before_the_confirmation(
    start_resources, bearer, memory_host
):
    """A proof for a token of another resource is not used up."""
    proofs = []
    bound = {"claims": {"cnf": {"key": "k"}}}
    memory_host.verifier.tokens["bound.else"] = identity(API, **bound)
    memory_host.verifier.tokens["bound.here"] = identity(NOTES, **bound)

    def is_proven(request, value):
        proofs.append(value)
        return True

    app = start_resources(
        (NOTES, {}),
        configure=lambda config: config.add_oauth_confirmation("key", is_proven),
    )
    app.get("/notes", headers=bearer("bound.else"), status=401)
    assert proofs == []
    app.get("/notes", headers=bearer("bound.here"), status=200)
    assert proofs == ["k"]


def protect_tree(config):
    config.set_root_factory(lambda request: {"notes": {}, "open": {}})
    config.add_view(whoami, name="tree", oauth_scopes="read")


@pytest.mark.parametrize(
    "path",
    ["//notes/tree", "/./notes/tree", "/open/../notes/tree", "/%2e/notes/tree"],
)
def test_a_path_that_traversal_normalizes_stays_in_its_resource(
    start_resources, status_of, path
):
    app = start_resources((NOTES, {}), configure=protect_tree)
    assert status_of(app, "/notes/tree", "notes") == 200
    assert status_of(app, path, "notes") == 200
    assert status_of(app, path, "none") == 401


def test_a_path_with_two_readings_needs_both_audiences(
    start_resources, status_of, memory_host
):
    """A route takes `..` literally; the token of the neighbour does not open it."""

    def configure(config):
        config.add_route("files", "/files/*rest")
        config.add_view(whoami, route_name="files", oauth_scopes="read")

    files = f"{API}/files"
    memory_host.verifier.tokens |= {
        "files": identity(files),
        "both": identity(files, NOTES),
    }
    app = start_resources((NOTES, {}), (files, {}), configure=configure)
    assert status_of(app, "/files/a", "files") == 200
    assert status_of(app, "/files/../notes", "notes") == 401
    assert status_of(app, "/files/../notes", "both") == 200


def test_a_virtual_root_of_the_caller_does_not_leave_the_resource(
    start_resources, bearer
):
    app = start_resources((NOTES, {}), configure=protect_tree)
    for token, status in (("none", 401), ("notes", 200)):
        headers = {**bearer(token), "X-Vhm-Root": "/notes"}
        app.get("/tree", headers=headers, status=status)


def test_a_mounted_host_has_the_path_of_its_mount(start_resources, status_of):
    app = start_resources((f"{API}/app/notes", {}))
    mounted = {"extra_environ": {"SCRIPT_NAME": "/app"}}
    assert status_of(app, "/notes", "notes", **mounted) == 401
    challenge = app.get("/notes", status=401, **mounted).headers["WWW-Authenticate"]
    assert f'resource_metadata="{API}{WELL_KNOWN}/app/notes"' in challenge
    assert app.get(f"{WELL_KNOWN}/app/notes").json["resource"] == f"{API}/app/notes"
    assert (
        status_of(app, "/notes", "other") == 200
    )  # not mounted: outside of the resource


def test_a_proxy_may_remove_a_prefix(start_resources, status_of, memory_host):
    identifier = f"{API}/v1/notes"
    memory_host.verifier.tokens["v1"] = identity(identifier)
    app = start_resources((identifier, {"path": "/notes"}))
    assert status_of(app, "/notes", "v1") == 200
    assert status_of(app, "/notes", "none") == 401
    assert app.get(f"{WELL_KNOWN}/v1/notes").json["resource"] == identifier


def test_the_prefix_of_an_include_does_not_move_the_metadata(memory_host):
    def part(config):
        config.add_oauth_protected_resource(f"{API}/part")

    app = memory_host.app(lambda config: config.include(part, route_prefix="part"))
    assert app.get(f"{WELL_KNOWN}/part").json["resource"] == f"{API}/part"


def test_a_view_names_its_resource_whatever_its_path(
    start_resources, status_of, bearer
):
    def configure(config):
        config.add_route("inbox", "/notes/inbox")
        config.add_view(
            inbox, route_name="inbox", oauth_scopes="read", oauth_resource=LETTERS
        )

    def inbox(request):
        (resource,) = protected_resources(request)
        return Response(resource.identifier)

    app = start_resources((NOTES, {}), (LETTERS, {}), configure=configure)
    assert app.get("/notes/inbox", headers=bearer("letters")).text == LETTERS
    assert status_of(app, "/notes/inbox", "notes") == 401
    challenge = app.get("/notes/inbox", status=401).headers["WWW-Authenticate"]
    assert f'{WELL_KNOWN}/notes/letters"' in challenge


@pytest.mark.parametrize(("token", "status"), [("letters", 200), ("notes", 401)])
def test_a_token_seen_before_the_view_is_judged_for_its_resource(
    start_resources, status_of, memory_host, token, status
):
    """A tween or predicate asks for the identity while only the path is known."""
    proofs = []
    for name in ("notes", "letters"):
        known = memory_host.verifier.tokens[name]
        memory_host.verifier.tokens[name] = identity(
            *known.audience, claims={"cnf": {"key": name}}
        )

    def configure(config):
        config.add_oauth_confirmation("key", lambda request, value: prove(value))
        config.add_route("early", "/notes/early")
        options = {"oauth_scopes": "read", "oauth_resource": LETTERS}
        config.add_view(whoami, route_name="early", **options)
        config.add_subscriber(
            lambda event: protected(event.request), "pyramid.events.ContextFound"
        )

    def prove(value):
        proofs.append(value)
        return True

    def protected(request):
        from_path = identity_of(request)
        assert from_path is None or NOTES in from_path.audience

    app = start_resources((NOTES, {}), (LETTERS, {}), configure=configure)
    assert status_of(app, "/notes/early", token) == status
    assert memory_host.verifier.calls == 1
    assert proofs == [token]  # once, although the token was judged twice


@pytest.mark.spec("RFC 9728", "1.2")
@pytest.mark.parametrize(
    "identifier",
    [
        *("notes", "urn:api", "https://", "https:///notes", "ftp://api.example"),
        *(f"{NOTES}#part", f"{NOTES}?a=b", f"{NOTES}?", "https://u:p@api.example"),
        *('https://api.example/"x', "https://api.example/a b", "https://api.exämple"),
        *(f"{API}/a/../b", f"{API}//a", f"{API}/a%2F..", "https://[::1"),
    ],
)
def test_what_is_no_identifier_stops_the_start(start_resources, identifier):
    with pytest.raises(ConfigurationError, match="protected resource"):
        start_resources((identifier, {}))


@pytest.mark.spec("RFC 9728", "1.2")
def test_an_identifier_is_https_unless_it_is_local(start_resources):
    with pytest.raises(ConfigurationError, match="must be https unless it is local"):
        start_resources(("http://api.example", {}))
    start_resources(("http://localhost:6543/notes", {}), ("http://127.0.0.1/api", {}))
    start_resources(("http://api.example", {}), allow_http="true")


@pytest.mark.parametrize(
    "options",
    [
        {"resource_name": {"en us": "Notes"}},
        {"resource_documentation": "docs"},
        {"scopes_supported": ['a"b']},
        {"authorization_servers": "as.example"},
        {"bearer_methods_supported": "cookie"},
        {"metadata_url": 'https://x/"'},
        {"members": {"resource": "https://else.example"}},
        {"jwks_uri": "http://api.example/jwks"},
        {"resource_signing_alg_values_supported": "none"},
        {"scope_supported": "read"},
        {"members": {"x": Ellipsis}},
    ],
    ids=str,
)
@pytest.mark.spec("RFC 9728", "2")
def test_members_that_no_client_could_use_stop_the_start(start_resources, options):
    with pytest.raises(ConfigurationError):
        start_resources((NOTES, options))


def test_two_resources_with_one_path_stop_the_start(start_resources):
    with pytest.raises(ConfigurationError, match="have the same path"):
        start_resources((NOTES, {}), ("https://other.example/notes", {}))


def test_a_view_of_an_undeclared_resource_stops_the_start(start_resources):
    def configure(config):
        config.add_view(whoami, oauth_scopes="read", oauth_resource=f"{NOTES}s")

    with pytest.raises(ConfigurationError, match="is not declared; did you mean"):
        start_resources((NOTES, {}), configure=configure)
