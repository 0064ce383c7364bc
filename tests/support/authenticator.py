"""A passkey authenticator in software (WebAuthn Level 3, section 6)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

PRESENT, VERIFIED, SYNCABLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Authenticator:
    """A browser's authenticator with at most one passkey.

    Attributes:
        origin: The origin of the page in the client data.
        verifies: Whether it verifies the user.
        is_synced: Whether its passkeys are copied to other devices.
        sign_count: The counter of the passkey; it stays 0 if `counts` is false.
    """

    origin: str
    verifies: bool = True
    is_synced: bool = False
    counts: bool = True
    sign_count: int = 0
    credential_id: bytes = b""
    user_handle: bytes | None = None
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: str) -> str:
        """Answer the options of `navigator.credentials.create`."""
        asked: dict[str, Any] = json.loads(options)
        self.credential_id = secrets.token_bytes(32)
        self.user_handle = decode(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1}
        point = {-2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = (
            bytes(16)
            + len(self.credential_id).to_bytes(2)
            + self.credential_id
            + encode_cbor({**cose, **point})
        )
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", asked["challenge"]),
            attestationObject=encode_cbor(attestation),
            transports=["internal", "hybrid", "unheard-of"],
        )

    def get(self, options: str, **changes: Any) -> str:
        """Answer the options of `navigator.credentials.get`.

        Args:
            options: The options, as JSON.
            **changes: Changes of the client data, such as `origin`.
        """
        asked: dict[str, Any] = json.loads(options)
        data = self._data(asked["rpId"])
        client_data = self._client_data(
            "webauthn.get", **{"challenge": asked["challenge"], **changes}
        )
        signed = data + hashlib.sha256(client_data).digest()
        return self._answer(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(SHA256())),
            userHandle=self.user_handle,
        )

    def _data(self, rp_id: str, flags: int = 0) -> bytes:
        self.sign_count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        flags |= SYNCABLE | SYNCED if self.is_synced else 0
        digest = hashlib.sha256(rp_id.encode()).digest()
        return digest + flags.to_bytes() + self.sign_count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str, **changes: Any) -> bytes:
        members = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps({**members, **changes}).encode()

    def _answer(self, **response: Any) -> str:
        encoded = {
            name: encode(value) if isinstance(value, bytes) else value
            for name, value in response.items()
            if value is not None
        }
        own = encode(self.credential_id)
        return json.dumps(
            {"id": own, "rawId": own, "type": "public-key", "response": encoded}
        )
