"""Form fields of the client metadata (RFC 7591 section 2).

Some members have a field here. An extension that adds a member says by its
`MemberInput` how people set it, so that the field is there with the extension only. All
others are in one field, as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import BooleanField, Form

from pyramid_oauth.extensions.applications.form_fields import (
    MOST_CHOICES,
    HeldField,
    JsonField,
    ListField,
    UnsetField,
    WordsField,
)
from pyramid_oauth.i18n import Problem, _
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.administrator_members import (
    ADMINISTRATOR_MEMBERS,
    held_members,
)
from pyramid_oauth.models.client_metadata_fields import (
    BOX,
    CHOICES,
    TEXT,
    Errors,
    Field,
    MemberInput,
)
from pyramid_oauth.models.metadata_columns import columns_by_member
from pyramid_oauth.server import Server

URL_MEMBERS = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "jwks_uri")

MEMBERS = (*URL_MEMBERS, "contacts")
"""The members of the kernel that have a field of their own."""

SET_BY_ADMINISTRATOR = _(
    "An administrator has set this; only administrators can change it."
)

METADATA, MEMBER_PREFIX = "client_metadata", "metadata_"


def security_members(server: Server) -> dict[str, Field]:
    """Return the members that extensions let people set in a form, by name.

    Text comes first: the names in a certificate. Then come boxes, and several boxes.
    """
    fields = server.application_rules.schema.fields.values()
    return {
        field.name: field
        for kind in (TEXT, BOX, CHOICES)
        for field in fields
        if field.column is None and field.input and field.input.kind == kind
    }


def repeatable_fields(server: Server) -> frozenset[str]:
    """Return the names of the form fields whose boxes are sent one by one."""
    members = security_members(server).items()
    return frozenset(
        f"{MEMBER_PREFIX}{name}"
        for name, member in members
        if member.input is not None and member.input.kind == CHOICES
    )


def member_fields(
    server: Server,
    application: AbstractApplication | None,
    *,
    by_administrator: bool,
) -> dict[str, Any]:
    """Return the form fields of all members, by name of the form field."""
    fields: dict[str, Any] = {}
    for name in _kernel_members(server):
        is_url = name in URL_MEMBERS
        field = UnsetField(name, render_kw={"inputmode": "url"}) if is_url else None
        fields[f"{MEMBER_PREFIX}{name}"] = field or ListField(name)
    present = (application and application.client_metadata) or {}
    held = frozenset() if by_administrator else held_members(present)
    for name, member in security_members(server).items():
        make = _held_field if name in held else _field
        fields[f"{MEMBER_PREFIX}{name}"] = make(server, member, present.get(name))
    return {**fields, METADATA: JsonField(METADATA)}


def _kernel_members(server: Server) -> list[str]:
    """Return the members of ours, unless a column of the host stores them."""
    model: Any = server.models.Application
    return [name for name in MEMBERS if name not in columns_by_member(model)]


def _held_field(server: Server, member: Field, present: object) -> Any:  # noqa: ANN401 - an unbound field
    label = member.input.label if member.input else member.name
    return HeldField(label=label, description=SET_BY_ADMINISTRATOR, present=present)


def _field(server: Server, member: Field, present: object) -> Any:  # noqa: ANN401 - an unbound field
    given = member.input or MemberInput(label=member.name)
    about = {"label": given.label, "description": given.hint}
    if given.kind == BOX:
        return BooleanField(**about)
    if given.kind != CHOICES:
        return UnsetField(**about)
    offered = list(server.metadata.get(member.offered or "") or ())
    if len(offered) > MOST_CHOICES:
        return ListField(**about)
    kept = present if isinstance(present, list) else []
    return WordsField(choices=list(dict.fromkeys([*offered, *kept])), **about)


def present_members(server: Server, application: AbstractApplication) -> dict[str, Any]:
    """Return the data of the fields of a form that shows `application`."""
    metadata = dict(application.client_metadata or {})
    metadata.pop(ADMINISTRATOR_MEMBERS, None)
    names = (*_kernel_members(server), *security_members(server))
    data = {f"{MEMBER_PREFIX}{name}": metadata.pop(name, None) for name in names}
    return {**data, METADATA: metadata}


def shown_members(
    server: Server, application: AbstractApplication
) -> list[tuple[str, Sequence[str] | bool]]:
    """Return the label and the value of each security option that is set."""
    present = application.client_metadata or {}
    return [
        (member.input.label, _shown(present[name]))
        for name, member in security_members(server).items()
        if member.input is not None and present.get(name)
    ]


def _shown(value: object) -> Sequence[str] | bool:
    if isinstance(value, list):
        return [str(each) for each in value]
    return value is True or [str(value)]


def read_members(
    form: Form, application: AbstractApplication | None, errors: Errors
) -> Mapping[str, Any]:
    """Return the members of a submitted form; None for those that are removed."""
    further = form._fields[METADATA].data
    if not isinstance(further, (dict, type(None))):
        errors[METADATA] = [Problem("is not a JSON object")]
        return {}
    present = (application.client_metadata if application is not None else None) or {}
    members: dict[str, Any] = dict.fromkeys(present)
    if ADMINISTRATOR_MEMBERS in present:
        members[ADMINISTRATOR_MEMBERS] = present[ADMINISTRATOR_MEMBERS]
    for name, field in form._fields.items():
        if name.startswith(MEMBER_PREFIX):
            member = name.removeprefix(MEMBER_PREFIX)
            is_false = field.data is False and present.get(member) is False
            members[member] = False if is_false else field.data or None
    return members | dict(further or {})
