"""How the documentation is built."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

# It reports each of its plug-ins while the reference imports the commands.
logging.getLogger("alembic").setLevel(logging.WARNING)

project = "pyramid_oauth"
html_title = project
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs._ext.generated_pages",
    "docs._ext.picture_directives",
]
exclude_patterns = ["_build"]
# Commands stand in sentences, such as those of checks: ' and -- are to be copied.
smartquotes = False
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {"top_of_page_buttons": []}
autodoc_typehints = "description"
