"""A client without users: it gets tokens for itself and calls APIs."""

from __future__ import annotations

import requests


class Machine:
    """A client with the client credentials grant."""

    def __init__(self, server, client, revocation="revoke"):
        self.server, self.revocation = server, revocation
        self.auth = (client["client_id"], client["client_secret"])

    @property
    def client_id(self):
        return self.auth[0]

    def token(self, scope, **parameters):
        form = {"grant_type": "client_credentials", "scope": scope, **parameters}
        answer = self._post("token", form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def revoke(self, token):
        assert self._post(self.revocation, {"token": token}).status_code == 200

    def call(self, api, path, token=None, method="GET", **options):
        """Call a path of the program `api`; return the response."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{api.origin}/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)

    def _post(self, endpoint, form):
        url = f"{self.server.issuer}/{endpoint}"
        return requests.post(url, form, auth=self.auth, timeout=10)
