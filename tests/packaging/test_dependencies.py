"""Every import is declared, and the locks satisfy the declarations."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([\w.-]+)==([^ ;]+)(?: ;[^\\]*)? \\$", re.MULTILINE)
SAFE_VERSIONS = {
    canonicalize_name(requirement.name): requirement
    for line in (ROOT / "requirements" / "safe.in").read_text().splitlines()
    if (text := line.partition("#")[0].strip())
    for requirement in (Requirement(text),)
}
BUILD_REQUIREMENTS = tomllib.loads((ROOT / "pyproject.toml").read_text())[
    "build-system"
]["requires"]


def find_imports(folder: Path) -> tuple[set[str], set[str]]:
    """The names that modules under `folder` import, and those that may be missing.

    Modules of a folder that is named as an extra are left out.
    """
    needed: set[str] = set()
    optional: set[str] = set()
    for path in folder.rglob("*.py"):
        if path.relative_to(folder).parts[0] in EXTRAS:
            continue
        tree = ast.parse(path.read_text())
        needed |= names_imported(tree)
        for node in tree.body:
            if is_guard(node):
                optional |= names_imported(node)
    return needed - optional, optional


def is_guard(node: ast.stmt) -> bool:
    """Whether imports in the block may fail, or are for type checkers only."""
    if isinstance(node, ast.With):
        return "ImportError" in ast.dump(node.items[0])
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def names_imported(tree: ast.AST) -> set[str]:
    """The names of modules that the nodes below `tree` import."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@cache
def distributions_of_all_modules() -> Mapping[str, list[str]]:
    """The distributions of each importable name: read from every installed file."""
    return packages_distributions()


def distributions_of(module: str) -> set[str]:
    """The distributions that may bring `module`; none for the standard library."""
    top, _, rest = module.partition(".")
    if top in sys.stdlib_module_names or top == "pyramid_oauth":
        return set()
    if top == "zope":  # a namespace of many distributions
        return {f"zope-{rest.partition('.')[0]}"}
    return {canonicalize_name(name) for name in distributions_of_all_modules()[top]}


def declared_requirements(extra: str) -> list[Requirement]:
    """The requirements of an extra and of the extras it names, and of the package."""
    requirements = [Requirement(text) for text in PROJECT["dependencies"]]
    for text in EXTRAS.get(extra, []):
        requirement = Requirement(text)
        if requirement.name == PROJECT["name"]:
            for extra_name in requirement.extras:
                requirements += declared_requirements(extra_name)
        else:
            requirements.append(requirement)
    return requirements


@pytest.mark.parametrize(
    ("folder", "extra"),
    [
        ("pyramid_oauth", "server"),
        ("pyramid_oauth/resource", "resource"),
        ("pyramid_oauth/resource/verify", ""),
        ("pyramid_oauth/debugtoolbar", "debugtoolbar"),
        ("alembic", "server"),
    ],
)
def test_every_import_of_the_package_is_declared(folder: str, extra: str) -> None:
    needed, optional = find_imports(ROOT / folder)
    for modules, extras in ((needed, [extra]), (optional, [*EXTRAS])):
        names = {
            canonicalize_name(requirement.name)
            for name in extras
            for requirement in declared_requirements(name)
        }
        for module in modules:
            distributions = distributions_of(module)
            assert not distributions or distributions & names, module


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_satisfies_the_declared_requirements(lock: Path) -> None:
    pinned = dict(PINNED.findall(lock.read_text()))
    for requirement in declared_requirements(lock.stem):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), (
            f"{requirement}: run `make lock`"
        )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_names_no_url_and_pins_the_build_requirements(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "setuptools" in dict(PINNED.findall(text))


def test_locks_pin_the_same_versions() -> None:
    """Any two locks can be installed into one environment."""
    first: dict[str, set[str]] = {}
    for lock in LOCKS:
        versions: dict[str, set[str]] = {}
        for name, version in PINNED.findall(lock.read_text()):
            versions.setdefault(name, set()).add(version)
        for name, pinned in versions.items():
            assert first.setdefault(name, pinned) == pinned, f"{lock.name}: {name}"


def find_lower_bound(requirement: Requirement) -> str:
    """The version after `>=`."""
    (version,) = [
        part.version for part in requirement.specifier if part.operator == ">="
    ]
    return version


def test_no_lower_bound_is_below_the_first_safe_version() -> None:
    extra_requirements = [
        requirement for extra in EXTRAS for requirement in declared_requirements(extra)
    ]
    for requirement in [*extra_requirements, *map(Requirement, BUILD_REQUIREMENTS)]:
        safe = SAFE_VERSIONS.get(canonicalize_name(requirement.name))
        assert safe is None or safe.specifier.contains(find_lower_bound(requirement)), (
            f"{requirement} allows what {safe} does not"
        )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_holds_safe_versions_only(lock: Path) -> None:
    for name, version in PINNED.findall(lock.read_text()):
        safe = SAFE_VERSIONS.get(canonicalize_name(name))
        assert safe is None or safe.specifier.contains(version), f"{name} {version}"
