"""The templates of the pages, with their blocks and variables."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, meta, nodes

from docs._ext.generated.application import PACKAGE
from docs._ext.generated.markup import code, prose, section

ROOT = PACKAGE.parent
GIVEN = {"request", "_", "gettext", "ngettext"}
"""What pyramid_jinja2 gives every template."""


@cache
def environment() -> Environment:
    """An environment that parses our templates, and renders none."""
    made = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for name in ("direction", "isolated", "isolated_host", "isolated_plain"):
        made.filters[name] = str
    return made


def templates() -> list[Path]:
    """The files of all templates, those of the kernel first."""
    return sorted(PACKAGE.rglob("*.oauth"), key=lambda path: (len(path.parts), path))


def text() -> str:
    """Every template: what it is for, what it extends, its blocks and variables."""
    return "\n\n".join(_template(path) for path in templates())


def _template(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    tree = environment().parse(source)
    told, variables = _comment(source)
    asset = f"{PACKAGE.name}:{path.relative_to(PACKAGE).as_posix()}"
    extends = [code(each.template.value) for each in tree.find_all(nodes.Extends)]  # type: ignore[attr-defined]
    blocks = [code(each.name) for each in tree.find_all(nodes.Block)]
    used = sorted(variables_of(tree))
    facts = [
        ("Extends", ", ".join(extends) or "nothing"),
        ("Blocks", ", ".join(blocks) or "none"),
        ("Variables used", ", ".join(map(code, used)) or "none"),
    ]
    rows = [f"{name}\n    {value}" for name, value in facts]
    return section(path.name, code(asset), told, variables, "\n\n".join(rows))


def variables_of(tree: nodes.Template) -> set[str]:
    """The variables that a view must give; not those that the template sets."""
    own = {each.name for each in tree.find_all(nodes.Macro)}
    own |= {each.name for each in tree.find_all(nodes.Name) if each.ctx == "store"}
    for each in tree.find_all(nodes.FromImport):
        own |= {name if isinstance(name, str) else name[1] for name in each.names}
    return meta.find_undeclared_variables(tree) - GIVEN - own


def _comment(source: str) -> tuple[str, str]:
    """The two parts of the comment that a template starts with."""
    found = re.match(r"\{#-?(.*?)-?#\}", source, re.DOTALL)
    words = " ".join(found[1].split()) if found else ""
    told, _, rest = words.partition("Variables")
    return prose(told.strip()), prose(f"Variables{rest}".strip()) if rest else ""
