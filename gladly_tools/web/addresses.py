"""Addresses under the base path that the portal is served at."""

from __future__ import annotations


def under(base_path: str, path: str) -> str:
    """The path under a base path, which may be empty, with slashes or without."""
    base = base_path.strip("/")
    return f"/{base}{path}" if base else path
