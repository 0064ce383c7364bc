"""What the documentation names exists: modules, directives, settings, files."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from docs._ext.generated import directives, settings
from docs._ext.generated.application import configured
from pyramid_oauth.scripts.main import commands

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "docs").glob("*/*.rst"), *ROOT.glob("*.md")]
PAGES.remove(ROOT / "CHANGELOG.md")
LITERAL = re.compile(r"``?([^`\n]+)``?")
OF_HOSTS = {"pyramid_oauth.tenants"}
"""A setting of the extension in docs/examples/tenants.py."""


def literals(page):
    return sorted(set(LITERAL.findall(page.read_text(encoding="utf-8"))))


@cache
def known_settings():
    return set(re.findall(r"\.\. confval:: (\S+)", settings.text())) | OF_HOSTS


def resolve(name):
    """Import a dotted name: a module, or what is in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_dotted_name_and_setting_exists(page):
    unknown = []
    for literal in literals(page):
        for name in re.findall(r"(?<![\w/.])pyramid_oauth(?:\.\w+)+", literal):
            if name not in known_settings():
                try:
                    resolve(name)
                except (ModuleNotFoundError, AttributeError):
                    unknown.append(name)
        named = re.findall(r"(?<![\w.])standalone(?:\.\w+)+", literal)
        unknown += [name for name in named if name not in known_settings()]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_directive_exists(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:add|set|require)_oauth_\w*[a-z]\b", text))
    assert named - set(directives.directives()) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_exists(page):
    folders = "docs|tests|deploy|benchmarks|requirements|pyramid_oauth|alembic"
    if page.name == "conformance.rst":
        return  # its files are below tests/, and written from what is there
    missing = [
        literal
        for literal in literals(page)
        if re.fullmatch(rf"(?:{folders})/[\w/.]*", literal)
        and not (ROOT / literal).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_exists(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"``?pyramid-oauth ([a-z][a-z-]*)", text))
    assert named - set(commands.list_commands(None)) == set()


def test_the_page_for_extensions_names_every_directive_for_them():
    """`set_…`, `require_…` and `add_oauth_server` are for hosts."""
    text = (ROOT / "docs/how_to/add_a_specification.rst").read_text(encoding="utf-8")
    ours = configured().registry._directives
    needed = {name for name in ours if name.startswith("add_oauth_")}
    needed.remove("add_oauth_server")
    assert {name for name in needed if name not in text} == set()
    for name, given in re.findall(r"``(add_oauth_\w+)\(([^`]*)\)``", text):
        known = signature(directives.directives()[name]).parameters
        assert [word for word in re.findall(r"\w+", given) if word not in known] == []
