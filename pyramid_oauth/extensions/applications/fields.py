"""Fields of an application that people may set, by their role.

No specification. The columns of the kernel are known by name; those of a host's own
class are for owners unless their `info` says otherwise:
`mapped_column(..., info={"set_by": "administrator"})`, or `"nobody"`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlalchemy import inspect as mapping_of

from pyramid_oauth.models import KERNEL_MODELS, AbstractApplication
from pyramid_oauth.models.metadata_columns import OWNER, SET_BY

OWNER_FIELDS = (
    "name",
    "redirect_uris",
    "token_endpoint_auth_method",
    "authorization_grant_type",
    "post_logout_redirect_uris",
    "allowed_origins",
    "allowed_scopes",
    "default_scopes",
    "client_metadata",
)
"""The fields of the kernel that owners may set; `client_type` follows the method."""

ADMINISTRATOR_FIELDS = (
    "user_id",
    "skip_authorization",
    "introspection",
    "pkce_required",
    "access_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_token_absolute_lifetime",
)
"""Those that administrators may set in addition: they make a client trusted."""


def settable_fields(
    model: type[AbstractApplication], *, by_administrator: bool
) -> tuple[str, ...]:
    """Return the names of the fields that a person may set, in the order of a form."""
    roles = {OWNER, "administrator"} if by_administrator else {OWNER}
    columns = own_columns(model).items()
    own = [name for name, column in columns if _role(column) in roles]
    return (*OWNER_FIELDS, *own, *(ADMINISTRATOR_FIELDS if by_administrator else ()))


def own_columns(model: type[AbstractApplication]) -> dict[str, Column[Any]]:
    """Return the columns that the host has added, by attribute name.

    Foreign keys, computed columns and binary data are left out: no form shows them.
    """
    return {
        attribute.key: column
        for attribute in mapping_of(model).column_attrs
        if attribute.key not in KERNEL_MODELS[0].columns
        and isinstance(column := attribute.columns[0], Column)
        and _may_be_shown(column)
    }


def _may_be_shown(column: Column[Any]) -> bool:
    is_key = column.primary_key or bool(column.foreign_keys)
    is_set_by_database = column.computed is not None or column.onupdate is not None
    return not (is_key or is_set_by_database or isinstance(column.type, LargeBinary))


def _role(column: Column[Any]) -> str:
    role: str = column.info.get(SET_BY, OWNER)
    return role
