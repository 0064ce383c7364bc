"""The files are as `.editorconfig` tells editors to write them."""

from __future__ import annotations

import pytest

from tests.support.tracked_files import ROOT, list_tracked_files

WITH_TABS = ("Makefile", ".go", "go.mod")
GENERATED = (".mo", ".png", ".ico", ".sum")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The tracked text files by their path."""
    return {
        name: (ROOT / name).read_bytes().decode("utf-8")
        for name in list_tracked_files()
        if not name.endswith(GENERATED)
    }


def test_every_text_ends_with_one_line_feed(texts: dict[str, str]) -> None:
    assert len(texts) > 1000
    assert [name for name, text in texts.items() if "\r" in text] == []
    assert [name for name, text in texts.items() if text and text[-1] != "\n"] == []


def test_no_line_ends_with_blanks_or_begins_with_tabs(texts: dict[str, str]) -> None:
    trailing, tabs = set(), set()
    for name, text in texts.items():
        for line in text.split("\n"):
            if line != line.rstrip():
                trailing.add(name)
            if line.startswith("\t") and not name.endswith(WITH_TABS):
                tabs.add(name)
    assert (trailing, tabs) == (set(), set())
