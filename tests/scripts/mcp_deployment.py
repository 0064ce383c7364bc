"""A healthy deployment of an MCP server over real HTTP, in which tests seed faults."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.servers import Server, build_response

TOKEN = "a-valid-token"
RESOURCE_DOCUMENT = "/.well-known/oauth-protected-resource/mcp"
OAUTH = "/.well-known/oauth-authorization-server/oauth"
OPENID = "/.well-known/openid-configuration/oauth"
OPENID_APPENDED = "/oauth/.well-known/openid-configuration"
CORS = {"Access-Control-Allow-Origin": "*"}
STATUS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
}


class Deployment:
    """MCP server and authorization server at one port; tests change its members."""

    def __init__(self):
        self.server = Server()
        self.server.handler = self._handle
        self.origin = f"http://127.0.0.1:{self.server.port}"
        self.url = f"{self.origin}/mcp"
        self.issuer = f"{self.origin}/oauth"
        self.challenge = f'Bearer resource_metadata="{self.origin}{RESOURCE_DOCUMENT}"'
        self.cors = CORS
        self.status_without_token = 401
        self.status_with_token = 200
        self.accepts_every_token = False
        self.checks_pkce = True
        self.iss = self.issuer
        self.error = None
        self.pushes_tell_errors = True
        self.pushed = 201
        self.is_open_redirector = False
        self.refused_redirect_uris = ()
        self.registers_as = {}
        self.can_delete = True
        self.clients = {}
        self.deleted = []
        self.absent = set()
        self.documents = {
            RESOURCE_DOCUMENT: {
                "resource": self.url,
                "authorization_servers": [self.issuer],
                "scopes_supported": ["read"],
                "bearer_methods_supported": ["header"],
            },
            **{path: self._metadata() for path in (OAUTH, OPENID, OPENID_APPENDED)},
        }

    def _metadata(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "registration_endpoint": f"{self.issuer}/register",
            "pushed_authorization_request_endpoint": f"{self.issuer}/par",
            "client_id_metadata_document_supported": True,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": ["read", "write"],
        }

    def set_metadata(self, **members):
        """Set members of the metadata in every form; None removes one."""
        for path in (OAUTH, OPENID, OPENID_APPENDED):
            self.documents[path].update(members)
            for name in [name for name in members if members[name] is None]:
                del self.documents[path][name]

    def set_resource(self, **members):
        """Set members of the document of the resource; None removes one."""
        document = self.documents[RESOURCE_DOCUMENT]
        document.update(members)
        for name in [name for name in members if members[name] is None]:
            del document[name]

    def _handle(self, peer, request):
        head, _, body = request.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        method, target, _ = line.split()
        headers = dict(item.lower().split(": ", 1) for item in lines)
        parts = urlsplit(target)
        peer.sendall(self._respond(method, parts, headers, body))

    def _respond(self, method, parts, headers, body):
        path = parts.path
        if path == "/mcp":
            return self._call(headers.get("authorization"))
        if path in self.documents and path not in self.absent:
            return respond(200, self.documents[path], self.cors)
        if path == "/oauth/authorize":
            query = {name: found[0] for name, found in parse_qs(parts.query).items()}
            return self._authorize(query)
        if path == "/oauth/par":
            return self._push(parse_qs(body.decode()))
        if path == "/oauth/register" and method == "POST":
            return self._register(json.loads(body))
        if method == "DELETE" and self.can_delete:
            self.deleted.append((path, headers["authorization"]))
            return respond(204)
        return respond(404)

    def _call(self, authorization):
        if authorization is not None and (
            self.accepts_every_token or authorization == f"bearer {TOKEN}"
        ):
            headers = {"WWW-Authenticate": self.challenge}
            return respond(self.status_with_token, headers=headers)
        headers = {"WWW-Authenticate": self.challenge} if self.challenge else {}
        status = 401 if authorization else self.status_without_token
        return respond(status, headers=headers)

    def _authorize(self, query):
        uri = query["redirect_uri"]
        if query["client_id"] not in self.clients:
            if self.is_open_redirector:
                return self._redirect(uri, {"error": "invalid_client"})
            return respond(400)
        if self.error and not self.pushes_tell_errors:
            iss = {"iss": self.iss} if self.iss else {}
            return self._redirect(uri, {"error": self.error, **iss})
        return self._redirect(f"{self.origin}/login", {})

    def _push(self, form):
        error = self.error if self.pushes_tell_errors else None
        if self.checks_pkce and "code_challenge" not in form:
            error = "invalid_request"
        return respond(400, {"error": error}) if error else respond(self.pushed, {})

    def _redirect(self, uri, parameters):
        return respond(302, headers={"Location": f"{uri}?{urlencode(parameters)}"})

    def _register(self, document):
        if document["redirect_uris"][0].startswith(tuple(self.refused_redirect_uris)):
            return respond(400, {"error": "invalid_redirect_uri"})
        client_id = f"client-{len(self.clients)}"
        place = f"{self.issuer}/register/{client_id}"
        self.clients[client_id] = {
            **document,
            "scope": "read write",
            "client_id": client_id,
            "registration_client_uri": place,
            "registration_access_token": f"token-of-{client_id}",
            **self.registers_as,
        }
        return respond(201, self.clients[client_id])


def respond(status, document=None, headers=None):
    body = b"" if document is None else json.dumps(document).encode()
    return build_response(body, f"{status} {STATUS[status]}", headers)
