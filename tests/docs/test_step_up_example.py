"""The API of docs/how_to/step_up.rst, executed."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.support.documented import example


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        ("/limit", "t1", 401),
        ("/limit", "t2", 200),
        ("/limit", "t3", 200),
        ("/payment", "t2", 200),
        ("/payment", "t3", 401),
    ],
)
def test_the_api_asks_for_the_login_that_the_page_names(path, token, status):
    app = TestApp(example("step_up").main({}))
    headers = {"Authorization": f"Bearer {token}"}
    answer = app.get(path, headers=headers, status=status)
    if status == 401:
        challenge = answer.headers["WWW-Authenticate"]
        assert 'acr_values="https://refeds.org/profile/mfa phr"' in challenge
        assert ('max_age="300"' in challenge) is (path == "/payment")
