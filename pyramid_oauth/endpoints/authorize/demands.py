"""What a request demands of the login and of the person (OpenID Connect Core 3.1.2).

Parsed once from the parameters; a request without `openid` demands nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """The parsed parameters of an authentication request.

    `max_age` is in seconds. `acrs` are the values of which the login must reach one,
    `acr_values` those that were only wished for. `subjects` are the only ones that may
    be answered for, each as the client knows it (None: anybody). `auth_time` says that
    the time of the login must be known. `claims` is what the parameter of that name
    asked for, by target; `claims_locales` are the languages it is wanted in.
    """

    nonce: str | None = None
    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    subjects: frozenset[str] | None = None
    auth_time: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict)
    claims_locales: tuple[str, ...] = ()


NONE = Demands()
