"""Who may import whom: data goes one way, and the demo company shares nothing with the client side."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gladly_tools"

BASE = {"errors", "settings"}
MAY_IMPORT = {
    "errors": set(),
    "settings": {"errors"},
    "api": BASE,
    "account": BASE | {"api"},
    "memory": set(),
    "results": BASE,
    "insights": {"results"},
    "items": {"results"},
    "search": {"errors", "items", "results"},
    "jobs": BASE,
    "exports": BASE | {"api", "items", "results"},
    "workbench": BASE | {"api", "exports", "jobs", "memory"},
    "runs": BASE | {"account", "api", "exports", "jobs", "memory", "results", "workbench"},
    "reference": BASE | {"exports"},
    "web": BASE | {"account", "api", "demo", "jobs", "results", "runs"},
    "ui": BASE | {"account", "api", "exports", "insights", "jobs", "results", "web"},
    "cli": BASE | {"account", "api", "demo", "exports", "jobs", "results", "runs"},
    "demo": set(),
    "__main__": {"cli"},
}
LIBRARIES = {
    "streamlit": {"ui"},
    "httpx": {"api"},
    "duckdb": {"results"},
    "sqlite3": {"jobs", "memory"},
    "altair": {"ui"},
    "msgspec": {"search"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "gladly_tools"}
    return names


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_beneath_it(path: Path) -> None:
    own = part_of(path)
    parts = {name.split(".")[1] for name in imported(path) if name.startswith("gladly_tools.")}
    assert parts - {own} <= MAY_IMPORT[own]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_in_its_own_part_alone(library: str) -> None:
    users = {part_of(path) for path in FILES if any(name.split(".")[0] == library for name in imported(path))}
    assert users == LIBRARIES[library]
