"""The registration endpoint in the tree, and below it each client that registered."""

from __future__ import annotations

from urllib.parse import quote

from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint, Node

STATEMENT_ISSUERS = "pyramid_oauth.statement_issuers"


class RegisteredClient(Node):
    """`register/<client_id>`: a client's configuration (RFC 7592 section 2)."""

    @property
    def client_id(self) -> str:
        """The client that the URL names; nobody has said yet that there is one."""
        return self.__name__ or ""


class Register(Endpoint):
    """`register`: metadata goes in, a client comes out."""

    def __getitem__(self, name: str) -> Node:
        return RegisteredClient(name, self, self.request)


def configuration_url(server: Server, client_id: str) -> str:
    """The `registration_client_uri` of a client."""
    return f"{server.url('register')}/{quote(client_id, safe='')}"
