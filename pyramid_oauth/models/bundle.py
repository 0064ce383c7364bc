"""Which classes play which role: the host's where it has some, ours elsewhere.

All roles end up on one MetaData, so foreign keys and Alembic's autogenerate just work.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import registry

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import contract
from pyramid_oauth.models.registry import KERNEL_MODELS, ModelSpec
from pyramid_oauth.settings.converters import dotted

# Two applications of one process may share a base, and start at the same moment.
_completing = Lock()


class Models:
    """The classes of all roles: `Application`, `Grant`, `AccessToken`, …

    Made by `Models.complete`; read-only afterwards.
    """

    Application: type[Any]
    Grant: type[Any]
    AccessToken: type[Any]
    RefreshToken: type[Any]
    Consent: type[Any]
    AuthorizationRequest: type[Any]
    InitialAccessToken: type[Any]
    OutboxMessage: type[Any]
    SigningKey: type[Any]
    Throttle: type[Any]
    UsedAssertion: type[Any]

    def __init__(self, classes: Mapping[str, type[Any]]) -> None:
        self.__dict__.update(classes)

    def __getattr__(self, name: str) -> type[Any]:
        raise AttributeError(f"no model plays the role {name}")

    @classmethod
    def complete(cls, settings: Any) -> Models:
        """The bundle for `settings` (anything with the `*_factory` attributes).

        Default classes are added to the host's declarative base where it mapped none.
        Raises ConfigurationError for a wrong dotted name, a class of the wrong kind,
        classes on different bases, or a role mapped twice.
        """
        named = {
            role.name: _resolved(role, getattr(settings, role.setting))
            for role in KERNEL_MODELS
            if getattr(settings, role.setting, None) is not None
        }
        with _completing:
            classes = _on_host_base(named) if named else _on_our_base()
            for role in KERNEL_MODELS:
                contract.check_contract(role, classes[role.name])
            _connect(classes)
        return cls(classes)

    @property
    def metadata(self) -> MetaData:
        """The MetaData that all the roles share."""
        return self.Application.__table__.metadata  # type: ignore[no-any-return]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all roles, in the order of `ROLES`."""
        return tuple(getattr(self, role.name).__table__ for role in KERNEL_MODELS)


def _resolved(role: ModelSpec, given: Any) -> type[Any]:
    name = f"pyramid_oauth.{role.setting}"
    try:
        found = dotted(given)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, role.mixin)):
        raise ConfigurationError(
            f"{name}: {given!r} is no {role.mixin.__name__}; write "
            f"`class My{role.name}({role.mixin.__name__}, Base)`"
        )
    if not hasattr(found, "__mapper__"):
        raise ConfigurationError(
            f"{name}: {given!r} is not mapped; let it inherit from your declarative "
            f"base too: `class My{role.name}({role.mixin.__name__}, Base)`"
        )
    return found


def _on_our_base() -> dict[str, type[Any]]:
    from pyramid_oauth.models import defaults as tables

    return {role.name: getattr(tables, role.name) for role in KERNEL_MODELS}


def _on_host_base(named: dict[str, type[Any]]) -> dict[str, type[Any]]:
    registries = {_registry(found) for found in named.values()}
    if len(registries) > 1:
        raise ConfigurationError(
            "the configured model classes live on different declarative bases: "
            + ", ".join(f"{item.__module__}.{item.__name__}" for item in named.values())
        )
    base = _declarative_base(next(iter(named.values())))
    (host,) = registries
    known = {
        role.name: named.get(role.name) or _found(role, host) for role in KERNEL_MODELS
    }
    kind = _subject_type(known)
    return {
        role.name: known[role.name] or _made(role, base, kind) for role in KERNEL_MODELS
    }


def _subject_type(known: Mapping[str, type[Any] | None]) -> Any:
    """The type that the host gave the subject in the roles it mapped, or None.

    The others follow, so that a subject compares with the host's keys everywhere. An
    application's `user_id` is its owner, who need not be known by a subject.
    """
    columns = [
        contract.own_column(found, "user_id")
        for role in KERNEL_MODELS
        if (found := known[role.name]) is not None and _has_subject(role)
    ]
    types = [column.type for column in columns if column is not None]
    return types[0] if len({type(item) for item in types}) == 1 else None


def _registry(mapped: Any) -> registry:
    return mapped.__mapper__.registry  # type: ignore[no-any-return]


def _declarative_base(mapped: type[Any]) -> Any:
    """The base of `mapped`; a new one where it was mapped by a decorator."""
    bases = (item for item in mapped.__mro__ if "registry" in vars(item))
    return next(bases, None) or _registry(mapped).generate_base()


def _has_subject(role: ModelSpec) -> bool:
    return role.name != "Application" and "user_id" in role.columns


def _found(role: ModelSpec, host: registry) -> type[Any] | None:
    candidates = [item for item in _below(role.mixin) if _is_mapped_on(host, item)]
    if len(candidates) > 1:
        names = ", ".join(sorted(item.__name__ for item in candidates))
        raise ConfigurationError(
            f"several classes could be the {role.name}: {names}; "
            f"name one in pyramid_oauth.{role.setting}"
        )
    return candidates[0] if candidates else None


def _below(mixin: type[Any]) -> set[type[Any]]:
    direct = mixin.__subclasses__()
    return {*direct, *(item for found in direct for item in _below(found))}


def _is_mapped_on(host: registry, found: type[Any]) -> bool:
    """Whether `found` is mapped there; one whose mapping failed is not.

    `host.mappers` raises for as long as such a class is not yet collected.
    """
    mapper = inspect(found, raiseerr=False)
    return mapper is not None and mapper.registry is host


def _made(role: ModelSpec, base: type[Any], subject_type: Any) -> Any:
    members: dict[str, Any] = {"__module__": __name__}
    if "id" not in role.columns:
        members["id"] = None  # a base may give all its classes one
    try:
        made: Any = type(f"OAuth{role.name}", (role.mixin, base), members)
    except InvalidRequestError as error:
        raise ConfigurationError(
            f"your declarative base takes no default {role.name}: {error}; map one: "
            f"`class My{role.name}({role.mixin.__name__}, Base)`, with a __tablename__ "
            "of your own"
        ) from error
    if subject_type is not None and _has_subject(role):
        made.__table__.c.user_id.type = subject_type
    # The registry holds classes weakly, the MetaData its tables strongly: without
    # this the next application in the process would find the one without the other.
    base.metadata.info.setdefault("pyramid_oauth", []).append(made)
    return made


def _connect(classes: dict[str, type[Any]]) -> None:
    """Add the constraints which the mixins could not know."""
    _one_consent_each(classes["Consent"])
    for role in KERNEL_MODELS:
        table = classes[role.name].__table__
        for column, (other, attribute) in role.references.items():
            target = classes[other].__mapper__.column_attrs[attribute].columns[0]
            source = classes[role.name].__mapper__.column_attrs[column].columns[0]
            if not source.foreign_keys:
                table.append_constraint(_foreign_key(table, source, target))


def _one_consent_each(consent: Any) -> None:
    """One row a user and client, whatever the host calls the columns."""
    columns = [contract.own_column(consent, name) for name in ("user_id", "client_id")]
    if not contract.is_unique(*columns):
        consent.__table__.append_constraint(UniqueConstraint(*columns))


def _foreign_key(table: Table, source: Any, target: Any) -> ForeignKeyConstraint:
    conventional = "fk" in (table.metadata.naming_convention or {})
    return ForeignKeyConstraint(
        [source],
        [target],
        name=None if conventional else f"fk_{table.name}_{source.name}",
        ondelete="CASCADE",
    )
