"""No header value makes a server error (property-based)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import at_most
from tests.support.wsgi import status_of

NAMES = (
    "HTTP_AUTHORIZATION",
    "HTTP_COOKIE",
    "HTTP_ORIGIN",
    "HTTP_REFERER",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_HOST",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_DPOP",
    "CONTENT_TYPE",
    "REMOTE_ADDR",
)
VALUES = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=30),
    st.sampled_from(
        [
            "fe80::1%eth0",
            "fe80::1%25eth0",
            "::ffff:1.2.3.4%1",
            "[::1%eth0]:80",
            "https://[fe80::1%eth0]/",
            "https://[",
            "https://a:99999999999",
            "9" * 5000,
            "1e999",
            "NaN",
            "\xed\xa0\x80",
            "\x00",
            'a="\\377"',
            "Basic " + "/" * 40,
            "Basic 7aCAOg==",  # a lone surrogate, as UTF-8 would write it
            "Basic AAA6AAA=",
            "Bearer \xff",
            "en;q=1e999",
            "*/*;q=9999999999",
            'W/"' + "9" * 400,
        ]
    ),
)
HEADERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)
PATHS = (
    "authorize",
    "token",
    "revoke",
    "introspect",
    "userinfo",
    "jwks",
    "register",
    "register/x",
    "end_session",
    ".well-known/openid-configuration",
)
slowly = settings(
    max_examples=at_most(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def openid_host(new_registry: Any) -> Any:
    return new_registry(openid="true").host


@pytest.mark.slow
@slowly
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS"]),
    headers=HEADERS,
)
def test_no_header_makes_a_server_error(
    openid_host: Any, path: str, method: str, headers: dict[str, str]
) -> None:
    body = b"token=x&grant_type=client_credentials" if method == "POST" else b""
    status = status_of(
        openid_host.wsgi, f"/oauth/{path}", method=method, body=body, **headers
    )
    assert status < 500


@pytest.mark.parametrize("address", ["fe80::1%eth0", "fe80::1%", "%", "\xff", ""])
def test_a_malformed_remote_address_does_not_prevent_registration(
    openid_host: Any, address: str
) -> None:
    status = status_of(
        openid_host.wsgi,
        "/oauth/register",
        method="POST",
        body=b'{"redirect_uris": ["https://client.example/cb"]}',
        CONTENT_TYPE="application/json",
        REMOTE_ADDR=address,
    )
    assert status == 201
