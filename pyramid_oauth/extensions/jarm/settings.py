"""Settings of signed authorization responses (JARM)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class JarmSettings(Section):
    """Whether authorization responses may be unsigned."""

    require_jwt_response_mode: bool = setting(
        to.boolean,
        False,
        "Refuse authorization requests whose `response_mode` is none of `jwt`, "
        "`query.jwt`, `fragment.jwt` and `form_post.jwt`, so that every response is "
        "signed (FAPI 2.0 Message Signing section 5.4.1).",
    )
