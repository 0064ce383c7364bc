"""Malformed headers and bodies make no server error on any page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.test_headers import HEADERS, slowly
from tests.support.wsgi import FORM, status_of

PATHS = ("/", "/login", "/sign-up", "/account", "/logout", "/launch", "/nothing")
PAGES = (*PATHS, "/static/nothing", "/oauth/authorize", "/oauth/end_session")
BODY = b"username=alice&password=wonderland&csrf_token=x"


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"HTTP_ORIGIN": "https://["}, 400),
        ({"HTTP_REFERER": "https://["}, 400),
        ({"CONTENT_TYPE": "multipart/form-data"}, 415),
        ({"CONTENT_TYPE": "multipart/form-data; boundary=\xff"}, 415),
        ({"CONTENT_TYPE": f"{FORM}; charset=utf-99"}, 415),
        ({"CONTENT_TYPE": "text/plain; charset=latin-1"}, 415),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_header_that_cannot_be_decoded_is_refused(site, environ, status, method):
    body = BODY if method == "POST" else b""
    answers = {
        path: status_of(site.app, path, method=method, body=body, **environ)
        for path in PAGES
    }
    assert answers == dict.fromkeys(PAGES, status)


@pytest.mark.parametrize(
    "environ",
    [
        {"QUERY_STRING": "next=%ff"},
        {"QUERY_STRING": "client_id=a%00b"},
        {"HTTP_HOST": "["},
        {"HTTP_COOKIE": "session=" + "A" * 5000},
        {"HTTP_COOKIE": 'a="\\377"'},
        {"HTTP_COOKIE": 'session="\\377"'},
        {"HTTP_COOKIE": "session=\xff"},
        {"HTTP_ACCEPT_LANGUAGE": ";;q=,\xff"},
        {"CONTENT_TYPE": "\xff"},
    ],
)
@pytest.mark.parametrize("body", [b"", BODY, b"csrf_token=%ff&username=%ff"])
def test_no_request_makes_a_server_error(site, environ, body):
    method = "POST" if body else "GET"
    for path in PAGES:
        status = status_of(site.app, path, method=method, body=body, **environ)
        assert status < 500, path


@pytest.mark.slow
@slowly
@given(
    path=st.sampled_from(PAGES),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    headers=HEADERS,
)
def test_no_header_makes_a_server_error(site, path, method, headers):
    body = BODY if method == "POST" else b""
    assert status_of(site.app, path, method=method, body=body, **headers) < 500
