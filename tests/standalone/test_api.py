"""The demo API of the ready-made server, seen by a client."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webob.request import BaseRequest

from tests.standalone.conftest import log_in
from tests.support.examples import at_most

JSON = "application/json"
INVALID_BODIES = {
    "empty": b"",
    "no-json": b"{",
    "no-utf-8": b'{"text": "\xff"}',
    "list": b"[]",
    "null": b"null",
    "no-member": b"{}",
    "unknown-member": b'{"text": "a", "more": 1}',
    "repeated-member": b'{"text": "a", "text": "b"}',
    "number": b'{"text": 1}',
    "blank-text": b'{"text": " "}',
    "null-character": b'{"text": "a\\u0000"}',
    "lone-surrogate": b'{"text": "\\ud800"}',
    "too-long": json.dumps({"text": "a" * 1001}).encode(),
    "too-deep": b"[" * 10000,
}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def challenge_of(answer):
    """The challenge of the scheme that the request had."""
    return answer.headers.getall("WWW-Authenticate")[0]


def post(site, token, body, kind=JSON):
    headers = {**bearer(token), "Content-Type": kind}
    return site.post("/api/notes", body, headers=headers, status="*")


@pytest.mark.spec("RFC 6750", "3")
@pytest.mark.parametrize("path", ["/api/me", "/api/notes"])
def test_a_request_without_a_token_is_challenged(site, path):
    answer = site.get(path, status=401)
    challenges = answer.headers.getall("WWW-Authenticate")
    assert [value.partition(" ")[0] for value in challenges] == ["Bearer", "DPoP"]
    assert "error=" not in "".join(challenges)


@pytest.mark.spec("RFC 6750", "3.1")
def test_an_unknown_token_is_invalid(site):
    answer = site.get("/api/me", headers=bearer("nonsense"), status=401)
    assert 'error="invalid_token"' in challenge_of(answer)


def test_a_session_cookie_is_not_accepted_as_a_token(site):
    log_in(site)
    site.get("/api/me", status=401)


@pytest.mark.spec("RFC 6750", "3.1")
def test_the_scope_read_does_not_allow_writing(site, token):
    answer = post(site, token("read"), b'{"text": "a"}')
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in challenge_of(answer)


def test_the_api_returns_the_user_of_a_token(site, token):
    answer = site.get("/api/me", headers=bearer(token()))
    assert answer.json["username"] == "alice"
    assert answer.json["client_id"] == "playground"
    assert set(answer.json["scope"].split()) == {"read", "write"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_note_is_stored(site, token):
    access_token = token()
    added = post(site, access_token, '{"text": "Grüße"}'.encode())
    assert (added.status_code, added.json["text"]) == (201, "Grüße")
    notes = site.get("/api/notes", headers=bearer(access_token)).json["notes"]
    assert notes[0] == added.json


@pytest.mark.spec("RFC 8259", "4")
@pytest.mark.parametrize("body", INVALID_BODIES.values(), ids=INVALID_BODIES.keys())
def test_an_invalid_note_is_refused(site, token, body):
    answer = post(site, token(), body)
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_request"


def test_other_media_types_and_methods_are_refused(site, token):
    access_token = token()
    assert post(site, access_token, b"text=a", "text/plain").status_code == 415
    answer = site.delete("/api/notes", headers=bearer(access_token), status=405)
    assert answer.headers["Allow"] == "GET, POST, HEAD"


def test_a_body_that_is_too_large_is_refused(site, token, monkeypatch):
    # WebOb would leave it in a temporary file that nobody closes.
    monkeypatch.setattr(BaseRequest, "request_body_tempfile_limit", 2**20)
    assert post(site, token(), b" " * (16 * 1024 + 1)).status_code == 413


@settings(
    max_examples=at_most(50),
)
@given(data=st.data())
def test_no_body_is_a_server_error(site, token, data):
    if not hasattr(site, "bearer"):
        site.bearer = token()
    bodies = st.binary() | st.text().map(lambda text: json.dumps({"text": text}))
    body = data.draw(bodies)
    raw = body if isinstance(body, bytes) else body.encode()
    assert post(site, site.bearer, raw).status_code in (201, 400)
