"""View of a form for the templates: fields with texts, errors and inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from wtforms import BooleanField, Field, Form, SelectField

from pyramid_oauth.extensions.applications.fields import own_columns
from pyramid_oauth.extensions.applications.form_fields import (
    HeldField,
    JsonField,
    LinesField,
    UnsetField,
    WordsField,
)
from pyramid_oauth.extensions.applications.labels import HINTS, LABELS, OPTIONS
from pyramid_oauth.extensions.applications.member_fields import (
    MEMBER_PREFIX,
    security_members,
)
from pyramid_oauth.i18n import translate_problem
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import ServerRequest

ID = "application-"

METHOD = "token_endpoint_auth_method"
"""The field whose errors may ask for a security option."""

FIRST = (
    "name",
    "redirect_uris",
    "token_endpoint_auth_method",
    "authorization_grant_type",
    "metadata_client_uri",
    "metadata_logo_uri",
)
"""The fields of the kernel that are not folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of the form.

    Attributes:
        name: The name, by which a host's template finds it.
        id: The identifier of the input.
        label: The label.
        hint: What the field is for; may be empty.
        errors: What is wrong with the value.
        kind: How it is shown: `text`, `box` (one to tick) or `boxes`.
        inputs: The HTML of the inputs; one, except for `boxes`.
    """

    name: str
    id: str
    label: str
    hint: str
    errors: tuple[str, ...]
    kind: str
    inputs: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """The form of a page.

    Attributes:
        fields: The main fields, and those of the host.
        security: The members of the metadata that extensions add, in a section that is
            folded unless one has a value.
        further: The other fields of the kernel, in a collapsed section.
        others: Errors that belong to no field of this form.
        uses_security: Whether a field of `security` has a value or is asked for.
    """

    fields: tuple[FieldView, ...]
    security: tuple[FieldView, ...]
    further: tuple[FieldView, ...]
    others: tuple[str, ...]
    uses_security: bool

    @property
    def faulty(self) -> list[FieldView]:
        """The fields with errors."""
        return [
            each
            for each in (*self.fields, *self.security, *self.further)
            if each.errors
        ]


def show_form(
    request: ServerRequest,
    model: type[AbstractApplication],
    form: Form,
    errors: Mapping[str, Sequence[str]],
) -> FormView:
    """Return what the page shows of `form`."""
    fields = form._fields
    translate = request.localizer.translate
    by_field: dict[str, list[str]] = {}
    others: list[str] = []
    for name, found in errors.items():
        place = name if name in fields else f"{MEMBER_PREFIX}{name}"
        if place in fields:
            by_field.setdefault(place, []).extend(found)
        else:
            others += [f"{name}: {translate_problem(p, translate)}" for p in found]
    views = list(_views(request, model, fields, by_field))
    first = {*FIRST, *own_columns(model)}
    members = security_members(request.oauth.server)
    guarded = {f"{MEMBER_PREFIX}{name}" for name in members}
    return FormView(
        fields=tuple(each for each in views if each.name in first),
        security=tuple(each for each in views if each.name in guarded),
        further=tuple(each for each in views if each.name not in first | guarded),
        others=tuple(others),
        uses_security=bool((guarded | {METHOD}) & by_field.keys())
        or any(fields[name].data for name in guarded),
    )


def _views(
    request: ServerRequest,
    model: type[AbstractApplication],
    fields: Mapping[str, Field],
    errors: Mapping[str, Sequence[str]],
) -> Iterator[FieldView]:
    translate, own = request.localizer.translate, own_columns(model)
    for name, field in fields.items():
        column = own.get(name)
        hint = HINTS.get(name) or field.description
        if column is not None:
            hint = column.info.get("description") or column.doc or ""
        found = tuple(translate_problem(p, translate) for p in errors.get(name, ()))
        yield FieldView(
            name=name,
            id=f"{ID}{name}",
            label=translate(LABELS.get(name, field.label.text)),
            hint=translate(hint),
            errors=found,
            kind=_kind(field),
            inputs=tuple(_inputs(request, field, bool(hint), bool(found))),
        )


def _kind(field: Field) -> str:
    if isinstance(field, WordsField):
        return "boxes"
    return "box" if _is_box(field) else "text"


def _is_box(field: Field) -> bool:
    is_held = isinstance(field, HeldField) and field.data is True
    return is_held or isinstance(field, BooleanField)


def _inputs(
    request: ServerRequest, field: Field, has_hint: bool, has_errors: bool
) -> Iterator[Markup]:
    translate, identifier = request.localizer.translate, f"{ID}{field.name}"
    described = [f"{identifier}-hint"] * has_hint + [
        f"{identifier}-errors"
    ] * has_errors
    attributes: dict[str, Any] = {"id": identifier}
    if not (isinstance(field, SelectField) or _is_box(field)):
        # URLs and JSON are read from the left in every language.
        is_code = isinstance(field, (LinesField, JsonField, UnsetField, HeldField))
        attributes["dir"] = "ltr" if is_code else "auto"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if has_errors:
        attributes["aria-invalid"] = "true"
    if not isinstance(field, WordsField):
        if isinstance(field, SelectField):
            field.choices = [
                (value, translate(OPTIONS.get(value, value)))
                for value, *_ in field.iter_choices()
            ]
        yield field(**attributes)
        return
    for option in field:
        label = translate(OPTIONS.get(option.data, option.data))
        box = Markup('<input type="checkbox" name="{}" value="{}"{}> <span>{}</span>')
        ticked = Markup(" checked") if option.checked else ""
        yield box.format(field.name, option.data, ticked, label)
