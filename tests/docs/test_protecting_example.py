"""The protected API of the documentation, executed."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.support.documented import example


@pytest.fixture(scope="module")
def protected_app():
    return TestApp(example("protecting").main({}))


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("GET", "/notes", None, 401),
        ("GET", "/notes", "t1", 200),
        ("POST", "/notes", "t1", 403),
        ("POST", "/notes", "t2", 200),
        ("GET", "/count", "t3", 200),
        ("GET", "/count", "t2", 200),
        ("GET", "/settings", "t2", 403),
        ("GET", "/settings", "unknown", 401),
    ],
)
def test_the_documented_api_answers_as_documented(
    protected_app, method, path, token, status
):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    protected_app.request(path, method=method, headers=headers, status=status)


def test_a_request_without_a_token_is_decided_by_the_policy_of_the_host(protected_app):
    protected_app.get("/settings", status=403)
    protected_app.set_cookie("user", "alice")
    protected_app.get("/settings", status=200)
    protected_app.reset()
