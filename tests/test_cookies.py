"""The Cookie header, which WebOb would read in quadratic time, or not at all."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webob.cookies import RequestCookies

from pyramid_oauth.cookies import HEADER, keep_readable
from tests.support.wsgi import status_of

SLOW = {
    "no equals sign": "a" * 40_000,
    "a name too few": "=" + "a" * 40_000,
    "after a quoted value": 'a="x"' + "b" * 40_000,
    "after a comma": "a=b," + "c" * 40_000,
    "after bytes beyond ASCII": "a=\xff" + "c" * 40_000,
    "before white space": "a" * 20_000 + " " * 20_000,
}


def parse_cookies(header: str) -> dict[str, str] | None:
    """What WebOb reads; None where it fails."""
    try:
        return dict(RequestCookies({HEADER: header}))
    except UnicodeDecodeError:
        return None


@given(st.text(alphabet='ab=;, "\\1[{\xc3\xa4\xff', max_size=40))
def test_the_cookies_that_webob_reads_are_left(header: str) -> None:
    left = parse_cookies(keep_readable(header))
    assert left is not None
    assert parse_cookies(header) in (None, left)


@pytest.mark.parametrize("header", SLOW.values(), ids=SLOW)
def test_a_cookie_beside_a_slow_part_is_read_at_once(header: str) -> None:
    began = process_time()
    left = parse_cookies(keep_readable(f"session=x; {header}; last=y"))
    assert process_time() - began < 0.3
    assert left is not None
    assert left["session"] == "x"


def test_a_long_cookie_is_left_as_it_is() -> None:
    header = f'session={"A" * 4000}; prefs="{"b" * 300}"; shop={{"a": [1, 2]}}'
    assert keep_readable(header) == header


PATHS = ("oauth/authorize", f"oauth/authorize/{'x' * 43}", "oauth/end_session", "me")


def reading_tween(handler: Any, registry: Any) -> Any:
    """A tween of a host that reads a cookie of every request."""

    def tween(request: Any) -> Any:
        request.cookies.get("theme")
        return handler(request)

    return tween


def with_a_tween(config: Any) -> None:
    config.add_tween("tests.test_cookies.reading_tween")


@pytest.mark.parametrize("configure", [None, with_a_tween])
@pytest.mark.parametrize(
    "path",
    ["oauth/authorize", "oauth/authorize/" + "x" * 43, "oauth/end_session", "me"],
)
def test_a_host_answers_a_slow_cookie_at_once(
    new_host: Any, configure: Any, path: str
) -> None:
    """The library's endpoints and the host's pages, without a further include."""
    host = new_host(configure, openid="true")
    began = process_time()
    environ = {"HTTP_COOKIE": SLOW["no equals sign"]}
    assert status_of(host.wsgi, f"/{path}", **environ) < 500
    assert process_time() - began < 0.3
