"""Forms of applications, built from the configured Application class.

No specification. This module defines the fields of the kernel. The field of a column
that the host has added follows from the type of the column; label and description come
from its `info`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect as mapping_of
from wtforms import BooleanField, Field, Form, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from pyramid_oauth.extensions.applications.fields import own_columns
from pyramid_oauth.extensions.applications.form_fields import (
    JsonField,
    LinesField,
    ListField,
    UnsetField,
    WordsField,
    column_field,
)
from pyramid_oauth.extensions.applications.settings import (
    EVERY_SCOPE,
    ApplicationsSettings,
)
from pyramid_oauth.i18n import Problem
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application_validation import LIFETIMES
from pyramid_oauth.models.client_metadata_fields import LONGEST_TEXT, MOST_SECONDS
from pyramid_oauth.models.metadata_columns import columns_by_member
from pyramid_oauth.server import Server, ServerRequest

URL_MEMBERS = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "jwks_uri")

MEMBERS = (*URL_MEMBERS, "contacts")
"""The members of the client metadata that have a field of their own."""

METADATA, MEMBER_PREFIX = "client_metadata", "metadata_"

MOST_CHOICES = 30
"""Beyond, words are typed instead of ticked."""

_PKCE = {"": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Choices:
    """The words among which the fields of a form choose, by field."""

    token_endpoint_auth_method: Sequence[str]
    authorization_grant_type: Sequence[str]
    scopes: Sequence[str]


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
        fields |= _kernel_fields(model, name, choices)
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


def _kernel_fields(
    model: type[AbstractApplication], name: str, choices: Choices
) -> dict[str, Any]:
    """Return the form fields of a field of the kernel; none for a host's column."""
    if name == METADATA:
        return _member_fields(model)
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


def members_of(model: type[Any]) -> list[str]:
    """Return the members with a field here, unless a column of the host stores them."""
    mapped: Any = model
    return [name for name in MEMBERS if name not in columns_by_member(mapped)]


def _member_fields(model: type[AbstractApplication]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in members_of(model):
        is_url = name in URL_MEMBERS
        field = UnsetField(name, render_kw={"inputmode": "url"}) if is_url else None
        fields[f"{MEMBER_PREFIX}{name}"] = field or ListField(name)
    return {**fields, METADATA: JsonField(METADATA)}


def words_field(name: str, words: Sequence[str]) -> Any:  # noqa: ANN401 - an unbound field
    """Return a field for some of `words`: boxes to tick, or lines if there are many."""
    if len(words) > MOST_CHOICES:
        return LinesField(name)
    return WordsField(name, choices=list(words))


def _pkce_word(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return "yes" if value else "no"


def present_data(application: AbstractApplication) -> dict[str, Any]:
    """Return the data of a form that shows `application`."""
    metadata = dict(application.client_metadata or {})
    members = members_of(type(application))
    data = {f"{MEMBER_PREFIX}{name}": metadata.pop(name, None) for name in members}
    columns = mapping_of(type(application)).column_attrs
    names = (attribute.key for attribute in columns)
    values = {name: getattr(application, name) for name in names}
    return {**values, **data, METADATA: metadata}


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
        further = form._fields[METADATA].data
        values[METADATA] = _read_members(form, further, application, errors)
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


def _read_members(
    form: Form,
    further: object,
    application: AbstractApplication | None,
    errors: dict[str, list[str]],
) -> Mapping[str, Any]:
    """Return the members of the metadata; None for those that are removed."""
    if not isinstance(further, (dict, type(None))):
        errors[METADATA] = [Problem("is not a JSON object")]
        return {}
    present = (application.client_metadata if application is not None else None) or {}
    members: dict[str, Any] = dict.fromkeys(present)
    members |= {
        name.removeprefix(MEMBER_PREFIX): field.data
        for name, field in form._fields.items()
        if name.startswith(MEMBER_PREFIX)
    }
    return members | dict(further or {})
