"""Who may import whom: data goes one way, and the demo company shares nothing with the client side."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gladly_tools"

BASE = {"errors", "settings"}
MAY_IMPORT = {
    "errors": set(),
    "settings": {"errors"},
    "clock": set(),
    "api": BASE | {"clock", "mp3"},
    "mp3": set(),
    "file_names": set(),
    "account": BASE | {"api"},
    "disk_faults": {"errors"},
    "sqlite_file": {"disk_faults"},
    "memory": {"sqlite_file"},
    "portal_files": set(),
    "results": BASE | {"clock"},
    "amounts": set(),
    "insights": {"results"},
    "event_figures": {"results"},
    "charts": BASE | {"amounts", "event_figures", "insights", "results"},
    "items": {"results"},
    "events": {"items", "results"},
    "calls": {"clock"},
    "transcript": {"items", "results"},
    "kept_files": {"errors"},
    "search": {"errors", "items", "results"},
    "jobs": BASE | {"disk_faults", "sqlite_file"},
    "snapshots": {"disk_faults", "errors", "results", "sqlite_file"},
    "comparing": {"errors", "insights", "results"},
    "exports": BASE | {"api", "calls", "clock", "events", "file_names", "items", "kept_files", "results", "search"},
    "workbench": BASE | {"api", "exports", "jobs", "kept_files", "memory", "results"},
    "export_work": BASE
    | {"account", "api", "exports", "jobs", "kept_files", "memory", "results", "snapshots", "workbench"},
    "runs": BASE
    | {"account", "api", "disk_faults", "export_work", "exports", "jobs", "kept_files", "memory", "results"}
    | {"snapshots"},
    "names": BASE | {"account", "jobs", "results", "runs"},
    "report_file": BASE | {"account", "charts", "exports", "results"},
    "queries": BASE | {"account", "exports", "jobs", "results", "runs"},
    "bulk": BASE | {"api", "results", "sqlite_file"},
    "bulk_runs": BASE | {"account", "api", "bulk", "disk_faults", "jobs", "runs"},
    "saved_views": BASE | {"disk_faults", "results", "sqlite_file"},
    "reference": BASE | {"bulk", "exports", "results"},
    "web": BASE
    | {"account", "api", "bulk", "bulk_runs", "demo", "exports", "jobs", "names", "queries"}
    | {"report_file", "results", "runs", "saved_views"},
    "ui": BASE
    | {
        "account",
        "amounts",
        "api",
        "bulk",
        "bulk_runs",
        "calls",
        "charts",
        "clock",
        "comparing",
        "disk_faults",
        "event_figures",
        "exports",
        "items",
        "jobs",
        "kept_files",
        "names",
        "portal_files",
        "queries",
        "report_file",
        "results",
        "saved_views",
        "snapshots",
        "transcript",
        "web",
    },
    "cli": BASE
    | {"account", "amounts", "api", "bulk", "bulk_runs", "comparing", "demo", "exports", "jobs", "names"}
    | {"portal_files", "report_file", "results", "runs", "snapshots"},
    "demo": set(),
    "__main__": {"cli"},
}
LIBRARIES = {
    "streamlit": {"ui"},
    "httpx": {"api"},
    "duckdb": {"results"},
    "sqlite3": {"bulk", "disk_faults", "jobs", "saved_views", "snapshots", "sqlite_file"},
    "openpyxl": {"bulk"},
    "altair": {"charts"},
    "vl_convert": {"charts"},
    "msgspec": {"search"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
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


def test_what_few_pages_need_is_not_loaded_before_the_first_page() -> None:
    asked = "import sys, gladly_tools.cli, gladly_tools.web.routes, gladly_tools.web.bulk_routes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert {"altair", "openpyxl", "vl_convert"}.isdisjoint(done.stdout.split())
