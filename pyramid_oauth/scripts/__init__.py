"""The command line: `pyramid-oauth COMMAND INI …`.

`environment` opens an application from its ini; each other module is one noun.
"""

from __future__ import annotations

from pyramid_oauth.scripts.main import main

__all__ = ["main"]
