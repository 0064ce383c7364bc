"""The fragments in changes/ are named so that towncrier finds each of them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOWNCRIER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]


def test_every_fragment_names_a_section_and_holds_a_text() -> None:
    sections = "|".join(one["directory"] for one in TOWNCRIER["type"])
    fragment = re.compile(rf"\+[\w-]+\.({sections})\.md")
    for path in (ROOT / TOWNCRIER["directory"]).iterdir():
        if path.name not in TOWNCRIER["ignore"]:
            assert fragment.fullmatch(path.name), f"towncrier ignores {path.name}"
            assert path.read_text().strip()


def test_the_changelog_has_the_place_where_releases_are_written() -> None:
    text = (ROOT / TOWNCRIER["filename"]).read_text()
    assert text.count(TOWNCRIER["start_string"]) == 1
