"""The directives `sequence` and `house`, which draw pictures into the page."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from docs._ext.pictures import house, sequence


class Sequence(SphinxDirective):
    """A flow; the argument is its title."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw it."""
        try:
            drawn = sequence.draw(self.arguments[0], list(self.content))
        except ValueError as error:
            raise self.error(str(error)) from error
        return [nodes.raw("", drawn, format="html")]


class House(SphinxDirective):
    """The floors of the package."""

    def run(self) -> list[nodes.Node]:
        """Draw them."""
        self.env.note_dependency(str(house.ROOT / "pyproject.toml"))
        return [nodes.raw("", house.draw(), format="html")]


def setup(app: Any) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("sequence", Sequence)
    app.add_directive("house", House)
    return {"parallel_read_safe": True}
