"""Tokens in header, body and query (RFC 6750 section 2); no server error."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyramid.response import Response
from webob import Request

from pyramid_oauth.errors import InsecureSettingWarning
from tests.resource.memory_host import ResourceHost
from tests.support.examples import at_most

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def all_places_app(memory_host):
    with pytest.warns(InsecureSettingWarning):
        return memory_host.app(
            access_token_in_body="true", access_token_in_query="true"
        )


@pytest.mark.spec("RFC 6750", "2")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.4")
def test_body_and_query_are_not_read_by_default(memory_host):
    app = memory_host.app()
    assert "error" not in app.get("/me?access_token=read", status=401).json
    assert "error" not in app.post("/me", {"access_token": "read"}, status=401).json
    assert memory_host.verifier.calls == 0


@pytest.mark.parametrize("name", ["access_token_in_body", "access_token_in_query"])
def test_accepting_tokens_in_body_or_query_warns_at_start_up(memory_host, name):
    with pytest.warns(InsecureSettingWarning, match=name):
        memory_host.app(**{name: "true"})


@pytest.mark.spec("RFC 6750", "2.2")
def test_a_form_token_is_read_with_the_setting(all_places_app):
    all_places_app.post("/me", {"access_token": "read", "other": "1"}, status=200)
    all_places_app.post("/me", b'{"access_token": "read"}', status=401)


def test_the_view_can_read_the_form_with_the_token(memory_host):
    def configure(config):
        config.add_route("echo", "/echo")
        config.add_view(
            lambda request: Response(request.POST["name"]),
            route_name="echo",
            oauth_scopes="read",
        )

    with pytest.warns(InsecureSettingWarning):
        app = memory_host.app(configure, access_token_in_body="true")
    form = {"access_token": "read", "name": "Alice"}
    assert app.post("/echo", form, status=200).text == "Alice"


@pytest.mark.spec("RFC 6750", "2.2")
def test_a_form_token_is_ignored_with_get_and_other_media_types(all_places_app):
    all_places_app.request(
        "/me", method="GET", body=b"access_token=read", headers=FORM, status=401
    )
    all_places_app.post(
        "/me", b"access_token=read", {"Content-Type": "text/plain"}, status=401
    )


@pytest.mark.spec("RFC 6750", "2.2")
def test_a_form_with_a_token_must_be_ascii(all_places_app):
    answer = all_places_app.post(
        "/me", b"access_token=read&name=\xff", FORM, status=400
    )
    assert answer.json["error"] == "invalid_request"
    assert (
        "error" not in all_places_app.post("/me", b"name=\xff", FORM, status=401).json
    )


@pytest.mark.spec("RFC 6750", "2.3")
def test_responses_to_a_query_token_are_private(all_places_app):
    answer = all_places_app.get("/me?access_token=read", status=200)
    assert "private" in answer.headers["Cache-Control"]
    assert (
        "Cache-Control"
        not in all_places_app.get(
            "/me", headers={"Authorization": "Bearer read"}, status=200
        ).headers
    )


@pytest.mark.spec("RFC 6750", "2")
@pytest.mark.parametrize(
    ("path", "body", "header"),
    [
        ("/me?access_token=read", b"access_token=read", None),
        ("/me?access_token=read", b"", "Bearer read"),
        ("/me", b"access_token=read", "Bearer read"),
        ("/me?access_token=read&access_token=read", b"", None),
        ("/me?access_token=read&access%5Ftoken=read", b"", None),
        ("/me", b"access_token=read&access_token=read", None),
        ("/me?access_token=", b"", None),
        ("/me?access_token=%zz", b"", None),
    ],
    ids=[
        "query-and-body",
        "query-and-header",
        "body-and-header",
        "query-twice",
        "query-twice-escaped",
        "body-twice",
        "empty",
        "malformed-escape",
    ],
)
def test_more_than_one_token_or_a_malformed_one_is_refused(
    all_places_app, path, body, header
):
    headers = {**FORM, **({"Authorization": header} if header else {})}
    answer = all_places_app.post(path, body, headers, status=400)
    assert answer.json["error"] == "invalid_request"


LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
HEADERS = st.one_of(
    LATIN,
    LATIN.map(lambda text: f"Bearer {text}"),
    LATIN.map(lambda text: f"bearer{text}"),
    st.sampled_from(["read", "both", "=", "a" * 9000]).map(lambda t: f"Bearer {t}"),
)


@pytest.fixture(scope="module")
def fuzzed_app():
    with pytest.warns(InsecureSettingWarning):
        return ResourceHost().app(
            access_token_in_body="true", access_token_in_query="true"
        )


@settings(max_examples=at_most(200))
@given(header=HEADERS, query=LATIN, body=st.binary(max_size=60), token=st.booleans())
def test_no_body_gives_a_server_error(fuzzed_app, header, query, body, token):
    prefix = "access_token=" if token else ""
    environ = {"HTTP_AUTHORIZATION": header, "QUERY_STRING": prefix + query}
    for path in ("/me", "/notes"):
        answer = fuzzed_app.post(
            path,
            prefix.encode() + body,
            FORM,
            extra_environ=environ,
            expect_errors=True,
        )
        assert answer.status_int in (200, 400, 401, 403)
        assert ("WWW-Authenticate" in answer.headers) == (answer.status_int != 200)


@pytest.mark.parametrize("length", ["-1", "abc", "", "99999999999"])
def test_a_wrong_content_length_gives_no_server_error(fuzzed_app, length):
    answer = fuzzed_app.post(
        "/me", b"", FORM, extra_environ={"CONTENT_LENGTH": length}, expect_errors=True
    )
    assert answer.status_int == 401


@pytest.mark.spec("RFC 6750", "3.1")
def test_a_body_that_ends_early_is_an_invalid_request(fuzzed_app):
    request = Request.blank("/me", method="POST", headers=FORM)
    request.body_file_raw = BytesIO(b"access_token=read")
    request.is_body_seekable = False  # as a server hands over a socket
    request.content_length = 500
    answer = request.get_response(fuzzed_app.app)
    assert answer.status_int == 400
    assert answer.json["error"] == "invalid_request"


def test_a_form_over_the_body_limit_is_not_searched_for_a_token(fuzzed_app):
    body = b"access_token=read&padding=" + b"a" * 70_000
    assert "error" not in fuzzed_app.post("/me", body, FORM, status=401).json
