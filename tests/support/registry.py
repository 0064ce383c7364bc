"""A client that registers itself and manages its registration."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from webtest import TestResponse

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.host import CALLBACK, Host
from tests.support.secret import SECRET
from tests.support.types import Headers, Metadata, Status

PATH = "/oauth/register"
OPENID = {
    "openid": "true",
    "scopes": "openid\nprofile\nread\nwrite",
    "frontchannel_logout": "true",
    "backchannel_logout": "true",
    "request_uris": "true",
    "pairwise_salt": SECRET,
    "grant_types": "authorization_code implicit refresh_token",
    "response_types": "code\nid_token\ncode id_token",
    "token_endpoint_auth_methods": "none client_secret_basic client_secret_post "
    "private_key_jwt client_secret_jwt",
}


@contextmanager
def ignore_open_registration() -> Iterator[None]:
    """Start a host whose registration is open; test_policies.py has the warnings."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore",
            r"pyramid_oauth\.registration",
            InsecureSettingWarning,
        )
        yield


class Registry:
    """The registration endpoint of a host, as clients see it."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def send_registration(
        self,
        metadata: Metadata | None = None,
        status: Status | None = None,
        headers: Headers = None,
        **members: Any,
    ) -> TestResponse:
        """POST; `redirect_uris` are there unless said otherwise."""
        body = {"redirect_uris": [CALLBACK], **(metadata or {}), **members}
        body = {name: value for name, value in body.items() if value is not ...}
        browser = self.host.browser()
        return browser.post_json(PATH, body, headers=headers, status=status or "*")

    def create_client(self, **members: Any) -> Metadata:
        """The client information response of an accepted registration."""
        result: Metadata = self.send_registration(members, status=201).json
        return result

    def registration_error(
        self, error: str = "invalid_client_metadata", **members: Any
    ) -> str:
        """The description of the refusal."""
        answer = self.send_registration(members, status=400)
        assert answer.json["error"] == error
        assert answer.headers["Cache-Control"] == "no-store"
        result: str = answer.json["error_description"]
        return result

    def manage(
        self,
        method: str,
        registration: Metadata,
        body: Metadata | None = None,
        token: str | None = None,
        status: Status = "*",
    ) -> TestResponse:
        """A request to the client's configuration endpoint."""
        token = token or registration["registration_access_token"]
        browser = self.host.browser()
        browser.authorization = ("Bearer", token)
        path = urlsplit(registration["registration_client_uri"]).path
        if method == "PUT":
            return browser.put_json(path, body, status=status)
        return browser.request(path, method=method, status=status)

    def load_application(self, client_id: str) -> Any:
        """The stored application."""
        model = self.host.models.Application
        with Session(self.host.engine) as session:
            query = session.query(model).filter_by(client_id=client_id)
            return query.one_or_none()


def build_update_request(registration: Metadata, **changes: Any) -> Metadata:
    """The body of an update that keeps everything else; `...` leaves one out."""
    server_members = {
        "registration_access_token",
        "registration_client_uri",
        "client_id_issued_at",
        "client_secret_expires_at",
    }
    form = {
        name: value
        for name, value in registration.items()
        if name not in server_members
    }
    form |= changes
    return {name: value for name, value in form.items() if value is not ...}
