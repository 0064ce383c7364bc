"""Probe of any authorization server from outside: what it answers to bad requests.

RFC 6749, RFC 7662, RFC 9126, RFC 9700. About 20 requests, one at a time. None has a
credential, but those that are pushed for a client whose credential the operator gives.
None changes anything at the server beyond pushed requests, which expire.
"""

from __future__ import annotations

import base64
import json
import ssl
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pyramid_oauth.clock import timestamp
from pyramid_oauth.fetch.errors import Reason
from pyramid_oauth.scripts.probe import authorization_server
from pyramid_oauth.scripts.probe.authorization_request import (
    CODE_CHALLENGE,
    FOREIGN_URI,
    STATE,
    Client,
)
from pyramid_oauth.scripts.probe.authorization_server import AuthorizationServer
from pyramid_oauth.scripts.probe.client import (
    ORIGIN,
    Answer,
    ProbeClient,
    with_query,
)
from pyramid_oauth.scripts.probe.pushing import Pusher

UNKNOWN = "pyramid-oauth-check-unknown-client"

_BEFORE_HANDSHAKE = (Reason.TIMEOUT, Reason.UNRESOLVED, Reason.ADDRESS)
"""They do not tell what a handshake would end with; some servers drop old versions."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class ServerObservation:
    """What a stranger, or a client of the operator, sees of a server.

    Attributes:
        server: The metadata in every form.
        profile: The profile by which it is judged.
        answers: The answer to each request by its name; one without its endpoint, or
            that needs a client, is left out.
        tricks: The answer for each redirect URI that resembles the registered one.
        client: The client of the operator.
        tls: Whether a TLS handshake succeeded, by what was offered; what could not be
            told is left out.
        asked_at: The time of this machine before the metadata were asked for.
        received_at: The time of this machine when all answers to that had come.
    """

    server: AuthorizationServer
    profile: str
    answers: Mapping[str, Answer]
    tricks: Mapping[str, Answer] = field(default_factory=dict)
    client: Client | None = None
    tls: Mapping[str, bool] = field(default_factory=dict)
    asked_at: int = 0
    received_at: int = 0

    @property
    def is_fapi(self) -> bool:
        """Whether it is judged by FAPI 2.0."""
        return self.profile.startswith("fapi2")


def observe(
    client: ProbeClient, issuer: str, profile: str, registered: Client | None = None
) -> ServerObservation:
    """Fetch the metadata, then send the requests."""
    asked_at = timestamp()
    server = authorization_server.observe(client, issuer)
    received_at = timestamp()
    answers = {**_read(client, server), **_post(client, server)}
    tricks = {}
    if registered is not None:
        pusher = Pusher(client, server, registered)
        answers |= _push(pusher, registered, _response_mode(server))
        tricks = {
            uri: _authorize(client, server, registered.client_id, uri)
            for uri in resembling_uris(registered.redirect_uri)
            if server.endpoint("authorization_endpoint")
        }
    return ServerObservation(
        *(server, profile, answers, tricks, registered),
        tls=_shake_hands(client, issuer),
        asked_at=asked_at,
        received_at=received_at,
    )


def _read(client: ProbeClient, server: AuthorizationServer) -> dict[str, Answer]:
    """Send the requests that read."""
    found = {}
    if url := server.endpoint("jwks_uri"):
        found["keys"] = client.get(url)
    if url := server.endpoint("userinfo_endpoint"):
        found["userinfo"] = client.get(url)
    if url := server.endpoint("token_endpoint"):
        query = {"grant_type": "client_credentials", "client_id": UNKNOWN}
        found["token by GET"] = client.get(with_query(url, query))
    if url := server.endpoint("authorization_endpoint"):
        found["unknown client"] = _authorize(client, server, UNKNOWN, FOREIGN_URI)
        preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
        found["authorize from a script"] = client.send("OPTIONS", url, preflight)
    return found


def _post(client: ProbeClient, server: AuthorizationServer) -> dict[str, Answer]:
    """Send the forms of a stranger."""
    found = {}
    if url := server.endpoint("token_endpoint"):
        repeated = f"grant_type=client_credentials&client_id={UNKNOWN}&scope=a&scope=b"
        found["repeated"] = client.send("POST", url, FORM, repeated.encode())
        form = {"grant_type": "client_credentials", "client_id": UNKNOWN}
        found["token"] = client.send(
            *("POST", url, {**FORM, "Origin": ORIGIN}),
            "&".join(f"{name}={value}" for name, value in form.items()).encode(),
        )
    if url := server.endpoint("introspection_endpoint"):
        found["introspection"] = client.post_form(url, {"token": "invented"})
    if url := server.endpoint("pushed_authorization_request_endpoint"):
        found["push"] = client.post_form(url, _parameters(UNKNOWN, FOREIGN_URI))
    return found


def _push(
    pusher: Pusher, registered: Client, further: Mapping[str, str]
) -> dict[str, Answer]:
    """Push bad requests of the operator's client, which the server must judge."""
    if not pusher.place:
        return {}
    own = _parameters(registered.client_id, registered.redirect_uri)
    good = {**own, **further}
    plain = {name: good[name] for name in good if not name.startswith("code_")}
    changed = {
        "good push": good,
        "without PKCE": plain,
        "plain": {**good, "code_challenge_method": "plain"},
        "implicit": {**good, "response_type": "token"},
        # All is in the object: a server that ignores it has nothing to accept.
        "unsigned request object": {
            "client_id": registered.client_id,
            "request": _unsigned(good),
        },
        "foreign redirect URI": {**good, "redirect_uri": FOREIGN_URI},
    }
    return {name: pusher.push(parameters) for name, parameters in changed.items()}


def _response_mode(server: AuthorizationServer) -> dict[str, str]:
    """Return the mode of a server that signs every response (JARM)."""
    modes = server.listed("response_modes_supported")
    is_signed = "jwt" in modes and "query" not in modes
    return {"response_mode": "jwt"} if is_signed else {}


def _authorize(
    client: ProbeClient, server: AuthorizationServer, client_id: str, uri: str
) -> Answer:
    endpoint = server.endpoint("authorization_endpoint")
    url = with_query(endpoint, _parameters(client_id, uri))
    return client.get(url, Accept="text/html")


def _parameters(client_id: str, redirect_uri: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": STATE,
        "code_challenge": CODE_CHALLENGE,
        "code_challenge_method": "S256",
    }


def _unsigned(claims: Mapping[str, str]) -> str:
    parts = ({"alg": "none"}, claims)
    encoded = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in parts
    )
    return f"{'.'.join(encoded)}."


def resembling_uris(uri: str) -> list[str]:
    """Return URIs that lax comparisons take for a registered one (RFC 9700 4.1)."""
    parts = urlsplit(uri)
    host, path = parts.netloc, parts.path
    return [
        f"{uri}/../elsewhere",
        f"{uri}?next=elsewhere",
        f"{parts.scheme}://{host}.probe.invalid{path}",
        f"{parts.scheme}://{host}@probe.invalid{path}",
        f"{parts.scheme}://probe.invalid/{host}{path}",
        f"{parts.scheme}://{host}{path}%2f..%2felsewhere",
    ]


def _shake_hands(client: ProbeClient, issuer: str) -> dict[str, bool]:
    """Try a current and an outdated version of TLS; empty without https."""
    if not issuer.startswith("https://"):
        return {}
    current, outdated = ssl.create_default_context(), ssl.create_default_context()
    for context in (current, outdated):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate was judged before
    current.minimum_version = ssl.TLSVersion.TLSv1_3
    outdated.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        outdated.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        outdated.maximum_version = ssl.TLSVersion.TLSv1_1
    found = {}
    for name, context in (("1.3", current), ("1.1", outdated)):
        answer = client.with_tls(context).send("HEAD", issuer, {})
        reason = answer.failure.reason if answer.failure else None
        if reason not in _BEFORE_HANDSHAKE:
            found[name] = reason not in (Reason.TLS, Reason.CONNECT)
    return found
