"""The directive `generated`: a reference page, written from the code."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Generated(SphinxDirective):
    """What `docs._ext.generated.<argument>.text()` returns."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Have the text parsed; it may contain sections.

        A later build writes the page anew: it depends on the whole package.
        """
        self.env.note_reread()
        module = import_module(f"docs._ext.generated.{self.arguments[0]}")
        return self.parse_text_to_nodes(module.text(), allow_section_headings=True)


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": True}
