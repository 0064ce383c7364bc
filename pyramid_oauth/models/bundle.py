"""The bundle of mapped classes: the host's where it has some, ours elsewhere.

All models end up on one MetaData, so foreign keys and Alembic's autogenerate just work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import registry

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import contract, defaults
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.settings.converters import dotted

# Two applications of one process may share a base, and start at the same moment.
_completing = Lock()


class Models:
    """The mapped classes by name: `Application`, `Grant`, those of extensions, …

    Made by `Models.complete`; read-only afterwards. `specs` are what was registered,
    `purge_rules` what `purge` deletes, in its order.
    """

    Application: type[Any]
    Grant: type[Any]
    AccessToken: type[Any]
    RefreshToken: type[Any]
    Consent: type[Any]
    AuthorizationRequest: type[Any]

    def __init__(
        self,
        specs: tuple[ModelSpec, ...],
        classes: Mapping[str, type[Any]],
        purge_rules: Iterable[PurgeRule],
    ) -> None:
        self.specs = specs
        # Rows before those that they refer to.
        rules = [spec.purge_rule for spec in reversed(specs)]
        self.purge_rules = (*filter(None, rules), *purge_rules)
        self.__dict__.update(classes)

    def __getattr__(self, name: str) -> type[Any]:
        raise AttributeError(f"there is no model {name}")

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    @classmethod
    def complete(
        cls,
        specs: Iterable[ModelSpec],
        chosen: Mapping[str, Any],
        purge_rules: Iterable[PurgeRule] = (),
    ) -> Models:
        """Make the bundle.

        Default classes are added to the host's declarative base where it mapped none.

        Args:
            specs: The models of the kernel and of every extension.
            chosen: The host's classes or their dotted names, by the model's name.
            purge_rules: Those beside the rules of the specs.

        Raises:
            ConfigurationError: A wrong dotted name, a class of the wrong kind, classes
                on different bases, or a model mapped twice.
        """
        specs = tuple(specs)
        named = {
            spec.name: _resolved(spec, chosen[spec.name])
            for spec in specs
            if chosen.get(spec.name) is not None
        }
        with _completing:
            classes = _classes(specs, named)
            for spec in specs:
                contract.check_contract(spec, classes[spec.name])
            _connect(specs, classes)
        return cls(specs, classes, purge_rules)

    @property
    def metadata(self) -> MetaData:
        """The MetaData that all the models share."""
        return self.Application.__table__.metadata  # type: ignore[no-any-return]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all models, in the order of `specs`."""
        return tuple(getattr(self, spec.name).__table__ for spec in self.specs)


def _resolved(spec: ModelSpec, given: Any) -> type[Any]:
    name = f"pyramid_oauth.{spec.setting}"
    try:
        found = dotted(given)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    if not (isinstance(found, type) and issubclass(found, spec.mixin)):
        raise ConfigurationError(
            f"{name}: {given!r} is no {spec.mixin.__name__}; write "
            f"`class My{spec.name}({spec.mixin.__name__}, Base)`"
        )
    if not hasattr(found, "__mapper__"):
        raise ConfigurationError(
            f"{name}: {given!r} is not mapped; let it inherit from your declarative "
            f"base too: `class My{spec.name}({spec.mixin.__name__}, Base)`"
        )
    return found


def _classes(
    specs: tuple[ModelSpec, ...], named: dict[str, type[Any]]
) -> dict[str, type[Any]]:
    registries = {_registry(found) for found in named.values()}
    if len(registries) > 1:
        raise ConfigurationError(
            "the configured model classes live on different declarative bases: "
            + ", ".join(f"{item.__module__}.{item.__name__}" for item in named.values())
        )
    base: Any = defaults.Base
    if named:
        base = _declarative_base(next(iter(named.values())))
    known = {
        spec.name: named.get(spec.name) or _found(spec, base.registry) for spec in specs
    }
    subject_type = _subject_type(specs, known) if named else None
    return {
        spec.name: known[spec.name] or _made(spec, base, subject_type) for spec in specs
    }


def _subject_type(
    specs: Iterable[ModelSpec], known: Mapping[str, type[Any] | None]
) -> Any:
    """The type that the host gave the subject in the models it mapped, or None.

    The others follow, so that a subject compares with the host's keys everywhere. An
    application's `user_id` is its owner, who need not be known by a subject.
    """
    columns = [
        contract.own_column(found, "user_id")
        for spec in specs
        if (found := known[spec.name]) is not None and _has_subject(spec)
    ]
    types = [column.type for column in columns if column is not None]
    return types[0] if len({type(item) for item in types}) == 1 else None


def _registry(mapped: Any) -> registry:
    return mapped.__mapper__.registry  # type: ignore[no-any-return]


def _declarative_base(mapped: type[Any]) -> Any:
    """The base of `mapped`; a new one where it was mapped by a decorator."""
    bases = (item for item in mapped.__mro__ if "registry" in vars(item))
    return next(bases, None) or _registry(mapped).generate_base()


def _has_subject(spec: ModelSpec) -> bool:
    return spec.name != "Application" and "user_id" in spec.columns


def _found(spec: ModelSpec, host: registry) -> type[Any] | None:
    candidates = [item for item in _below(spec.mixin) if _is_mapped_on(host, item)]
    if len(candidates) > 1:
        names = ", ".join(sorted(item.__name__ for item in candidates))
        raise ConfigurationError(
            f"several classes could be the {spec.name}: {names}; "
            f"name one in pyramid_oauth.{spec.setting}"
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


def _made(spec: ModelSpec, base: type[Any], subject_type: Any) -> Any:
    members: dict[str, Any] = {"__module__": __name__}
    if "id" not in spec.columns:
        members["id"] = None  # a base may give all its classes one
    try:
        made: Any = type(f"OAuth{spec.name}", (spec.mixin, base), members)
    except InvalidRequestError as error:
        raise ConfigurationError(
            f"your declarative base takes no default {spec.name}: {error}; map one: "
            f"`class My{spec.name}({spec.mixin.__name__}, Base)`, with a __tablename__ "
            "of your own"
        ) from error
    if subject_type is not None and _has_subject(spec):
        made.__table__.c.user_id.type = subject_type
    # The registry holds classes weakly, the MetaData its tables strongly: without
    # this the next application in the process would find the one without the other.
    base.metadata.info.setdefault("pyramid_oauth", []).append(made)
    return made


def _connect(specs: Iterable[ModelSpec], classes: dict[str, type[Any]]) -> None:
    """Add the constraints which the mixins could not know."""
    _one_consent_each(classes["Consent"])
    for spec in specs:
        table = classes[spec.name].__table__
        for column, (other, attribute) in spec.references.items():
            target = classes[other].__mapper__.column_attrs[attribute].columns[0]
            source = classes[spec.name].__mapper__.column_attrs[column].columns[0]
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
