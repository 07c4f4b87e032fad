"""Compares two tables: what became of a configuration, and how figures changed. Knows no page and no job."""
