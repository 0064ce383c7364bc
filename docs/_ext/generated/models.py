"""The models and their columns, from the default classes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from docs._ext.generated.application import configured
from docs._ext.generated.markup import code, described, prose, section, summary, table
from pyramid_oauth.config.registry import COLLECTED
from pyramid_oauth.models.registry import ModelSpec
from pyramid_oauth.server import SERVER
from pyramid_oauth.settings import PREFIX

COMMON = {
    "id": "The primary key.",
    "client_id": "The client.",
    "user_id": "The subject of the resource owner.",
    "grant_id": "The grant that the row belongs to.",
    "created_at": "When the row was inserted.",
    "updated_at": "When the row was last changed.",
    "expires_at": "When the row expires.",
    "revoked_at": "Set once it is revoked.",
}
"""What a column of this name means in every model that says nothing else."""


def text() -> str:
    """Every model: its mixin, its table, the setting of its class, its columns."""
    specs = configured().registry[COLLECTED].model_specs
    return "\n\n".join(_model(spec) for spec in specs.values())


def _model(spec: ModelSpec) -> str:
    mapped = getattr(configured().registry[SERVER].models, spec.name)
    facts = "\n".join(
        [
            f":Mixin: {code(f'{spec.mixin.__module__}.{spec.mixin.__name__}')}",
            f":Table: {code(mapped.__table__.name)}",
            f":Setting: {code(f'{PREFIX}{spec.setting}')}",
            f":Ends by: {_ends(spec)}",
        ]
    )
    words = described(spec.mixin)
    head = ("Column", "Type", "Meaning")
    columns = [
        _column(name, mapped.__table__, column, words)
        for name, column in _columns(mapped).items()
    ]
    return section(
        spec.name, summary(spec.mixin), facts, table(head, columns, "30 35 35")
    )


def _columns(mapped: Any) -> dict[str, Column[Any]]:
    return {each.key: each.columns[0] for each in mapped.__mapper__.column_attrs}


def _ends(spec: ModelSpec) -> str:
    rule = spec.purge_rule
    return f"``purge``, after {code(rule.ended)}" if rule else "nothing by itself"


def _column(
    name: str, of: Table, column: Column[Any], words: dict[str, str]
) -> tuple[str, ...]:
    kind = column.type.compile(dialect=postgresql.dialect())
    nullable = ["nullable"] if column.nullable else []
    facts = ", ".join((code(kind), *nullable, *_keys(of, column)))
    told = words.get(name) or prose(column.comment) or COMMON.get(name, "")
    return code(name), facts, told


def _keys(of: Table, column: Column[Any]) -> list[str]:
    found = ["primary key"] if column.primary_key else []
    found += [f"→ {code(key.target_fullname)}" for key in column.foreign_keys]
    found += ["unique"] if column.unique else []
    indexes = [each for each in of.indexes if column.name in each.columns]
    if not column.unique and indexes:
        found.append("index")
    return found
