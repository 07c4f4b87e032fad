"""What is imported is a dependency by name, and what a deployment installs satisfies what the project asks for."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = ROOT / "constraints.txt"
NEEDED = [Requirement(text) for text in PROJECT["dependencies"]]
SERVED = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "gladly_tools").rglob("*.py")]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "gladly_tools").rglob("*.py")
    # These two do their work when they are imported.
    if path.name != "__main__.py" and path.parts[-2:] != ("ui", "main.py")
)


def imported_by(path: Path) -> set[str]:
    """The first names of every import in a file, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def constraints() -> dict[str, Version]:
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    pinned = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pinned}


def test_every_module_can_be_imported() -> None:
    for module in MODULES:
        importlib.import_module(module)


def test_what_the_portal_imports_is_a_dependency_by_name_and_nothing_else_is() -> None:
    imported = set().union(*(imported_by(path) for path in SERVED)) - sys.stdlib_module_names - {"gladly_tools"}
    sources = packages_distributions()
    assert {canonicalize_name(sources[name][0]) for name in imported} == {
        canonicalize_name(requirement.name) for requirement in NEEDED
    }


def test_every_dependency_has_a_lower_bound() -> None:
    for requirement in NEEDED:
        assert any(each.operator in (">=", "~=", "==") for each in requirement.specifier), requirement


def test_the_constraints_are_a_version_a_line_and_say_where_they_come_from() -> None:
    first, *rest = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    assert first.startswith("#")
    assert ".ci/constraints" in first
    assert [line for line in rest if not re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*", line)] == []
    assert len(constraints()) == len(rest)
    assert list(constraints()) == sorted(constraints())


def test_the_constraints_are_within_the_bounds_of_the_project() -> None:
    pinned = constraints()
    for requirement in NEEDED:
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_the_constraints_name_what_their_versions_ask_for_and_suit_it() -> None:
    """Told by what is installed here in the very version that is named; another version may ask for other things."""
    pinned = constraints()
    looked_at = 0
    for name, version in pinned.items():
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue  # needed on another system
        if Version(installed.version) != version:
            continue
        looked_at += 1
        for asked in map(Requirement, installed.requires or []):
            if asked.marker is None or asked.marker.evaluate({"extra": ""}):
                assert canonicalize_name(asked.name) in pinned, f"{name} asks for {asked}: run .ci/constraints"
                assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), f"{name} asks for {asked}"
    assert looked_at


def test_the_pythons_that_are_claimed_are_those_that_may_be_used() -> None:
    allowed = SpecifierSet(PROJECT["requires-python"])
    claimed = [
        Version(text.rsplit(" ", 1)[1])
        for text in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", text)
    ]
    assert claimed
    assert claimed == sorted(claimed)
    assert min(claimed) == min(Version(each.version) for each in allowed)
    assert all(allowed.contains(version) for version in claimed)
