"""Measures subjects by name; those that need the big result share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks import (
    bulk,
    bulk_file,
    download,
    file_export,
    file_search,
    freeform,
    pacing,
    pages,
    result_view,
    row_cap,
)
from benchmarks.big import big_result
from benchmarks.figure import Figure
from benchmarks.scale import Scale


def measure(names: Iterable[str], scale: Scale) -> Iterator[Figure]:
    """The figures of these subjects."""
    chosen = set(names)
    if chosen & {"file_search", "file_search_large"}:
        file_search.require_engines()
    if "pages" in chosen:
        pages.require_browser()
        yield from pages.measure(scale)
    if "pacing" in chosen:
        yield from pacing.measure(scale)
    if "freeform" in chosen:
        yield from freeform.measure(scale)
    if "bulk_file" in chosen:
        yield from bulk_file.measure(scale)
    if "bulk" in chosen:
        yield from bulk.measure(scale)
    if "row_cap" in chosen:
        yield from row_cap.measure(scale)
    if chosen & {"result_view", "download"}:
        with big_result(scale.rows) as big:
            if "result_view" in chosen:
                yield from result_view.measure(big, scale)
            if "download" in chosen:
                yield from download.measure(big)
    if "file_search" in chosen:
        yield from file_search.measure(scale)
    if "file_export" in chosen:
        yield from file_export.measure(scale)
    if "file_search_large" in chosen:
        yield from file_search.measure_large(scale)
    if "file_export_memory" in chosen:
        yield from file_export.measure_memory(scale)
    if "file_export_memory_large" in chosen:
        yield from file_export.measure_memory(scale, size=file_export.LARGE_BYTES)
