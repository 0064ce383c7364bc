"""Clients that a source of the host refuses (RFC 6749 section 2.2)."""

from __future__ import annotations

import logging

from pyramid_oauth.clients.sources import SourceRefusal
from tests.support.host import build_authorization_request, request_client_token


class SuspendedClients:
    """A source that refuses a client and keeps the reason to itself."""

    def prepare(self, request, session, client_id, *, is_authorization):
        return SourceRefusal("the contract has ended") if client_id == "web" else None


def test_a_client_that_a_source_refuses_silently_is_unknown(new_host, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    host = new_host(lambda c: c.add_oauth_client_source("own", SuspendedClients()))
    client, other = host.register_client(), host.register_client(client_id="other")
    parameters = build_authorization_request()
    page = host.browser().get("/oauth/authorize", parameters, status=400)
    assert request_client_token(host, client).json["error"] == "invalid_client"
    assert caplog.text.count("the contract has ended") == 2
    assert "contract" not in page.text
    assert request_client_token(host, other).status_int == 200
