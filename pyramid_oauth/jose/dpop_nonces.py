"""Nonces for DPoP proofs, without state (RFC 9449 sections 8 and 9).

A nonce is a keyed hash of the number of the current time slot. So every process that
has the secret accepts the nonces of the others, and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest, digest

from pyramid_oauth.jose.json import encode_base64url

_PURPOSE = b"dpop nonce "


@dataclass(frozen=True, slots=True)
class RotatingNonces:
    """Nonces that change after a time.

    Attributes:
        secrets: The first makes nonces, all accept them.
        lifetime: Seconds after which there is a new nonce. The one before is accepted
            for as long again.
        leeway: Seconds by which the clocks of two servers may differ.
    """

    secrets: tuple[bytes, ...]
    lifetime: int
    leeway: int = 10

    def current(self, now: float) -> str:
        """Return the newest nonce."""
        return self._nonce(self.secrets[0], int(now // self.lifetime))

    def judge(self, nonce: str, now: float) -> bool | None:
        """Return whether an accepted nonce is the newest; None if it is refused."""
        slot = int(now // self.lifetime)
        if not nonce.isascii():
            return None
        if compare_digest(nonce, self._nonce(self.secrets[0], slot)):
            return True
        # Another server may be ahead, or use another of the secrets.
        slots = {slot, slot - 1, int((now + self.leeway) // self.lifetime)}
        return False if self._is_one_of(nonce, slots) else None

    def _is_one_of(self, nonce: str, slots: Iterable[int]) -> bool:
        return any(
            compare_digest(nonce, self._nonce(secret, slot))
            for secret in self.secrets
            for slot in slots
        )

    @staticmethod
    def _nonce(secret: bytes, slot: int) -> str:
        return encode_base64url(digest(secret, _PURPOSE + b"%d" % slot, "sha256"))
