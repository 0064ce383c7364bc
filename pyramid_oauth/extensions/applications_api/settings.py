"""Settings of the JSON API of applications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyramid_oauth.models.redirect_uris import origin_problem
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import fatal

NAME = "applications_api"
"""The name of the endpoint."""


@dataclass(frozen=True, kw_only=True)
class ApplicationsApiSettings(Section):
    """Which tokens the API accepts, and for whose applications."""

    applications_read_scope: str = setting(
        to.text, "applications:read", "The scope that reads applications."
    )
    applications_write_scope: str = setting(
        to.text,
        "applications:write",
        "The scope that registers, changes and deletes applications, and gets secrets.",
    )
    applications_api_clients: tuple[str, ...] = setting(
        to.words,
        (),
        "The client_ids that manage the applications of everybody, by a token of their "
        "own (`client_credentials`). A token that a user allowed manages those of the "
        "user only, also if the user is an administrator.",
    )
    applications_api_origins: tuple[str, ...] = setting(
        to.words,
        (),
        "The origins whose scripts may call the API from a browser (CORS), such as "
        "`https://console.example.com`.",
    )


def _wrong_origins(section: ApplicationsApiSettings) -> Iterator[str]:
    for origin in section.applications_api_origins:
        if problem := origin_problem(origin):
            yield f"{origin} {problem}"


CHECKS = (
    fatal(
        "E071",
        "applications_api_origins",
        _wrong_origins,
        "must be origins of https pages: {}",
        section=ApplicationsApiSettings,
    ),
)
