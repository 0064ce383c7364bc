"""Tokens that a recipient must refuse, made from claims that it would accept."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
from joserfc.jwk import ECKey

from tests.support.types import Claims

FOREIGN_URL = "https://attacker.example/keys"


def encode_segment(value: object) -> str:
    """JSON, or text as it is, in base64url."""
    raw = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Sender:
    """Who signs tokens that the recipient accepts.

    Attributes:
        key: An ES256 key that the recipient knows.
        claims: Claims that it accepts.
        header: Header parameters that it needs, such as `typ`.
    """

    key: ECKey
    claims: Claims
    header: Claims = field(default_factory=dict)

    def sign(self, claims: Any = None, **header: Any) -> str:
        """A token over whatever claims, or text, and header."""
        members = {"alg": "ES256", "kid": self.key.thumbprint(), **self.header}
        return sign_text(self.key, {**members, **header}, claims or self.claims)


def sign_text(key: ECKey, head: Any, body: Any) -> str:
    """A token signed with ES256, whatever its header says."""
    text = f"{encode_segment(head)}.{encode_segment(body)}"
    algorithm = jwt.get_algorithm_by_name("ES256")
    private = algorithm.prepare_key(key.as_pem(private=True))
    signature = algorithm.sign(text.encode(), private)
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def make_refused_tokens(sender: Sender) -> Iterator[tuple[str, str]]:
    """Pairs of what is wrong and the token."""
    yield from _with_other_signatures(sender)
    yield from _with_other_headers(sender)
    yield from _with_other_claims(sender)
    yield from _malformed(sender.sign())
    yield from _encrypted()


def _with_other_signatures(sender: Sender) -> Iterator[tuple[str, str]]:
    body = encode_segment(sender.claims)
    for name in ("none", "None", "NONE", "nOnE"):
        yield f"alg {name}", f"{encode_segment({**sender.header, 'alg': name})}.{body}."
    public = sender.key.as_pem(private=False)
    hmac = jwt.get_algorithm_by_name("HS256")
    text = f"{encode_segment({**sender.header, 'alg': 'HS256'})}.{body}"
    confused = hmac.sign(text.encode(), public)
    yield "key confusion", f"{text}.{base64.urlsafe_b64encode(confused).decode()[:43]}"
    head, body, signature = sender.sign().split(".")
    for label, other in {
        "no signature": "",
        "zero signature": "A" * 86,
        "short signature": signature[:40],
        "long signature": signature + "A" * 5000,
    }.items():
        yield label, f"{head}.{body}.{other}"
    attacker = Sender(ECKey.generate_key("P-256"), sender.claims)
    own = attacker.key.as_dict(private=False)
    attacker = replace(attacker, header={**sender.header, "jwk": own})
    if "jwk" not in sender.header:
        yield "embedded jwk", attacker.sign()
        attacker = replace(attacker, header=sender.header)
        for name in ("jku", "x5u"):
            yield name, attacker.sign(**{name: FOREIGN_URL})
        yield "x5c", attacker.sign(x5c=["AAAA"])


def _with_other_headers(sender: Sender) -> Iterator[tuple[str, str]]:
    for name, value in {
        "crit": ["unknown"],
        "typ": "secevent+jwt",
        "kid": 7,
        "alg": ["ES256"],
    }.items():
        yield f"header {name}", sender.sign(**{name: value})
    yield "b64 false", sender.sign(b64=False, crit=["b64"])
    for kid in ("' OR 1=1 --", "../../etc/passwd", "\0", "ключ"):
        if "jwk" not in sender.header:
            yield f"kid {kid!r}", sender.sign(kid=kid)
    for label, head in {
        "repeated alg": '{"alg":"ES256","alg":"none"}',
        "header no object": "[1]",
    }.items():
        yield label, sign_text(sender.key, head, sender.claims)


def _with_other_claims(sender: Sender) -> Iterator[tuple[str, str]]:
    ends: list[Any] = ["9999999999", True, [], float("nan")]
    begins: list[Any] = ["0", False, {}, float("inf")]
    changes: list[Claims] = [
        {"iss": "https://attacker.example"},
        {"iss": ["web"]},
        {"aud": "https://other.example"},
        {"aud": {"a": 1}},
        {"exp": int(time.time()) - 3600},
        {"nbf": int(time.time()) + 3600},
        *({"exp": value} for value in ends),
        *({"nbf": value} for value in begins),
    ]
    for change in changes:
        yield f"claims {change}", sender.sign({**sender.claims, **change})
    plain = json.dumps(sender.claims)
    for label, text in {
        "exp 1e400": json.dumps({**sender.claims, "exp": 0}).replace(
            '"exp": 0', '"exp":1e400'
        ),
        "repeated claim": f'{plain[:-1]}, "iss": "web"}}',
        "deep": f'{plain[:-1]}, "x": {"[" * 5000}{"]" * 5000}}}',
        "huge integer": f'{plain[:-1]}, "x": {"9" * 5000}}}',
        "lone surrogate": f'{plain[:-1]}, "x": "\\ud800"}}',
        "no object": "[]",
        "no JSON": "{",
    }.items():
        yield label, sender.sign(text)


def _malformed(token: str) -> Iterator[tuple[str, str]]:
    head, body, signature = token.split(".")
    yield from {
        "trailing dot": f"{token}.",
        "leading dot": f".{token}",
        "inner space": f"{head}. {body}.{signature}",
        "padded": f"{head}.{body}.{signature}==",
        "non-ASCII": f"{head}.{body}é.{signature}",
        "truncated": token[: len(token) // 2],
        "two parts": f"{head}.{body}",
        "seven parts": ".".join([head] * 7),
        "dots": "....",
        "JSON": json.dumps(
            {"protected": head, "payload": body, "signature": signature}
        ),
        "huge": f"{head}.{'A' * 200_000}.{signature}",
    }.items()


def _encrypted() -> Iterator[tuple[str, str]]:
    for label, header in {
        "PBES2": {
            "alg": "PBES2-HS256+A128KW",
            "enc": "A128GCM",
            "p2c": 2**31,
            "p2s": "AAAAAAAAAAA",
        },
        "zip": {"alg": "RSA-OAEP-256", "enc": "A128GCM", "zip": "DEF"},
        "enc no text": {"alg": "RSA-OAEP-256", "enc": []},
        "dir": {"alg": "dir", "enc": "A128GCM"},
        "epk": {"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"jku": FOREIGN_URL}},
    }.items():
        yield label, f"{encode_segment(header)}.AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAA"
