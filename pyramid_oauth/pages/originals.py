"""Names of our own templates that no override of a host changes: ``original:…``.

No specification. A template that replaces one of ours extends it by such a name, and
so replaces single blocks. By its asset specification it would extend itself.
"""

from __future__ import annotations

from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from pyramid_oauth.interfaces.configurator import Configurator

PREFIX = "original"

LATE = 999
"""After all that configures the environment."""


def includeme(config: Configurator) -> None:
    """Let templates with the suffix `.oauth` extend `original:PATH`."""
    config.action("oauth original templates", lambda: _add_loader(config), order=LATE)


def _add_loader(config: Configurator) -> None:
    environment = config.get_jinja2_environment(name=".oauth")
    ours = PackageLoader("pyramid_oauth", "")
    originals = PrefixLoader({PREFIX: ours}, ":")
    environment.loader = ChoiceLoader([originals, environment.loader])
