"""Drafts of changed applications, and the statement that prevents lost updates.

No specification. A draft is a copy outside of the session, so that no part of a refused
change can be stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import inspect as mapping_of
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from pyramid_oauth.clients import validation
from pyramid_oauth.database import columns_of, execute
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.i18n import Problem
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Errors, add_error
from pyramid_oauth.server import Server


class ChangedMeanwhile(Exception):
    """Another request has changed or deleted the application; nothing is written."""


def copy_application(application: AbstractApplication) -> Any:  # noqa: ANN401 - the host's class
    """Return a copy that belongs to no session."""
    mapper = mapping_of(type(application))
    copy = mapper.class_manager.new_instance()
    for attribute in mapper.column_attrs:
        set_committed_value(copy, attribute.key, getattr(application, attribute.key))
    return copy


def changed_fields(application: AbstractApplication, draft: object) -> list[str]:
    """Return the names of the fields in which `draft` differs."""
    names = [attribute.key for attribute in mapping_of(type(application)).column_attrs]
    return [
        name for name in names if getattr(application, name) != getattr(draft, name)
    ]


def store_field(application: AbstractApplication, name: str, value: object) -> None:
    """Set a field without its validators, which the draft has run already."""
    set_committed_value(application, name, value)
    flag_modified(application, name)


def claim(
    server: Server,
    session: Session,
    application: AbstractApplication,
    revision: int | None,
) -> None:
    """Increment the revision by a conditional UPDATE, which also locks the row.

    Args:
        server: The server.
        session: The session of `application`.
        application: The row that is about to be changed.
        revision: The revision that the person has seen; None: that of `application`.

    Raises:
        ChangedMeanwhile: The row has another revision.
    """
    columns = columns_of(server.models.Application)
    seen = application.revision if revision is None else revision
    statement = (
        update(server.models.Application.__table__)
        .where(
            columns["client_id"] == application.client_id,
            columns["revision"] == seen,
        )
        .values({columns["revision"]: seen + 1})
    )
    if application.revision != seen or not execute(session, statement, {}):
        raise ChangedMeanwhile(application.client_id)
    # Otherwise the flush would increment the revision again.
    store_field(application, "revision", seen + 1)


def validate_draft(
    server: Server,
    session: Session,
    application: AbstractApplication,
    given: Collection[str],
    errors: Errors,
) -> None:
    """Validate a draft or a new application; fetch documents if there is no error.

    Args:
        server: The server.
        session: A session to look up other rows.
        application: What is to be stored.
        given: The fields that were given.
        errors: What the caller has found already, by field.

    Raises:
        FieldErrors: One or more fields are invalid; it has all errors.
    """
    for name, problems in validation.application_errors(server, application).items():
        # Keep the error of a field that could not be read: its old value is no input.
        errors.setdefault(name, problems)
    for name in _taken_fields(server, session, application, given):
        add_error(errors, name, Problem("is taken by another application"))
    for name in _unknown_references(server, session, application, given):
        add_error(errors, name, Problem("does not exist"))
    if errors:
        raise FieldErrors(errors)
    validation.verify_documents(server, application)


def _taken_fields(
    server: Server,
    session: Session,
    application: AbstractApplication,
    names: Collection[str],
) -> Iterator[str]:
    """Yield those of `names` whose value must be unique and is in another row."""
    columns = columns_of(server.models.Application)
    key = mapping_of(server.models.Application).primary_key[0]
    for name in names:
        column, value = columns.get(name), getattr(application, name, None)
        if column is None or not column.unique or value is None:
            continue
        other = select(key).where(column == value)
        if application.id is not None:
            other = other.where(key != application.id)
        if session.execute(other.limit(1)).first() is not None:
            yield name


def _unknown_references(
    server: Server,
    session: Session,
    application: AbstractApplication,
    names: Collection[str],
) -> Iterator[str]:
    """Yield those of `names` that refer to a row, such as a user, that is missing."""
    columns = columns_of(server.models.Application)
    for name in names:
        column, value = columns.get(name), getattr(application, name, None)
        if column is None or value is None:
            continue
        for key in column.foreign_keys:
            row = select(key.column).where(key.column == value).limit(1)
            if session.execute(row).first() is None:
                yield name
