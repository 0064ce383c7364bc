"""Bundle of the mapped classes: those of the host, else default ones.

No specification. All models share one MetaData, so foreign keys and the autogenerate
command of Alembic work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from sqlalchemy import MetaData, Table, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeEngine

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import contract
from pyramid_oauth.models.constraints import add_constraints
from pyramid_oauth.models.defaults import default_base
from pyramid_oauth.models.registry import ModelSpec, PurgeRule
from pyramid_oauth.models.user_key import UserKey
from pyramid_oauth.settings.converters import dotted

# Two applications of a process may share a declarative base and start concurrently.
_completion_lock = Lock()


class Models:
    """The mapped classes by name: `Application`, `Grant`, those of extensions, …

    `Models.complete` creates it; it is read-only afterwards.

    Attributes:
        specs: The registered models, in the order of insertion.
        purge_rules: The rules of `purge`, in their order.
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
        # Rows are deleted before the rows that they refer to.
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
        user_key: UserKey | None = None,
    ) -> Models:
        """Create the bundle.

        For a model without a class of the host, a default class is added to the host's
        declarative base.

        Args:
            specs: The models of the kernel and of all extensions.
            chosen: Classes of the host or their dotted names, by name of the model.
            purge_rules: Rules in addition to those of the specs.
            user_key: The key of the host's users, for real foreign keys.

        Raises:
            ConfigurationError: A dotted name cannot be imported, a class does not
                fulfil the contract of its model, classes have different declarative
                bases, or several classes are mapped for one model.
        """
        specs = tuple(specs)
        named = {
            spec.name: _resolve_class(spec, chosen[spec.name])
            for spec in specs
            if chosen.get(spec.name) is not None
        }
        with _completion_lock:
            classes = _classes(specs, named, user_key)
            for spec in specs:
                contract.check_contract(spec, classes[spec.name])
            add_constraints(specs, classes)
            if user_key is not None:
                for spec in specs:
                    user_key.refer(spec, classes[spec.name])
        return cls(specs, classes, purge_rules)

    @property
    def metadata(self) -> MetaData:
        """The MetaData that all the models share."""
        return self.Application.__table__.metadata  # type: ignore[no-any-return]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all models, in the order of `specs`."""
        return tuple(getattr(self, spec.name).__table__ for spec in self.specs)


def _resolve_class(spec: ModelSpec, given: object) -> type[Any]:
    name = f"pyramid_oauth.{spec.setting}"
    try:
        mapped = dotted(given)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    if not (isinstance(mapped, type) and issubclass(mapped, spec.mixin)):
        raise ConfigurationError(
            f"{name}: {given!r} is not an {spec.mixin.__name__}; write "
            f"`class My{spec.name}({spec.mixin.__name__}, Base)`"
        )
    if not hasattr(mapped, "__mapper__"):
        raise ConfigurationError(
            f"{name}: {given!r} is not mapped; inherit from your declarative base too: "
            f"`class My{spec.name}({spec.mixin.__name__}, Base)`"
        )
    return mapped


def _classes(
    specs: tuple[ModelSpec, ...],
    named: dict[str, type[Any]],
    user_key: UserKey | None,
) -> dict[str, type[Any]]:
    registries = {_registry(found) for found in named.values()}
    if len(registries) > 1:
        raise ConfigurationError(
            "the configured model classes have different declarative bases: "
            + ", ".join(f"{item.__module__}.{item.__name__}" for item in named.values())
        )
    of_host = [*named.values(), *([] if user_key is None else [user_key.mapped])]
    base: Any = _declarative_base(of_host[0]) if of_host else default_base(specs)
    known = {
        spec.name: named.get(spec.name) or _find_mapped_class(spec, base.registry)
        for spec in specs
    }
    subject_type = _subject_type(specs, known) if named else None
    return {
        spec.name: known[spec.name] or _default_class(spec, base, subject_type)
        for spec in specs
    }


def _subject_type(
    specs: Iterable[ModelSpec], known: Mapping[str, type[Any] | None]
) -> TypeEngine[Any] | None:
    """Return the type of `user_id` in the models that the host mapped, or None.

    Default classes use the same type, so that subjects compare with the host's keys.
    Application does not count: its `user_id` is the owner, not a subject.
    """
    columns = [
        contract.own_column(found, "user_id")
        for spec in specs
        if (found := known[spec.name]) is not None and _has_subject(spec)
    ]
    types: list[TypeEngine[Any]] = [
        column.type for column in columns if column is not None
    ]
    return types[0] if len({type(item) for item in types}) == 1 else None


def _registry(mapped: type[Any]) -> registry:
    return mapped.__mapper__.registry  # type: ignore[no-any-return]


def _declarative_base(mapped: type[Any]) -> type[Any]:
    """Return the base of `mapped`; a new one if a decorator mapped the class."""
    bases = (item for item in mapped.__mro__ if "registry" in vars(item))
    return next(bases, None) or _registry(mapped).generate_base()


def _has_subject(spec: ModelSpec) -> bool:
    return spec.name != "Application" and "user_id" in spec.columns


def _find_mapped_class(spec: ModelSpec, host: registry) -> type[Any] | None:
    candidates = [item for item in _subclasses(spec.mixin) if _is_mapped_on(host, item)]
    if len(candidates) > 1:
        names = ", ".join(sorted(item.__name__ for item in candidates))
        raise ConfigurationError(
            f"several classes are mapped for the model {spec.name}: {names}; "
            f"name one in pyramid_oauth.{spec.setting}"
        )
    return candidates[0] if candidates else None


def _subclasses(mixin: type[Any]) -> set[type[Any]]:
    direct = mixin.__subclasses__()
    return {*direct, *(item for subclass in direct for item in _subclasses(subclass))}


def _is_mapped_on(host: registry, mapped: type[Any]) -> bool:
    """Whether `mapped` is mapped by the registry `host`.

    `host.mappers` is not used: it raises while a class whose mapping failed waits for
    garbage collection.
    """
    mapper = inspect(mapped, raiseerr=False)
    return mapper is not None and mapper.registry is host


def _default_class(
    spec: ModelSpec, base: type[Any], subject_type: TypeEngine[Any] | None
) -> type[Any]:
    members: dict[str, Any] = {"__module__": __name__}
    if "id" not in spec.columns:
        members["id"] = None  # a declarative base may add one to all its classes
    try:
        mapped: type[Any] = type(f"OAuth{spec.name}", (spec.mixin, base), members)
    except InvalidRequestError as error:
        raise ConfigurationError(
            f"the default class for {spec.name} cannot be mapped on your declarative "
            f"base: {error}; map one yourself: "
            f"`class My{spec.name}({spec.mixin.__name__}, Base)`, with its own "
            "__tablename__"
        ) from error
    if subject_type is not None and _has_subject(spec):
        mapped.__table__.c.user_id.type = subject_type
    # The registry refers to classes weakly, the MetaData to tables strongly. Without
    # this reference the next application in the process would find a table only.
    base.metadata.info.setdefault("pyramid_oauth", []).append(mapped)
    return mapped
