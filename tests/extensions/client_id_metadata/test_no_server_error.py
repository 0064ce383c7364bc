"""No metadata document and no client_id leads to a server error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.provisional import urls

from tests.support.examples import at_most
from tests.support.host import build_authorization_request
from tests.support.jwt_mutations import JSON_CHANGES

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["none", "code", "web", "https://client.example/cb", "ES256"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = (
    "redirect_uris",
    "client_name",
    "client_name#fr",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "scope",
    "jwks",
    "jwks_uri",
    "logo_uri",
    "contacts",
    "application_type",
    "native_redirect_uris",
    "allowed_origins",
    "require_pushed_authorization_requests",
)


def send(host, client_id):
    browser = host.browser()
    browser.get("/login?name=alice")
    request = build_authorization_request(client_id=client_id)
    status: int = browser.get("/oauth/authorize", request, status="*").status_int
    form = {"grant_type": "authorization_code", "client_id": client_id, "code": "x"}
    return status, browser.post("/oauth/token", form, status="*").status_int


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_no_document_leads_to_a_server_error(new_document_host, published):
    host = new_document_host(client_id_metadata_limit="1000000")
    first = published.client_id
    counter = iter(range(1_000_000))

    @given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4))
    @settings(max_examples=at_most(60))
    def check(members):
        published.client_id = f"{first}?{next(counter)}"
        published.change(client_id=published.client_id)
        published.body = json.dumps({**published.document, **members}).encode()
        assert max(send(host, published.client_id)) < 500

    check()


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_no_text_of_a_document_leads_to_a_server_error(new_document_host, published):
    """Repeated members, other encodings, deep and large JSON, and what is no JSON."""
    host = new_document_host(client_id_metadata_limit="1000000")
    first, counter = published.client_id, iter(range(1_000_000))

    # A metadata document has no `alg` and `iss` to repeat.
    names = sorted(JSON_CHANGES.keys() - {"repeated by an escape"})

    @given(st.sampled_from(names) | st.binary(min_size=1))
    @settings(max_examples=at_most(60), deadline=None)
    def check(change):
        published.client_id = f"{first}?{next(counter)}"
        published.change(client_id=published.client_id)
        whole = json.dumps(published.document)
        if isinstance(change, bytes):
            published.body = change
        else:
            published.body = JSON_CHANGES[change](whole).encode() or b" "
        statuses = send(host, published.client_id)
        assert min(statuses) >= 400
        assert max(statuses) < 500

    check()


def test_no_client_id_leads_to_a_server_error(document_host):
    @given(
        st.text(max_size=40).map("https://{}".format)
        | urls().filter(lambda url: url.startswith("https"))
    )
    @settings(max_examples=at_most(60))
    def check(client_id):
        # Names are not resolved: the first label has a character that no name has.
        assert max(send(document_host, client_id.replace("//", "//_", 1))) < 500

    check()
