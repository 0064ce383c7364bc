"""What is installed: the packages of an extra of this distribution.

No specification. `pip install pyramid_oauth` brings a verifier of access tokens alone;
whoever wants more without its packages gets the command that installs them.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

SERVER = (
    "alembic",
    "argon2",
    "click",
    "jinja2",
    "oauthlib",
    "pyramid",
    "pyramid_jinja2",
    "pyramid_tm",
    "sqlalchemy",
    "wtforms",
)
"""Modules that the extra `server` brings."""


class MissingPackages(ImportError):
    """The packages of an extra are not installed; the message names the command."""


def require_modules(extra: str, modules: Iterable[str]) -> None:
    """Raise MissingPackages if `modules` of an extra are not installed."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MissingPackages(
            f"{', '.join(missing)} not installed: the authorization server needs the "
            f"extra {extra!r}, pip install 'pyramid_oauth[{extra}]'"
        )
