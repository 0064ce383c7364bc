"""Administration of the keys of a server, by command and by page.

OpenID Connect Core section 10.1.1 (rotation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.keystore.rotation import Action, Intervals
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.models import Models
from pyramid_oauth.settings import Settings

NO_SECRET = (
    "pyramid_oauth.key_encryption_keys or pyramid_oauth.secret is needed to seal "
    "private keys in the database"
)


@dataclass(frozen=True)
class Keys:
    """The key store, and the settings of its rotation."""

    store: KeyStore
    intervals: Intervals
    algorithms: tuple[str, ...]

    def rotate(self, *, begin: bool = False) -> tuple[Action, ...]:
        """Do what is due; with `begin` replace the keys whatever their age."""
        age = 0 if begin else self.intervals.rotate_every
        intervals = replace(self.intervals, rotate_every=age)
        return self.store.rotate(intervals, self.algorithms)


def open_keys(
    session: Session, models: Models, settings: Settings, keks: Sequence[bytes]
) -> Keys:
    """Return the key store of a server.

    Args:
        session: The session in which keys are changed.
        models: The models of the server.
        settings: Its settings.
        keks: Its key-encryption keys, the current one first.

    Raises:
        KeysError: There is no key-encryption key.
    """
    if not keks:
        raise KeysError(NO_SECRET)
    own = settings[KeystoreSettings]
    intervals = Intervals(
        jwks_max_age=own.jwks_max_age,
        longest_token_lifetime=own.key_token_lifetime,
        reload=own.key_reload_interval,
        rotate_every=own.key_rotation_age,
    )
    store = KeyStore(session, models.SigningKey, key_seal(keks))
    return Keys(store, intervals, wanted_algorithms(settings))


def wanted_algorithms(settings: Settings) -> tuple[str, ...]:
    """Return the algorithms for which the database must have a key.

    There are none where keys come from files or signers: a key in the database would
    sign beside them.
    """
    own = settings[KeystoreSettings]
    if own.signing_key_files or own.signers is not None:
        return ()
    return own.signing_algorithms
