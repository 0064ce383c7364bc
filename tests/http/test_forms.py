"""Malformed forms are refused with the reason."""

from __future__ import annotations

from io import BytesIO
from time import process_time
from typing import Any

import pytest

from tests.support.wsgi import status_of

FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}


def post_bytes(host: Any, body: bytes, **environ: Any) -> Any:
    """The response of the token endpoint to a body."""
    defaults = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), **FORM}
    environ_given = {
        key: value for key, value in (defaults | environ).items() if value is not None
    }
    browser = host.browser()
    request = browser.RequestClass.blank(
        "/oauth/token", environ_given | {"REQUEST_METHOD": "POST"}
    )
    return request.get_response(host.wsgi)


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b"grant_type=a&grant_type=b", "A parameter is repeated."),
        (b"grant_type=%zz", "A percent escape is malformed."),
        (b"grant_type=%ff", "A parameter is not UTF-8."),
        (b"grant_type=\xc3\xa4", "The body is not form-encoded."),
        (b"grant_type=a%00b", "A parameter has a control character."),
        (b"a%00=b", "A parameter has a control character."),
        (b"a=%1f", "A parameter has a control character."),
        (b"a=%1F", "A parameter has a control character."),
        (b"a=\x7f", "A parameter has a control character."),
        (b"&".join(b"a%d=b" % n for n in range(200)), "There are too many parameters."),
        (b"", "grant_type is missing."),
        (b"grant_type=", "grant_type is missing."),
    ],
    ids=[
        "repeated",
        "malformed-escape",
        "escaped-byte",
        "raw-byte",
        "null-in-value",
        "null-in-name",
        "escape-in-lower-case",
        "escape-in-upper-case",
        "raw-control",
        "many",
        "empty-body",
        "empty-value",
    ],
)
def test_a_malformed_form_is_refused(host: Any, body: bytes, description: str) -> None:
    answer = post_bytes(host, body)

    assert answer.status_int == 400
    assert answer.json["error"] == "invalid_request"
    assert answer.json["error_description"] == description


def test_a_body_that_ends_early_is_refused(host: Any) -> None:
    answer = post_bytes(host, b"grant_type=a", CONTENT_LENGTH="999")

    assert answer.status_int == 400
    assert answer.json["error_description"] == "The body could not be read."


def test_a_body_over_the_limit_is_refused(new_host: Any) -> None:
    host = new_host(body_limit="1024")
    body = b"grant_type=" + b"x" * 2000

    assert post_bytes(host, body).status_int == 413
    chunked = {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}
    assert post_bytes(host, body, **chunked).status_int == 413
    refused = post_bytes(host, b"grant_type=x", **chunked).json
    assert refused["error"] == "unsupported_grant_type"


def test_a_form_of_another_type_is_refused(host: Any) -> None:
    answer = post_bytes(host, b"{}", CONTENT_TYPE="application/json")
    assert answer.status_int == 415


def test_parameters_in_the_query_of_a_form_are_refused(host: Any) -> None:
    answer = post_bytes(host, b"grant_type=a", QUERY_STRING="grant_type=a")
    assert (
        answer.json["error_description"] == "Parameters are not allowed in the query."
    )


def test_a_query_that_is_too_long_is_refused(host: Any, browser: Any) -> None:
    answer = browser.get(f"/oauth/authorize?state={'x' * 70000}", expect_errors=True)
    assert answer.status_int == 413


def test_the_token_endpoint_accepts_post_only(host: Any) -> None:
    answer = host.browser().get("/oauth/token", expect_errors=True)

    assert answer.status_int == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("path", ["authorize", "end_session", "authorize/" + "x" * 43])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("chunked", [False, True], ids=["sized", "chunked"])
def test_the_error_page_does_not_parse_the_body_that_was_refused(
    new_host: Any, path: str, method: str, chunked: bool
) -> None:
    """Pyramid's locale negotiator reads `request.params`."""
    host = new_host(openid="true")
    body = b"a=&" * 400_000
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""} if chunked else {}
    began = process_time()
    status = status_of(
        host.wsgi,
        f"/oauth/{path}",
        method=method,
        body=body,
        **{"CONTENT_TYPE": FORM["CONTENT_TYPE"], **environ},
    )
    assert process_time() - began < 0.3
    assert status == 413 if method == "POST" else status < 500


@pytest.mark.parametrize(
    "length",
    ["-1", "abc", "1.0", "+1", " ", "9" * 19, "9" * 5000],
    ids=["negative", "word", "float", "sign", "space", "long", "huge"],
)
def test_a_length_that_is_no_number_is_a_bad_request(host: Any, length: str) -> None:
    """Most WSGI servers refuse it themselves; not every one does."""
    answer = post_bytes(host, b"grant_type=a", CONTENT_LENGTH=length)
    assert answer.status_int == 400
    assert answer.json["error_description"] == "Content-Length is not a number."
