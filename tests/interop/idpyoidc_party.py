"""A relying party that uses idpyoidc; it runs as a separate process.

python -m tests.interop.idpyoidc_party ISSUER PORT CERTIFICATE AUTHORITY

It runs discovery and registration at its first login. The library validates all
responses, ID Tokens and logout tokens.
"""

from __future__ import annotations

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from idpyoidc.client.defaults import DEFAULT_OIDC_SERVICES
from idpyoidc.client.oauth2.stand_alone_client import backchannel_logout
from idpyoidc.client.oidc import registration
from idpyoidc.client.rp_handler import RPHandler
from idpyoidc.exception import MessageException

KEYS = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}


class Registration(registration.Registration):
    """The library's registration request with two more members and without `scope`."""

    def oidc_post_construct(self, request_args=None, **kwargs):
        request = super().oidc_post_construct(request_args, **kwargs)
        known = self.upstream_get("context").claims
        request["grant_types"] = ["authorization_code", "refresh_token"]
        request["post_logout_redirect_uris"] = known.get_usage(
            "post_logout_redirect_uris"
        )
        return request

    def update_service_context(self, resp, key="", **kwargs):
        # The library compares the string `scope` (RFC 7591 section 2) with a list,
        # and fails.
        del resp["scope"]
        return super().update_service_context(resp, key, **kwargs)


class Party:
    """The pages of the site; each returns JSON or a redirect."""

    def __init__(self, issuer, origin, authority):
        self.issuer = issuer
        self.received = []
        preference = {
            "application_type": "web",
            "client_name": "idpyoidc",
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        configuration = {
            "client_type": "oidc",
            "issuer": issuer,
            "base_url": origin,
            "redirect_uris": [f"{origin}/callback"],
            "post_logout_redirect_uris": [f"{origin}/after"],
            "frontchannel_logout_uri": f"{origin}/frontchannel",
            "frontchannel_logout_session_required": True,
            "backchannel_logout_uri": f"{origin}/backchannel",
            "backchannel_logout_session_required": True,
            "client_authn_methods": ["client_secret_basic", "bearer_header"],
            "preference": preference,
            "add_ons": {"pkce": PKCE},
        }
        services = {
            **DEFAULT_OIDC_SERVICES,
            "end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"},
            "registration": {"class": "tests.interop.idpyoidc_party.Registration"},
        }
        self.handler = RPHandler(
            base_url=origin,
            client_configs={issuer: configuration},
            services=services,
            key_conf={"key_defs": KEYS},
            httpc_params={"verify": authority},
        )

    @property
    def client(self):
        return self.handler.issuer2rp[self.issuer]

    def login(self, given):
        return self.handler.begin(self.issuer, req_args={"prompt": "consent"})

    def callback(self, given):
        done = self.handler.finalize(self.issuer, given)
        if "error" in done:
            return done
        return {
            "state": done["state"],
            "userinfo": dict(done["userinfo"].items()),
            "claims": dict(done["id_token"].items()),
        }

    def refresh(self, given):
        renewed = self.handler.refresh_access_token(given["state"])
        return {"access_token": bool(renewed["access_token"])}

    def logout(self, given):
        return self.handler.logout(given["state"])["url"]

    def frontchannel(self, given):
        self.received.append({"frontchannel": given})
        return {}

    def backchannel(self, given):
        try:
            state = backchannel_logout(self.client, request_args=given)
        except MessageException as error:
            self.received.append({"refused": str(error)})
            raise
        self.received.append({"backchannel": state})
        return {}

    def after(self, given):
        return {"after": given}

    def notices(self, given):
        return {"received": self.received}


def handler_for(party):
    """Return a request handler that calls the method of `party` named by the path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(urlsplit(self.path).query)

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            self._answer(self.rfile.read(length).decode())

        def _answer(self, query):
            page = getattr(party, urlsplit(self.path).path.strip("/"), None)
            try:
                answer = page(dict(parse_qsl(query))) if page else {}
                status = 302 if isinstance(answer, str) else 200
            except Exception as error:  # the test reads it
                answer, status = {"error": repr(error)}, 400
            self.send_response(status)
            if status == 302:
                self.send_header("Location", answer)
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments):
            pass

    return Handler


def main(issuer, port, certificate, authority):
    party = Party(issuer, f"https://localhost:{port}", authority)
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler_for(party))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
