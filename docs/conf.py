"""How the documentation is built."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]

project = "pyramid_oauth"
html_title = project
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "settings_table",
    "metadata_table",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
autodoc_typehints = "description"
