"""A client that signs DPoP proofs, and an API in a process of its own."""

from __future__ import annotations

import json
import time
import uuid
from base64 import urlsafe_b64encode
from hashlib import sha256
from wsgiref.types import WSGIApplication

from joserfc import jws
from joserfc.jwk import ECKey
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.view import view_config

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource import InvalidToken, TokenIdentity

KEY = ECKey.generate_key("P-256")
TOKENS = {
    "t1": TokenIdentity(
        client_id="app", scope="read", claims={"cnf": {"jkt": KEY.thumbprint()}}
    ),
    "t2": TokenIdentity(client_id="app", scope="read"),
}


def sign_proof(method: str, url: str, token: str, nonce: str | None = None) -> str:
    """What a client sends as the header `DPoP`, new for each request."""
    ath = urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()
    claims = {
        "jti": str(uuid.uuid4()),
        "htm": method,
        "htu": url,
        "ath": ath,
        **({"nonce": nonce} if nonce else {}),
        "iat": int(time.time()),
    }
    jwk = {name: KEY.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    return jws.serialize_compact(header, json.dumps(claims), KEY)


def verify(request: Request, token: str) -> TokenIdentity:
    """Whom a token speaks for; ask whoever issued it."""
    try:
        return TOKENS[token]
    except KeyError:
        raise InvalidToken("it is not among ours") from None


@view_config(route_name="notes", oauth_scopes="read", oauth_sender_constrained=True)
def notes(request: Request) -> Response:
    return Response(json_body=[])


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth.resource")
        config.include("pyramid_oauth.resource.dpop")
        config.set_oauth_token_verifier(verify)
        config.add_route("notes", "/notes")
        config.scan(__name__)
        application: WSGIApplication = config.make_wsgi_app()
        return application
