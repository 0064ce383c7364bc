"""New secrets of an application: generated, chosen, or by rotation.

RFC 6749 section 2.3.1. Only digests are stored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pyramid_oauth import hashing
from pyramid_oauth.clock import now


class ClientSecrets:
    """The methods of an application that give it a new secret."""

    if TYPE_CHECKING:
        client_secret: str | None
        retiring_client_secret: str | None
        retiring_client_secret_expires_at: datetime | None
        sealed_client_secret: str | None

    def new_client_secret(self) -> str:
        """Generate a secret, store its digest, and return the secret.

        It cannot be read again later.
        """
        # 64 characters, so that it can be a key for HS512 (RFC 7518 section 3.2).
        value = hashing.new_credential(48)
        self._store_secret(hashing.hash_generated(value))
        return value

    def set_client_secret(self, chosen: str) -> None:
        """Store the argon2 hash of a secret that a person chose."""
        self._store_secret(hashing.hash_chosen(chosen))

    def _store_secret(self, stored: str) -> None:
        self.client_secret = stored
        # It held the previous secret; `clients.keys.seal_secret` seals the new one.
        self.sealed_client_secret = None

    def rotate_client_secret(self, overlap: timedelta = timedelta(days=1)) -> str:
        """Generate a new secret; the old one stays valid for `overlap`.

        Args:
            overlap: How long clients may still use the old secret.

        Returns:
            The new secret, which cannot be read again later.
        """
        self.retiring_client_secret = self.client_secret
        self.retiring_client_secret_expires_at = now() + overlap
        return self.new_client_secret()
