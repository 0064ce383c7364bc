"""Checks of the secrets in the settings, the kernel's and those of every extension."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pyramid_oauth.models.redirect_uris import Rules, is_loopback
from pyramid_oauth.settings import PREFIX, Settings
from pyramid_oauth.settings.check_builders import SECRET_HELP, fatal, warning
from pyramid_oauth.settings.secret_strength import find_weakness


def is_issuer_local(issuer: str | None) -> bool:
    """Whether `issuer` is an address that only this machine can reach."""
    return is_loopback(urlsplit(issuer or "").hostname, Rules(localhost=True))


def _weak_secrets(settings: Settings) -> Iterator[str]:
    """Yield each setting with a weak secret, with the reason.

    They are accepted at an issuer that only this machine can reach, for development.
    """
    if settings.allow_known_secrets or is_issuer_local(settings.issuer):
        return
    for section in settings:
        for name, row in section.rows().items():
            if row.is_secret:
                yield from _weaknesses(row.setting, getattr(settings[section], name))


def _weaknesses(setting: str, value: object) -> Iterator[str]:
    secrets = value if isinstance(value, tuple) else (value,)
    for secret in secrets:
        weakness = find_weakness(secret) if secret else None
        if weakness:
            yield f"{setting} {weakness}"


CHECKS = (
    fatal(
        "E016",
        "",
        _weak_secrets,
        f"{{}}. {SECRET_HELP}. Where the whole server is a demonstration: "
        f"{PREFIX}allow_known_secrets = true",
        Settings,
    ),
    warning(
        "W124",
        "allow_known_secrets",
        lambda settings: (
            settings.allow_known_secrets and not is_issuer_local(settings.issuer)
        ),
        "accepts secrets and passwords that everybody knows, at an issuer that others "
        "can reach",
    ),
)
