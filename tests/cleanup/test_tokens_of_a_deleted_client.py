"""Tokens that a client got for itself end with it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pyramid_oauth.cleanup import delete_applications
from tests.support.host import use


def token_of(browser, client):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return browser.post("/oauth/token", form, status=200).json["access_token"]


def test_a_token_does_not_live_again_with_a_new_client_of_the_same_name(host, browser):
    token = token_of(browser, host.application(client_id="robot"))
    assert use(host, token) == 200
    with Session(host.engine) as session:
        delete_applications(session, host.models, ["robot"])
        session.commit()
    host.application(client_id="robot")
    assert use(host, token) == 401
