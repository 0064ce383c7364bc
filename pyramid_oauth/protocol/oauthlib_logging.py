"""Keep credentials out of the log: oauthlib writes refresh tokens at level DEBUG."""

from __future__ import annotations

import logging
import warnings

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.interfaces.configurator import Configurator

OAUTHLIB = "oauthlib"


def includeme(config: Configurator) -> None:
    """Leave out oauthlib's messages of level DEBUG, whatever the root logger shows.

    A host that sets the level of the logger `oauthlib` itself keeps it, and is warned.
    """
    logger = logging.getLogger(OAUTHLIB)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    elif logger.level <= logging.DEBUG:
        warnings.warn(
            "the logger `oauthlib` has level DEBUG: it writes refresh tokens",
            InsecureSettingWarning,
            stacklevel=2,
        )
