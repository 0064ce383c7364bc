"""Which metadata documents are accepted (CIMD draft sections 3 to 4.5)."""

from __future__ import annotations

import pytest

from tests.support.host import build_code_exchange, parse_redirect

DRAFT = "OAuth Client ID Metadata Document"
CALLBACK = "https://client.example/cb"


def refusal(host, published, **changes):
    """The text of the error page; the browser goes nowhere."""
    answer = published.authorize(host, **changes)
    assert answer.status_int == 400
    assert host.count("Application") == 0
    return answer.text


def is_accepted(host, published, **changes):
    answer = published.authorize(host, **changes)
    return answer.status_int == 303 and "/authorize/" in answer.location


@pytest.mark.spec(DRAFT, "4.1")
@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"client_id": "https://other.example/client.json"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"client_secret": "s"}, "client_secret"),
        ({"client_secret_expires_at": 0}, "client_secret_expires_at"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "shared secret"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "shared secret"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "shared secret"),
        ({"token_endpoint_auth_method": "self_made"}, "not supported"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "requires jwks"),
        ({"token_endpoint_auth_signing_alg": "HS256"}, "not supported"),
        ({"redirect_uris": []}, "at least one"),
        ({"redirect_uris": None}, "at least one"),
        ({"redirect_uris": ["http://client.example/cb"]}, "plain http"),
        ({"redirect_uris": CALLBACK}, "array"),
        ({"client_name": "\u202eevil"}, "control character"),
        (
            {"grant_types": ["client_credentials"], "response_types": []},
            "not for clients that register themselves",
        ),
    ],
)
def test_what_a_document_must_not_say(document_host, published, members, problem):
    published.change(**members)
    assert problem in refusal(document_host, published)


@pytest.mark.spec(DRAFT, "4.1")
@pytest.mark.parametrize(
    "members",
    [
        {"token_endpoint_auth_method": None},
        {"application_type": "native", "redirect_uris": [CALLBACK, "com.example:/cb"]},
        {"grant_types": None, "response_types": None},
        {"unknown": {"deep": [1]}, "software_statement": "e30.e30.x"},
    ],
)
def test_what_a_document_may_say(document_host, published, members):
    published.change(**members)
    assert is_accepted(document_host, published)


@pytest.mark.spec(DRAFT, "4")
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        ("201 Created", {}, None),
        ("404 Not Found", {}, None),
        ("500 Internal Server Error", {}, None),
        ("302 Found", {"Location": "https://localhost/"}, None),
        ("200 OK", {"Content-Type": "text/html"}, None),
        ("200 OK", {"Content-Type": "application/jsonp"}, None),
        ("200 OK", {}, b"[]"),
        ("200 OK", {}, b'{"client_id": '),
        ("200 OK", {}, b"\xff\xfe"),
        ("200 OK", {}, b'{"client_id": 1, "client_id": 2}'),
    ],
)
def test_a_response_that_is_no_document(
    document_host, published, status, headers, body
):
    published.status, published.headers, published.body = status, headers, body
    refusal(document_host, published)
    # No redirect is followed, and nothing is retried.
    assert published.fetches == 1


@pytest.mark.spec(DRAFT, "4.1")
@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "application/oauth-client-id-document+json"],
)
def test_more_specific_types_of_json_are_accepted(
    document_host, published, content_type
):
    published.headers = {"Content-Type": content_type}
    assert is_accepted(document_host, published)


@pytest.mark.spec(DRAFT, "6.6")
def test_a_document_over_5_kilobytes_is_refused(document_host, published):
    published.change(filler="x" * 5 * 1024)
    refusal(document_host, published)


@pytest.mark.spec(DRAFT, "3")
@pytest.mark.parametrize(
    "path",
    ["", "/a/./b", "/a/../b", "/a/%2e%2E/b", "/..", "/b#x", "/" + "x" * 255],
)
def test_a_url_that_no_client_may_have_is_not_requested(document_host, published, path):
    published.client_id = f"https://localhost:{published.site.server.port}{path}"
    published.change(client_id=published.client_id)
    refusal(document_host, published)
    assert published.fetches == 0


@pytest.mark.spec(DRAFT, "3")
def test_a_url_with_user_information_is_not_requested(document_host, published):
    port = published.site.server.port
    published.client_id = f"https://user@localhost:{port}/client.json"
    refusal(document_host, published)
    assert published.fetches == 0


@pytest.mark.spec(DRAFT, "6.5")
def test_a_document_at_a_private_address_is_not_requested(new_document_host, published):
    host = new_document_host(outbound_allow_private="false")
    refusal(host, published)
    assert published.fetches == 0


@pytest.mark.spec(DRAFT, "4.5")
def test_the_redirect_uri_must_be_one_of_the_document(document_host, published):
    answer = published.authorize(
        document_host, redirect_uri="https://client.example/cb/more"
    )
    assert answer.status_int == 400


def test_plain_http_is_not_requested(new_document_host, published):
    published.client_id = published.client_id.replace("https:", "http:")
    refusal(new_document_host(), published)
    assert published.fetches == 0


def test_no_client_may_choose_a_url_at_which_it_is_not(document_host, published):
    """A document with another client_id would let anybody host a copy of it."""
    published.obtain_tokens(document_host)
    copy = f"https://localhost:{published.site.server.port}/copy.json"
    published.client_id = copy
    answer = published.authorize(document_host)
    assert answer.status_int == 400
    assert document_host.count("Application") == 1


@pytest.mark.spec("RFC 9126", "2.1")
def test_a_pushed_request_fetches_the_document(document_host, published):
    browser = document_host.browser()
    form = {
        "response_type": "code",
        "client_id": published.client_id,
        "redirect_uri": CALLBACK,
        "scope": "read",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    assert browser.post("/oauth/par", form, status=201).json["request_uri"]
    assert published.fetches == 1
    published.change(client_id="https://other.example/")
    form["client_id"] = published.client_id + "2"
    error = browser.post("/oauth/par", form, status=401).json
    assert error["error"] == "invalid_client"
    assert "client_id: is not the URL of the document" in error["error_description"]


def test_the_token_endpoint_tells_what_is_wrong(document_host, published):
    published.change(client_secret="s")
    form = build_code_exchange("x", {"client_id": published.client_id})
    error = document_host.browser().post("/oauth/token", form, status=401).json
    assert error["error"] == "invalid_client"
    assert "client_secret: must not be used" in error["error_description"]


def test_why_a_fetch_failed_is_in_the_log_only(document_host, published, caplog):
    caplog.set_level("INFO")
    published.status = "403 Forbidden"
    text = refusal(document_host, published)
    assert "403" not in text
    assert "could not be fetched" in text
    assert "status 403" in caplog.text


def test_a_registered_client_with_a_url_is_not_fetched(document_host, published):
    document_host.register_client(client_id=published.client_id)
    assert is_accepted(document_host, published)
    assert published.fetches == 0


@pytest.mark.spec("RFC 9207", "2")
def test_errors_go_to_the_redirect_uri_of_the_document(document_host, published):
    answer = published.authorize(document_host, prompt="none")
    assert answer.location.startswith(CALLBACK)
    parameters = parse_redirect(answer)
    assert parameters["error"] == "consent_required"
    assert parameters["iss"] == "https://as.example/oauth"
