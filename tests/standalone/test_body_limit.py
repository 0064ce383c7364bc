"""The limit of request bodies, enforced on every path before parsing."""

from __future__ import annotations

from configparser import ConfigParser
from io import BytesIO
from time import process_time

import pytest
from waitress.adjustments import Adjustments

from tests.standalone.conftest import ROOT
from tests.standalone.test_no_server_error import PAGES
from tests.support.wsgi import status_of

HUGE = b"a=&" * 700_000
UNSIZED = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
CHUNKED = {**UNSIZED, "HTTP_TRANSFER_ENCODING": "chunked"}
HTTP_2 = {**UNSIZED, "SERVER_PROTOCOL": "HTTP/2"}


@pytest.mark.spec("RFC 9110", "15.5.14")
@pytest.mark.parametrize(
    "environ", [{}, CHUNKED, HTTP_2], ids=["content-length", "chunked", "http-2"]
)
@pytest.mark.parametrize("path", [*PAGES, "/oauth/token", "/oauth/register"])
def test_a_large_body_is_refused_at_once(site, path, environ):
    began = process_time()
    status = status_of(site.app, path, method="POST", body=HUGE, **environ)
    assert process_time() - began < 0.3
    assert status == 413


def test_a_chunked_body_is_read_up_to_the_limit_only(site):
    stream = BytesIO(HUGE)
    environ = {**CHUNKED, "wsgi.input": stream}
    assert status_of(site.app, "/login", method="POST", body=b"x", **environ) == 413
    assert stream.tell() <= 64 * 1024 + 1


@pytest.mark.spec("RFC 9112", "6.3")
def test_a_request_that_announces_no_body_is_not_read(site):
    stream = BytesIO(HUGE)
    environ = {**UNSIZED, "wsgi.input": stream}
    assert status_of(site.app, "/login", **environ) == 200
    assert stream.tell() == 0


def test_a_chunked_body_within_the_limit_is_read(site):
    body = b"grant_type=authorization_code&client_id=unknown"
    assert status_of(site.app, "/oauth/token", method="POST", body=body, **CHUNKED) in (
        400,
        401,
    )


def test_a_browser_gets_a_page_and_others_get_json(site):
    body = {"a": "x" * 70_000}
    page = site.post("/login", body, {"Accept": "text/html"}, status=413)
    assert page.html.h1.text == "This form is too large"
    assert site.post("/oauth/token", body, status=413).json["error"] == (
        "invalid_request"
    )


@pytest.mark.parametrize("length", ["-1", "x", "1" * 5000, "\xb2"])
def test_a_content_length_that_is_no_number_is_refused(site, length):
    for path in PAGES:
        status = status_of(site.app, path, method="POST", CONTENT_LENGTH=length)
        assert status == 400, path


@pytest.mark.parametrize("name", ["development", "production", "conformance"])
def test_the_server_limits_of_every_ini_are_close_to_the_body_limit(name):
    ini = ConfigParser(defaults={"here": "."}, interpolation=None)
    ini.read(ROOT / f"{name}.ini")
    limits = Adjustments(
        max_request_body_size=ini["server:main"]["max_request_body_size"],
        max_request_header_size=ini["server:main"]["max_request_header_size"],
    )
    assert 64 * 1024 < limits.max_request_body_size <= 256 * 1024
    assert 64 * 1024 < limits.max_request_header_size <= 256 * 1024
