"""The floors: bare Pyramid views that run only the budgeted statements.

Reads and a lone INSERT run in autocommit, everything else in one transaction.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import Engine, Select, create_engine, select

from benchmarks import floor_tables as t

#: About as long as the header and the claims of an ID Token.
SIGNED = b"x" * 500
BODY = b'{"active": true, "scope": "read write", "token_type": "Bearer"}'
Row = dict[str, Any]


def signers() -> dict[str, Callable[[bytes], bytes]]:
    """Return what signs by each algorithm, and no more (RFC 7518, RFC 8037)."""
    modulus = rsa.generate_private_key(65537, 2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    return {
        "RS256": lambda data: modulus.sign(data, padding.PKCS1v15(), SHA256()),
        "ES256": lambda data: curve.sign(data, ec.ECDSA(SHA256())),
        "EdDSA": Ed25519PrivateKey.generate().sign,
    }


def proof_check() -> Callable[[], None]:
    """Return what verifies a signature by ES256, and no more."""
    curve = ec.generate_private_key(ec.SECP256R1())
    signature = curve.sign(SIGNED, ec.ECDSA(SHA256()))
    public = curve.public_key()
    return lambda: public.verify(signature, SIGNED, ec.ECDSA(SHA256()))


class Floors:
    """The views, over the engines and the seeded values of one process."""

    def __init__(self, url: str, threads: int) -> None:
        size: dict[str, Any] = {"pool_size": threads, "max_overflow": 0}
        self.writing: Engine = create_engine(url, **size)
        self.reading: Engine = create_engine(
            url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **size
        )
        self.sign = signers()
        self.verify_proof = proof_check()
        self.clients = self._values(select(t.application.c.client_id))
        self.access = self._values(select(t.access_token.c.digest).limit(t.SEEDED))
        self.refresh_tokens = self._values(
            select(t.refresh_token.c.digest).limit(t.SEEDED)
        )

    def _values(self, statement: Select[Any]) -> list[str]:
        with self.reading.connect() as connection:
            return list(connection.scalars(statement))

    def bare(self, request: Request) -> Response:
        """Run nothing: what Pyramid and the server cost (discovery, JWKS)."""
        return _answer()

    def one_insert(self, request: Request) -> Response:
        """client_credentials: INSERT an access token."""
        with self.reading.connect() as connection:
            connection.execute(t.INSERT_ACCESS, t.token_row(None))
        return _answer()

    def one_select(self, request: Request) -> Response:
        """Introspection and the bearer check: SELECT an access token."""
        value = random.choice(self.access)
        with self.reading.connect() as connection:
            connection.execute(t.SELECT_ACCESS, {"value": value}).one()
        return _answer()

    def select_insert(self, request: Request) -> Response:
        """Bearer check with DPoP: verify a proof, SELECT the token, INSERT a `jti`."""
        value = random.choice(self.access)
        self.verify_proof()
        with self.reading.connect() as connection:
            connection.execute(t.SELECT_ACCESS, {"value": value}).one()
            connection.execute(t.INSERT_ACCESS, t.token_row(None))
        return _answer()

    def two_selects(self, request: Request) -> Response:
        """UserInfo: SELECT an access token, then what is known of its user."""
        value, client = random.choice(self.access), random.choice(self.clients)
        with self.reading.connect() as connection:
            connection.execute(t.SELECT_ACCESS, {"value": value}).one()
            connection.execute(t.SELECT_APPLICATION, {"client_id": client}).one()
        return _answer()

    def refresh(self, request: Request) -> Response:
        """Refresh: SELECT and UPDATE the old, INSERT an access and a refresh token."""
        value = random.choice(self.refresh_tokens)
        with self.writing.begin() as connection:
            found = connection.execute(t.SELECT_REFRESH, {"value": value}).one()
            used = {"key": found.id, "at": datetime.now(UTC)}
            _exactly_one(connection.execute(t.USE_REFRESH, used).rowcount)
            connection.execute(t.INSERT_ACCESS, t.token_row(found.grant_id))
            connection.execute(t.INSERT_REFRESH, t.token_row(found.grant_id))
        return _answer()

    def authorize(self, request: Request) -> Response:
        """Authorize: SELECT application and consent, INSERT a grant."""
        client, row = random.choice(self.clients), t.grant_row()
        with self.writing.begin() as connection:
            client_row = {"client_id": client}
            found = connection.execute(t.SELECT_APPLICATION, client_row).one()
            owner = {"user_id": "alice", "application_id": found.id}
            connection.execute(t.SELECT_CONSENT, owner).one()
            connection.execute(t.INSERT_GRANT, row)
        return Response(status=303, location=f"/redeem/{row['code_digest']}")

    def redeem(self, request: Request) -> Response:
        """Redemption: SELECT and UPDATE the grant, INSERT two tokens; sign, if told."""
        value = request.matchdict["code"]
        with self.writing.begin() as connection:
            found = connection.execute(t.SELECT_GRANT, {"value": value}).one()
            used = {"key": found.id, "at": datetime.now(UTC)}
            _exactly_one(connection.execute(t.REDEEM, used).rowcount)
            connection.execute(t.INSERT_ACCESS, t.token_row(found.id))
            connection.execute(t.INSERT_REFRESH, t.token_row(found.id))
        if algorithm := request.environ["QUERY_STRING"]:
            self.sign[algorithm](SIGNED)
        return _answer()


def _answer() -> Response:
    return Response(BODY, content_type="application/json", charset="UTF-8")


def _exactly_one(rowcount: int) -> None:
    if rowcount != 1:
        raise RuntimeError(f"the UPDATE met {rowcount} rows instead of one")


PATHS = {
    "bare": "/bare",
    "one_insert": "/insert",
    "one_select": "/select",
    "select_insert": "/select_insert",
    "two_selects": "/selects",
    "refresh": "/refresh",
    "authorize": "/authorize",
    "redeem": "/redeem/{code}",
}


def application(url: str, threads: int) -> Any:
    """Build the WSGI application of the floors."""
    floors = Floors(url, threads)
    with Configurator() as config:
        for name, path in PATHS.items():
            config.add_route(name, path)
            config.add_view(getattr(floors, name), route_name=name)
        return config.make_wsgi_app()
