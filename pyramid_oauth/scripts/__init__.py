"""The command line: `pyramid-oauth COMMAND INI …`.

`environment` opens the application of an ini file; each other module has the commands
of one noun.
"""

from __future__ import annotations

from pyramid_oauth.scripts.main import main

__all__ = ["main"]
