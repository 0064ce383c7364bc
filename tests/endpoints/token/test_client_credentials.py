"""The client credentials grant (RFC 6749 section 4.4)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    call_api,
    request_client_token,
)


@pytest.mark.spec("RFC 6749", "4.4.3")
def test_the_client_credentials_grant_issues_no_refresh_token(host, client):
    answer = request_client_token(host, client)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "refresh_token" not in answer.json
    assert call_api(host, answer.json["access_token"]) == 200
