"""The documentation uses the words that CONTRIBUTING lists under *Language*."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "docs").glob("*/*.rst"),
    *ROOT.glob("*.md"),
    *(ROOT / ".github").rglob("*.md"),
    *(ROOT / "cookiecutter").rglob("*.md"),
]
PAGES.remove(ROOT / "CHANGELOG.md")
OTHER_WORDS = re.compile(
    r"\blog-(?:ins?|outs?)\b|\bsign-in\b|behaviour|colour"
    r"|\b(?:authoris|recognis|organis)",
    re.IGNORECASE,
)
QUOTED = ("Two-step log-in", "never `sign-in`")
"""The title of a page, and the rule itself."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_uses_the_words_of_the_house(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for quoted in QUOTED:
        text = text.replace(quoted, "")
    assert OTHER_WORDS.findall(text) == []


def test_no_quote_or_dash_of_a_command_is_made_typographic() -> None:
    """Checks and commands have shell commands in their sentences."""
    text = (ROOT / "docs/conf.py").read_text(encoding="utf-8")
    assert "\nsmartquotes = False\n" in text
