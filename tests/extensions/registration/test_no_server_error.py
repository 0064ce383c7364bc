"""No request to the registration endpoints makes a server error (property-based)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramid_oauth.server import SERVER
from tests.support.examples import at_most
from tests.support.host import CALLBACK, Host
from tests.support.registry import (
    OPENID,
    PATH,
    Registry,
    build_update_request,
    ignore_open_registration,
)

TEXT = st.text(st.characters(exclude_categories=[]), max_size=6) | st.sampled_from(
    [
        *("code", "id_token", "none", "RS256", "HS256", "dir", "A128GCM", "implicit"),
        *("https://[", "https://a.example:99999/", "http://localhost", "//", "a:b"),
        *("https://xn--/", "https://1.1/", "https://client.example/\u0000", CALLBACK),
        *("private_key_jwt", "client_secret_jwt", "web", "native", "pairwise"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(10**400) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["keys", "kty", "n", "e", "x", "d"]) | TEXT,
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def names():
    """Every member that the server knows, and some unknown ones."""
    schema = (
        registry_at("sqlite://").host.wsgi.registry[SERVER].application_rules.schema
    )
    unknown = ("client_name#fr", "logo_uri#", "tos_uri#\u0000", "client_id")
    return st.sampled_from([*schema.fields, *unknown, "client_secret", "unknown", ""])


NAMES = st.deferred(names)
DOCUMENTS = st.dictionaries(NAMES, JSON, max_size=6).map(
    lambda members: {"redirect_uris": [CALLBACK], **members}
)
BODIES = st.one_of(
    DOCUMENTS.map(lambda value: json.dumps(value).encode()),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=50),
    st.just(b'{"jwks": ' + b'{"keys": [' * 5000),
    st.just(b'{"contacts": [' + b'"x",' * 16_000 + b'"x"]}'),
)


def registry_at(url):
    with ignore_open_registration():
        return Registry(
            Host(url, registration="open", registration_limit="0", **OPENID)
        )


@pytest.fixture(scope="module")
def fuzzed_registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registration")
    registry = registry_at(f"sqlite:///{folder}/fuzz.sqlite")
    yield registry
    registry.host.engine.dispose()


@pytest.fixture
def postgresql_registry(postgresql_url):
    registry = registry_at(postgresql_url)
    yield registry
    registry.host.engine.dispose()


def register_and_update(registry, body):
    browser = registry.host.browser()
    headers = {"Content-Type": "application/json"}
    answer = browser.post(PATH, body, headers, expect_errors=True)
    assert answer.status_int < 500
    if answer.status_int == 201:
        registration = answer.json
        current = registry.manage("GET", registration, status=200).json
        assert current["client_id"] == registration["client_id"]
        # The server accepts its own response as an update.
        registry.manage(
            "PUT", registration, build_update_request(registration), status=200
        )


@settings(max_examples=at_most(400))
@given(body=BODIES)
def test_no_document_makes_a_server_error(fuzzed_registry, body):
    register_and_update(fuzzed_registry, body)


@settings(max_examples=at_most(200))
@given(document=DOCUMENTS)
def test_no_update_makes_a_server_error(fuzzed_registry, document):
    registration = fuzzed_registry.create_client()
    body = build_update_request(registration, **document)
    body["client_id"] = registration["client_id"]
    answer = fuzzed_registry.manage("PUT", registration, body)
    assert answer.status_int in (200, 400)
    if answer.status_int == 400:
        # A refusal leaves the client and its token as they were.
        current = fuzzed_registry.manage("GET", registration, status=200).json
        assert current == {
            k: v for k, v in registration.items() if k != "client_secret"
        }


@pytest.mark.postgresql
@settings(
    max_examples=at_most(150),
)
@given(document=DOCUMENTS)
def test_postgresql_stores_every_document_that_is_accepted(
    postgresql_registry, document
):
    register_and_update(postgresql_registry, json.dumps(document).encode())


@settings(max_examples=at_most(150))
@given(
    body=st.binary(max_size=50) | DOCUMENTS.map(lambda x: json.dumps(x).encode()),
    method=st.sampled_from(["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]),
    path=st.sampled_from(["", "/x", "/%00", "/x/y", "/%2F", "/../token"]),
    authorization=st.sampled_from(["Bearer x", "Bearer", "Basic x", "Bearer \xff"]),
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
