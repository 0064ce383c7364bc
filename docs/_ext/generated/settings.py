"""The settings: one section for each part of the package that has some."""

from __future__ import annotations

import re
from collections.abc import Iterable

from docs._ext.generated.application import configured, owner
from docs._ext.generated.markup import code, prose, section, summary
from pyramid_oauth.settings import SETTINGS, Row, Section
from pyramid_oauth.settings.outbound import OutboundSettings
from pyramid_oauth.settings.scopes import ScopeSettings
from pyramid_oauth.settings.server import ServerSettings
from pyramid_oauth.standalone.accounts.authentication_context import (
    AuthenticationClasses,
)
from pyramid_oauth.standalone.mail.settings import MailSettings
from pyramid_oauth.standalone.settings import StandaloneSettings

CLASSES = "Dotted names of classes of yours: see :doc:`/reference/models`."


def text() -> str:
    """Every setting with its default and its sentence."""
    settings = configured().registry[SETTINGS]
    sections = [ServerSettings, ScopeSettings, OutboundSettings]
    sections += [each for each in settings if each not in sections]
    listed = {name for each in sections for name in each.rows()}
    models = [row for row in settings.known_rows() if row.name not in listed]
    return "\n\n".join(
        [
            *(_section(each) for each in sections),
            section("Classes of the models", CLASSES, _rows(models)),
            section(
                "The ready-made server",
                summary(StandaloneSettings),
                _rows(StandaloneSettings.rows().values()),
            ),
            section(
                "Mail of the ready-made server",
                summary(MailSettings),
                _rows(MailSettings.rows().values()),
            ),
        ]
    )


def _section(each: type[Section]) -> str:
    extension = owner(each.__module__)
    title = extension if extension != "kernel" else _kernel_title(each)
    return section(title, summary(each), _rows(each.rows().values()))


def _kernel_title(each: type[Section]) -> str:
    name = each.__name__.removesuffix("Settings")
    if each is ServerSettings or name == "DPoP":
        return "The server" if each is ServerSettings else "DPoP proofs"
    return " ".join(re.findall("[A-Z][a-z]*", name)).capitalize()


def _rows(rows: Iterable[Row]) -> str:
    return "\n\n".join(
        f".. confval:: {row.setting}\n\n   {prose(_sentences(row))}" for row in rows
    )


def _sentences(row: Row) -> str:
    """The meaning of a setting, and its default unless the meaning says it in words."""
    if re.search(r"\bdefault: ", row.meaning, re.IGNORECASE):
        return row.meaning
    return f"{row.meaning} Default: {_default(row)}."


def _default(row: Row) -> str:
    if row.is_secret or row.default in (None, "", ()):
        return "none"
    if row.default == {}:
        return "empty"
    if isinstance(row.default, AuthenticationClasses):
        classes = row.default.by_level.items()
        return ", ".join(code(f"{level} = {name}") for level, name in classes)
    if isinstance(row.default, tuple):
        return code(" ".join(map(str, row.default)))
    return code(row.default)
