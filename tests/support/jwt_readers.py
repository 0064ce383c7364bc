"""Shows changed JWTs to their readers, and judges independently what these accept."""

from __future__ import annotations

import json
import re
import socket
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any, NoReturn
from unittest import mock

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import assume
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from tests.support.jose_inputs import Sender
from tests.support.jwt_confusions import CONFUSIONS
from tests.support.jwt_forgeries import FORGERIES
from tests.support.jwt_mutations import CHANGES, HARMLESS, Mutation, encode
from tests.support.types import Claims

MUTATIONS: st.SearchStrategy[Mutation] = st.one_of(
    CHANGES, FORGERIES, CONFUSIONS, HARMLESS
)

MOST_SECONDS = 2.0
"""Of processor time for one token."""

LEEWAY = 61
"""Seconds by which a recipient may let times differ."""

Judge = Callable[[Claims], bool]
"""Whether a recipient may accept these claims of a signed token."""


class NotValid(Exception):
    """The token is not one that a recipient may accept."""


def require(condition: object) -> None:
    if not condition:
        raise NotValid


# ---- a strict reading that shares no code with the package


def _unique(pairs: list[tuple[str, Any]]) -> Claims:
    require(len(dict(pairs)) == len(pairs))
    return dict(pairs)


def _refuse(name: str) -> NoReturn:
    raise NotValid


def _float(text: str) -> float:
    require(isfinite(float(text)))
    return float(text)


def read_bytes(segment: str) -> bytes:
    """The bytes of a segment in canonical base64url, or NotValid."""
    require(re.fullmatch(r"[A-Za-z0-9_-]+", segment))
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError as error:
        raise NotValid from error
    require(encode(raw) == segment)
    return raw


def read_object(segment: str) -> Claims:
    """The JSON object of a segment; NotValid if two readers could differ about it."""
    try:
        value = json.loads(
            read_bytes(segment).decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_float,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotValid from error
    require(isinstance(value, dict))
    result: Claims = value
    return result


def read_signed(token: str, key: ECKey) -> tuple[Claims, Claims]:
    """The header and the claims of a token that `key` signed with ES256."""
    segments = token.split(".")
    require(len(segments) == 3)
    header, claims = map(read_object, segments[:2])
    require(header.get("alg") == "ES256" and "crit" not in header)
    raw = read_bytes(segments[2])
    require(len(raw) == 64)
    numbers = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    signed = ".".join(segments[:2]).encode()
    try:
        key.public_key.verify(encode_dss_signature(*numbers), signed, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise NotValid from error
    return header, claims


# ---- judging claims


def is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def judge(
    sender: Sender,
    *same: str,
    optional: tuple[str, ...] = (),
    has_audience: bool = True,
    ignores_times: bool = False,
) -> Judge:
    """Accept claims that mean what those of the sender mean.

    Args:
        sender: Whose claims the recipient accepts.
        *same: Claims that must have the same value, of the same type.
        optional: Claims that may be missing, else they mean the same.
        has_audience: Whether the recipient reads `aud`.
        ignores_times: Whether it does not compare `exp` and `nbf`.
    """

    def accepts(claims: Claims) -> bool:
        require(all(_is_same(sender.claims, claims, name) for name in same))
        for name in set(optional) - {"aud", "exp"}:
            require(name not in claims or _is_same(sender.claims, claims, name))
        if has_audience and ("aud" not in optional or "aud" in claims):
            audience = claims.get("aud")
            audiences = audience if isinstance(audience, list) else [audience]
            require(sender.claims["aud"] in audiences)
        if not ignores_times:
            _check_times(claims, "exp" in sender.claims and "exp" not in optional)
        return True

    return accepts


def _is_same(expected: Claims, claims: Claims, name: str) -> bool:
    old, new = expected.get(name), claims.get(name)
    return type(old) is type(new) and old == new


def _check_times(claims: Claims, needs_expiry: bool) -> None:
    now = time.time()
    if needs_expiry or claims.get("exp") is not None:
        require(is_time(claims.get("exp")) and claims["exp"] > now - LEEWAY)
    if claims.get("nbf") is not None:
        require(is_time(claims["nbf"]) and claims["nbf"] < now + LEEWAY)


def is_acceptable(
    token: str,
    sender: Sender,
    types: tuple[str | None, ...],
    accepts: Judge,
    unseal: Callable[[str], str] | None = None,
) -> bool:
    """Whether a recipient of tokens of these types may accept the token."""
    try:
        if unseal is not None:
            token = unseal(token)
        header, claims = read_signed(token, sender.key)
        typ = header.get("typ")
        require(typ is None or isinstance(typ, str))
        require((typ and typ.lower().removeprefix("application/")) in types)
        return accepts(claims)
    except NotValid:
        return False


# ---- showing


@contextmanager
def watched_connections() -> Iterator[list[str]]:
    """The names of hosts that are looked up or connected to meanwhile."""
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def record(host: Any, *arguments: Any, **options: Any) -> Any:
        asked.append(str(host))
        return look_up(host, *arguments, **options)

    with mock.patch.object(socket, "getaddrinfo", record):
        yield asked


def show(
    mutation: Mutation,
    sender: Sender,
    read: Callable[[str], bool],
    accepts: Judge,
    *,
    types: tuple[str | None, ...] = (None, "jwt"),
    known_hosts: Collection[str] = (),
    unseal: Callable[[str], str] | None = None,
) -> None:
    """Show a changed token to a recipient and judge what it does.

    Args:
        mutation: The change.
        sender: Whose tokens the recipient accepts.
        read: Shows it a token; whether it accepts. It checks that a refusal is proper.
        accepts: Judges the claims.
        types: The types that it accepts, in lower case.
        known_hosts: The hosts that it may ask, whatever a token says.
        unseal: Decrypts tokens that are encrypted to the recipient.
    """
    token = mutation.apply(sender)
    assume(token)  # RFC 6749 section 3.1: without a value a parameter is not there
    start = time.process_time()
    with watched_connections() as asked:
        is_accepted = read(token)
    assert time.process_time() - start < MOST_SECONDS
    assert set(asked) <= set(known_hosts), "a token made the server ask a host"
    if is_accepted:
        assert is_acceptable(token, sender, types, accepts, unseal), "accepted"
    assert is_accepted or not mutation.is_harmless, "a valid token is refused"
