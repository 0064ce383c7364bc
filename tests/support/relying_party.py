"""A relying party as a process of its own: python -m tests.support.relying_party CONFIG

It accepts a Logout Token only after PyJWT and the steps of Back-Channel Logout section
2.6. CONFIG is JSON: `jwks` and `log` (paths), `issuer`, `certificate` (path; without
one it is plain http), `delay` (seconds). It prints its port. A client's place is
/CLIENT_ID/.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PAGE = """<!DOCTYPE html><title>Relying party</title><p id="answer">waiting</p>
<iframe id="op" src="{frame}"></iframe>
<script>
function ask(message) {{
  document.getElementById("answer").textContent = "waiting";
  document.getElementById("op").contentWindow.postMessage(message, "{origin}");
}}
window.addEventListener("message", function (event) {{
  if (event.origin === "{origin}") {{
    document.getElementById("answer").textContent = event.data;
  }}
}});
</script>"""


class InvalidLogoutTokenError(Exception):
    """The Logout Token is not valid."""


class RelyingParty:
    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.lock = Lock()
        self.seen_identifiers: set[str] = set()

    def log(self, **entry: Any) -> None:
        with self.lock, Path(self.config["log"]).open("a") as log:
            log.write(json.dumps(entry) + "\n")

    def verify_logout_token(self, token: str, client_id: str) -> dict[str, Any]:
        """The claims of a Logout Token (section 2.6)."""
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "logout+jwt":
            raise InvalidLogoutTokenError("typ")
        keys = jwt.PyJWKSet.from_json(Path(self.config["jwks"]).read_text())
        (key,) = [key for key in keys.keys if key.key_id == header["kid"]]
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256", "ES256", "EdDSA"],
            audience=client_id,
            issuer=self.config["issuer"],
            options={"require": ["iss", "aud", "iat", "exp", "jti", "events"]},
        )
        if claims["events"] != {EVENT: {}} or "nonce" in claims:
            raise InvalidLogoutTokenError("events or nonce")
        if "sub" not in claims and "sid" not in claims:
            raise InvalidLogoutTokenError("neither sub nor sid")
        if claims["jti"] in self.seen_identifiers:
            raise InvalidLogoutTokenError("jti")
        self.seen_identifiers.add(claims["jti"])
        return claims


class RelyingPartyServer(ThreadingHTTPServer):
    """The server of a relying party."""

    party: RelyingParty


class RelyingPartyHandler(BaseHTTPRequestHandler):
    """Answers the requests of browsers and of the provider."""

    server: RelyingPartyServer

    def do_POST(self) -> None:
        party, (client_id, place) = self.server.party, self.place()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (token,) = parse_qs(body.decode(), strict_parsing=True)["logout_token"]
        time.sleep(party.config.get("delay", 0))
        try:
            claims = party.verify_logout_token(token, client_id)
        except (InvalidLogoutTokenError, ValueError, KeyError, jwt.PyJWTError) as error:
            party.log(refused=repr(error), client=client_id)
            self.answer(400)
        else:
            party.log(place=place, client=client_id, claims=claims)
            self.answer(200)

    def do_GET(self) -> None:
        client_id, place = self.place()
        query = parse_qs(urlsplit(self.path).query)
        self.server.party.log(place=place, client=client_id, query=query)
        if place == "check":
            frame = query["frame"][0]
            parts = urlsplit(frame)
            origin = f"{parts.scheme}://{parts.netloc}"
            self.answer(200, PAGE.format(frame=frame, origin=origin))
        else:
            self.answer(200, f"<!DOCTYPE html><title>{place}</title>{place}")

    def place(self) -> tuple[str, str]:
        client_id, _, place = urlsplit(self.path).path[1:].partition("/")
        return client_id, place

    def answer(self, status: int, body: str = "") -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


def main() -> None:
    config = json.loads(sys.argv[1])
    server = RelyingPartyServer(("127.0.0.1", 0), RelyingPartyHandler)
    server.party = RelyingParty(config)
    if config.get("certificate"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(config["certificate"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
