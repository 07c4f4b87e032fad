"""The exports, one file each; a file that declares `EXPORT` is registered by being here."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from gladly_tools.exports.export import Export, Section

__all__ = ["EXPORTS", "Export", "Section", "exports_of"]


def _declared() -> Mapping[str, Export[Any]]:
    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found: list[Export[Any]] = [module.EXPORT for module in modules if hasattr(module, "EXPORT")]
    order = list(Section)
    return {
        export.name: export
        for export in sorted(found, key=lambda export: (order.index(export.section), export.place, export.name))
    }


EXPORTS: Mapping[str, Export[Any]] = _declared()
"""Every export by name, in the portal's order."""


def exports_of(section: Section) -> tuple[Export[Any], ...]:
    """The exports of one section, in the portal's order."""
    return tuple(export for export in EXPORTS.values() if export.section == section)
