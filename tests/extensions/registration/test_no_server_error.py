"""Whatever is sent to the registration endpoints: an OAuth error at the most."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from pyramid_oauth.server import SERVER
from tests.support.host import CALLBACK, Host
from tests.support.registry import (
    OPENID,
    PATH,
    Registry,
    build_update_request,
    ignore_open_registration,
)

TEXT = some.text(
    some.characters(exclude_categories=[]), max_size=6
) | some.sampled_from(
    [
        *("code", "id_token", "none", "RS256", "HS256", "dir", "A128GCM", "implicit"),
        *("https://[", "https://a.example:99999/", "http://localhost", "//", "a:b"),
        *("https://xn--/", "https://1.1/", "https://client.example/\u0000", CALLBACK),
        *("private_key_jwt", "client_secret_jwt", "web", "native", "pairwise"),
    ]
)
JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.just(10**400)
    | TEXT,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["keys", "kty", "n", "e", "x", "d"]) | TEXT,
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def names():
    """Every member that the server understands, and some that it does not."""
    schema = (
        registry_at("sqlite://").host.wsgi.registry[SERVER].application_rules.schema
    )
    odd = ("client_name#fr", "logo_uri#", "tos_uri#\u0000", "client_id")
    return some.sampled_from([*schema.fields, *odd, "client_secret", "unknown", ""])


NAMES = some.deferred(names)
DOCUMENTS = some.dictionaries(NAMES, JSON, max_size=6).map(
    lambda members: {"redirect_uris": [CALLBACK], **members}
)
BODIES = some.one_of(
    DOCUMENTS.map(lambda value: json.dumps(value).encode()),
    JSON.map(lambda value: json.dumps(value).encode()),
    some.binary(max_size=50),
    some.just(b'{"jwks": ' + b'{"keys": [' * 5000),
    some.just(b'{"contacts": [' + b'"x",' * 16_000 + b'"x"]}'),
)


def registry_at(url):
    with ignore_open_registration():
        return Registry(
            Host(url, registration="open", registration_limit="0", **OPENID)
        )


@pytest.fixture(scope="module")
def fuzzed_registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registration")
    made = registry_at(f"sqlite:///{folder}/fuzz.sqlite")
    yield made
    made.host.engine.dispose()


@pytest.fixture
def on_postgresql(postgresql_url):
    made = registry_at(postgresql_url)
    yield made
    made.host.engine.dispose()


def check(registry, body):
    browser = registry.host.browser()
    headers = {"Content-Type": "application/json"}
    answer = browser.post(PATH, body, headers, expect_errors=True)
    assert answer.status_int < 500
    if answer.status_int == 201:
        made = answer.json
        read = registry.manage("GET", made, status=200).json
        assert read["client_id"] == made["client_id"]
        # What the server gave back is what it takes.
        registry.manage("PUT", made, build_update_request(made), status=200)


@settings(max_examples=400)
@given(body=BODIES)
def test_no_document_makes_a_server_error(fuzzed_registry, body):
    check(fuzzed_registry, body)


@settings(max_examples=200)
@given(document=DOCUMENTS)
def test_no_update_makes_a_server_error(fuzzed_registry, document):
    made = fuzzed_registry.create_client()
    sent = build_update_request(made, **document)
    sent["client_id"] = made["client_id"]
    answer = fuzzed_registry.manage("PUT", made, sent)
    assert answer.status_int in (200, 400)
    if answer.status_int == 400:
        # A refusal leaves the client and its token as they were.
        kept = fuzzed_registry.manage("GET", made, status=200).json
        assert kept == {k: v for k, v in made.items() if k != "client_secret"}


@pytest.mark.postgresql
@settings(
    max_examples=150,
)
@given(document=DOCUMENTS)
def test_postgresql_stores_every_document_that_is_accepted(on_postgresql, document):
    check(on_postgresql, json.dumps(document).encode())


@settings(max_examples=150)
@given(
    body=some.binary(max_size=50) | DOCUMENTS.map(lambda x: json.dumps(x).encode()),
    method=some.sampled_from(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]),
    path=some.sampled_from(["", "/x", "/%00", "/x/y", "/%2F", "/../token"]),
    authorization=some.sampled_from(["Bearer x", "Bearer", "Basic x", "Bearer \xff"]),
)
def test_no_request_makes_a_server_error(
    fuzzed_registry, body, method, path, authorization
):
    answer = fuzzed_registry.host.browser().request(
        PATH + path,
        method=method,
        body=b"" if method in ("GET", "HEAD", "OPTIONS") else body,
        headers={"Content-Type": "application/json", "Authorization": authorization},
        expect_errors=True,
    )
    assert answer.status_int < 500
