"""Key store: generation, rotation, storage and publication of the server's keys.

RFC 7517. Included by an extension that signs or decrypts.
"""

from __future__ import annotations

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.keystore.models import SIGNING_KEY
from pyramid_oauth.keystore.settings import KeystoreSettings


def includeme(config: Configurator) -> None:
    """Add the settings and the table of the keys."""
    config.add_oauth_settings(KeystoreSettings)
    config.add_oauth_model(SIGNING_KEY)
