"""What decides about a transaction in the ready-made server."""

from __future__ import annotations

import pytest
from pyramid.request import Request

from pyramid_oauth.standalone.writing import Writes


@pytest.mark.parametrize(
    ("body", "writes"),
    [
        ("grant_type=client_credentials&client_id=a", False),
        ("grant_type=refresh_token&x_grant_type=client_credentials", True),
        ("grant_type=refresh_token&scope=grant_type%3Dclient_credentials", True),
        ("grant_type=client_credentials&grant_type=refresh_token", True),
        ("grant_type=authorization_code", True),
    ],
)
def test_only_the_single_row_grant_does_without(body, writes):
    request = Request.blank("/oauth/token", POST=body)
    assert Writes("/oauth")(request) is writes


def test_a_pending_request_that_is_taken_up_again_may_write():
    assert Writes("/oauth")(Request.blank("/oauth/authorize/" + "x" * 43)) is True
    assert Writes("/oauth")(Request.blank("/oauth/introspect", POST="a=b")) is False
