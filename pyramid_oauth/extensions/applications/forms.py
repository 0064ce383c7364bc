"""Forms of applications, built from the configured Application class.

No specification. This module defines the fields of the kernel. The field of a column
that the host has added follows from the type of the column; label and description come
from its `info`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import inspect as mapping_of
from wtforms import BooleanField, Field, Form, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from pyramid_oauth.extensions.applications.fields import own_columns
from pyramid_oauth.extensions.applications.form_fields import (
    LinesField,
    UnsetField,
    WordsField,
    column_field,
    words_field,
)
from pyramid_oauth.extensions.applications.member_fields import (
    MEMBER_PREFIX,
    METADATA,
    member_fields,
    present_members,
    read_members,
)
from pyramid_oauth.extensions.applications.settings import (
    EVERY_SCOPE,
    ApplicationsSettings,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application_validation import LIFETIMES
from pyramid_oauth.models.client_metadata_fields import LONGEST_TEXT, MOST_SECONDS
from pyramid_oauth.server import Server, ServerRequest

_PKCE = {"": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Choices:
    """The words among which the fields of a form choose, by field.

    Attributes:
        members: Makes the form fields of the client metadata; fields stand in a form
            in the order in which they are made.
    """

    token_endpoint_auth_method: Sequence[str]
    authorization_grant_type: Sequence[str]
    scopes: Sequence[str]
    members: Callable[[], Mapping[str, Any]]


def find_choices(
    request: ServerRequest,
    server: Server,
    application: AbstractApplication | None,
    *,
    by_administrator: bool,
) -> Choices:
    """Return what the person may choose, and what the application has already."""
    section = server.settings[ApplicationsSettings]
    grants, scopes = list(server.grants), list(server.scopes.catalogue(request))
    if not by_administrator:
        grants = [name for name in grants if name in section.application_grant_types]
        if EVERY_SCOPE not in section.application_scopes:
            scopes = [name for name in scopes if name in section.application_scopes]
    methods = server.metadata.get("token_endpoint_auth_methods_supported") or ()

    def with_present(words: Sequence[str], name: str) -> list[str]:
        present = getattr(application, name, None) or ""
        return list(dict.fromkeys([*words, *present.split()]))

    return Choices(
        with_present(methods, "token_endpoint_auth_method"),
        with_present(grants, "authorization_grant_type"),
        with_present(scopes, "allowed_scopes"),
        partial(member_fields, server, application, by_administrator=by_administrator),
    )


def build_form(
    model: type[AbstractApplication],
    names: Sequence[str],
    choices: Choices,
    locale: str,
) -> type[Form]:
    """Return the class of the form with the fields `names`."""
    fields: dict[str, Any] = {}
    for name in names:
        fields |= _kernel_fields(name, choices)
    own = own_columns(model)
    for name in (name for name in names if name in own):
        field = column_field(own[name], own[name].info.get("label") or _title(name))
        if field is not None:
            fields[name] = field
    meta = type("Meta", (), {"locales": [locale.replace("-", "_")], "csrf": False})
    made: type[Form] = type("ApplicationForm", (Form,), {**fields, "Meta": meta})
    return made


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _kernel_fields(name: str, choices: Choices) -> Mapping[str, Any]:
    """Return the form fields of a field of the kernel; none for a host's column."""
    if name == METADATA:
        return choices.members()
    if name in LIFETIMES:
        limits = [Optional(), NumberRange(1, MOST_SECONDS)]
        return {name: IntegerField(name, limits)}
    makers: dict[str, Callable[[], Any]] = {
        "name": lambda: StringField(name, [InputRequired(), Length(max=LONGEST_TEXT)]),
        "token_endpoint_auth_method": lambda: SelectField(
            name, choices=choices.token_endpoint_auth_method
        ),
        "redirect_uris": lambda: LinesField(name),
        "post_logout_redirect_uris": lambda: LinesField(name),
        "allowed_origins": lambda: LinesField(name),
        "authorization_grant_type": lambda: words_field(
            name, choices.authorization_grant_type
        ),
        "allowed_scopes": lambda: words_field(name, choices.scopes),
        "default_scopes": lambda: words_field(name, choices.scopes),
        "user_id": lambda: UnsetField(name, [Length(max=LONGEST_TEXT)]),
        "skip_authorization": lambda: BooleanField(name),
        "introspection": lambda: SelectField(name, choices=["own", "any"]),
        "pkce_required": lambda: SelectField(
            name, choices=list(_PKCE), coerce=_pkce_word, default=""
        ),
    }
    return {name: makers[name]()} if name in makers else {}


def _pkce_word(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "yes" if value else "no"


def present_data(server: Server, application: AbstractApplication) -> dict[str, Any]:
    """Return the data of a form that shows `application`."""
    columns = mapping_of(type(application)).column_attrs
    names = (attribute.key for attribute in columns)
    values = {name: getattr(application, name) for name in names}
    return {**values, **present_members(server, application)}


def read_values(
    model: type[AbstractApplication],
    form: Form,
    application: AbstractApplication | None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the values of a submitted form, and its errors, both by field.

    A value that could not be read is left out.
    """
    form.validate()
    errors = {name: [str(each) for each in found] for name, found in _errors(form)}
    values: dict[str, Any] = {}
    for name, field in form._fields.items():
        if name in errors or name.startswith(MEMBER_PREFIX):
            continue
        value = _to_column(name, field)
        if value is not None or _may_be_empty(model, name):
            values[name] = value
    if METADATA in form._fields:
        values[METADATA] = read_members(form, application, errors)
    return values, errors


def _errors(form: Form) -> Iterator[tuple[str, Sequence[str]]]:
    return (
        (name, field.errors) for name, field in form._fields.items() if field.errors
    )


def _may_be_empty(model: type[AbstractApplication], name: str) -> bool:
    """Whether the column may be NULL; if not, an empty field keeps value or default."""
    return bool(mapping_of(model).column_attrs[name].columns[0].nullable)


def _to_column(name: str, field: Field) -> Any:  # noqa: ANN401 - of any column
    if name == "pkce_required":
        return _PKCE[field.data]
    value = " ".join(field.data) if isinstance(field, WordsField) else field.data
    return value or None if name in ("allowed_scopes", "default_scopes") else value
