"""The pages: list, register, show, edit, disable, rotate the secret, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pyramid.response import Response
from sqlalchemy.exc import IntegrityError
from wtforms import Form

from pyramid_oauth.clients.validation import needs_secret
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.extensions.applications.container import (
    CHANGE,
    DELETE,
    REGISTER,
    ROTATE_SECRET,
)
from pyramid_oauth.extensions.applications.form_view import show_form
from pyramid_oauth.extensions.applications.forms import (
    build_form,
    find_choices,
    present_data,
    read_values,
)
from pyramid_oauth.extensions.applications.member_fields import shown_members
from pyramid_oauth.extensions.applications.pages import Visit, repeatable
from pyramid_oauth.extensions.applications.submissions import FIELD as SUBMISSION
from pyramid_oauth.extensions.applications.submissions import (
    client_id_for,
    find_registered,
    new_submission,
)
from pyramid_oauth.http.responses import doom_transaction, see_other
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.pages.client_info import show_client
from pyramid_oauth.pages.rendering import target


class FormData(dict[str, str]):
    """The parameters of a form, as WTForms reads them."""

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit.parameters)
        self._repeatable = repeatable(visit.request.oauth.server)

    def getlist(self, name: str) -> list[str]:
        """Return the values of a field; those of ticked boxes are words of one text."""
        value = self.get(name)
        if value is None:
            return []
        return value.split() if name in self._repeatable else [value]


DEFAULTS = {"authorization_grant_type": "authorization_code refresh_token"}
"""What the form of a new application has ticked."""

OUTCOMES = frozenset(
    {"changed", "disabled", "enabled", "deleted", "registered", "repeated"}
)
"""What the page that a form leads to may say was done."""


def show_list(visit: Visit) -> Response:
    """Show the applications that the person may see, a page at a time."""
    parameters = visit.parameters
    search, own = parameters.get("search", ""), parameters.get("own") == "yes"
    found = visit.manager.list(search=search, after=parameters.get("after"), own=own)
    again = {"search": search, "own": "yes" if own else ""}
    query = {name: value for name, value in again.items() if value}
    container = visit.container
    following = {**query, "after": found.next} if found.next else None
    return visit.show(
        "applications",
        applications=[_summary(visit, each) for each in found.applications],
        search=search,
        own=own,
        is_first="after" not in parameters,
        next_path=following and visit.path(container, **following),
        first_path=visit.path(container, **query),
        register_path=visit.path(container, "register"),
        may_register=visit.manager.may(REGISTER, container),
        outcome=_outcome(visit),
    )


def _summary(visit: Visit, application: AbstractApplication) -> dict[str, Any]:
    return {
        "path": visit.path(application),
        "name": application.name or application.client_id,
        "client_id": application.client_id,
        "owner": application.user_id,
        "source": application.source,
        "is_disabled": application.disabled_at is not None,
    }


def _outcome(visit: Visit) -> str | None:
    done = visit.parameters.get("done")
    return done if done in OUTCOMES else None


def register(visit: Visit) -> Response:
    """Show the form (GET), or register an application (POST)."""
    manager = visit.manager
    manager.require(REGISTER, visit.container)
    if visit.request.method != "POST":
        initial = {"user_id": visit.account.subject, **DEFAULTS}
        return _show_form(visit, _form(visit, None, data=initial), {}, None)
    client_id = client_id_for(manager, visit.parameters.get(SUBMISSION, ""))
    if (present := find_registered(manager, client_id)) is not None:
        return see_other(visit.path(present, done="repeated"))
    form = _form(visit, None, formdata=FormData(visit))
    values, errors = read_values(_model(visit), form, None)
    try:
        registered = manager.register(values, errors, client_id)
    except FieldErrors as refused:
        return _show_form(visit, form, refused.errors, None, status=400)
    except IntegrityError:  # the same form was sent twice at the same time
        path = visit.path(visit.container, client_id, done="repeated")
        return doom_transaction(visit.request, see_other(path))
    application = registered.application
    if registered.client_secret is None:
        return see_other(visit.path(application, done="registered"))
    return _show_secret(visit, application, registered.client_secret)


def show(visit: Visit) -> Response:
    """Show one application, without its secret."""
    application = visit.context
    request = visit.request
    info = show_client(request.oauth.server, application, request.locale_name)
    retiring = application.retiring_client_secret_expires_at
    images = (target(info.logo),) if info.logo else ()
    return visit.show(
        "application",
        images=images,
        client=info,
        application=application,
        has_secret=application.client_secret is not None,
        former_expires_at=retiring if retiring and retiring > now() else None,
        security=[
            (request.localizer.translate(label), value)
            for label, value in shown_members(request.oauth.server, application)
        ],
        actions=_actions(visit, application),
        outcome=_outcome(visit),
    )


def _actions(visit: Visit, application: AbstractApplication) -> dict[str, str]:
    """Return the paths of the actions that the person may take, by name."""
    manager = visit.manager
    is_disabled = application.disabled_at is not None
    has_secret = needs_secret(application)
    permitted = {
        "edit": manager.may(CHANGE, application),
        "rotate-secret": has_secret and manager.may(ROTATE_SECRET, application),
        "disable": manager.may_disable(application),
        "enable": is_disabled and manager.may_enable(application),
        "delete": manager.may(DELETE, application),
    }
    names = [name for name, is_permitted in permitted.items() if is_permitted]
    return {name: visit.path(application, name) for name in names}


def edit(visit: Visit) -> Response:
    """Show the form with the present values (GET), or change them (POST)."""
    application, manager = visit.context, visit.manager
    manager.require(CHANGE, application)
    server = visit.request.oauth.server
    if visit.request.method != "POST":
        form = _form(visit, application, data=present_data(server, application))
        return _show_form(visit, form, {}, application)
    form = _form(visit, application, formdata=FormData(visit))
    values, errors = read_values(_model(visit), form, application)
    try:
        secret = manager.change(
            application, values, revision=_revision(visit), errors=errors
        )
    except FieldErrors as refused:
        return _show_form(visit, form, refused.errors, application, status=400)
    if secret is not None:
        return _show_secret(visit, application, secret)
    return see_other(visit.path(application, done="changed"))


def disable(visit: Visit) -> Response:
    """Disable an application."""
    visit.manager.set_enabled(visit.context, False)
    return see_other(visit.path(visit.context, done="disabled"))


def enable(visit: Visit) -> Response:
    """Enable an application."""
    visit.manager.set_enabled(visit.context, True)
    return see_other(visit.path(visit.context, done="enabled"))


def rotate_secret(visit: Visit) -> Response:
    """Generate a new secret and show it once."""
    application = visit.context
    try:
        rotated = visit.manager.rotate_secret(application, revision=_revision(visit))
    except FieldErrors:
        return see_other(visit.path(application))
    return _show_secret(
        visit, application, rotated.client_secret, former=rotated.former_expires_at
    )


def delete(visit: Visit) -> Response:
    """Ask whether to delete an application (GET), or delete it (POST)."""
    application = visit.context
    visit.manager.require(DELETE, application)
    if visit.request.method != "POST":
        return visit.show(
            "application_deletion",
            name=application.name or application.client_id,
            client_id=application.client_id,
            action=visit.path(application, "delete"),
            path=visit.path(application),
        )
    path = visit.path(visit.container, done="deleted")
    visit.manager.delete(application)
    return see_other(path)


def _model(visit: Visit) -> Any:  # noqa: ANN401 - the host's class
    return visit.request.oauth.models.Application


def _revision(visit: Visit) -> int:
    """Return the revision that the person has seen; -1 if the form has none."""
    text = visit.parameters.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _form(
    visit: Visit,
    application: AbstractApplication | None,
    *,
    data: Mapping[str, Any] | None = None,
    formdata: FormData | None = None,
) -> Form:
    request, manager = visit.request, visit.manager
    choices = find_choices(
        request,
        request.oauth.server,
        application,
        by_administrator=manager.is_administrator,
    )
    form = build_form(_model(visit), manager.fields, choices, request.locale_name)
    return form(formdata, data=data)


def _show_form(
    visit: Visit,
    form: Form,
    errors: Mapping[str, Sequence[str]],
    application: AbstractApplication | None,
    status: int = 200,
) -> Response:
    node, name = (
        (visit.container, "register") if application is None else (application, "edit")
    )
    return visit.show(
        "application_form",
        status,
        form=show_form(visit.request, _model(visit), form, errors),
        has_errors=bool(errors),
        name=application and (application.name or application.client_id),
        revision=application and application.revision,
        submission=visit.parameters.get(SUBMISSION) or new_submission(),
        action=visit.path(node, name),
        back_path=visit.path(node),
    )


def _show_secret(
    visit: Visit,
    application: AbstractApplication,
    secret: str,
    former: datetime | None = None,
) -> Response:
    """Show a new secret, which is stored as a digest only; the page is not cached."""
    return visit.show(
        "application_secret",
        name=application.name or application.client_id,
        client_id=application.client_id,
        client_secret=secret,
        expires_at=application.client_secret_expires_at,
        former_expires_at=former,
        path=visit.path(application),
    )
