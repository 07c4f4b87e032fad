"""A small frame as the bytes of a file: CSV that a spreadsheet opens safely, or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pandas as pd

from gladly_tools.results.download import guard_cell


def as_csv(frame: pd.DataFrame, *, bom: bool = False, guard: bool = True) -> bytes:
    """The frame as CSV with its header; empty for what is missing. `guard` is as for every other download."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(list(frame.columns))
    for row in frame.itertuples(index=False, name=None):
        cells = [_plain(cell) for cell in row]
        writer.writerow([guard_cell(cell) if guard and isinstance(cell, str) else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def as_json(frame: pd.DataFrame) -> bytes:
    """The frame as a JSON list of objects, one a row."""
    rows = [
        {str(name): _plain(cell) for name, cell in zip(frame.columns, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(cell: Any) -> Any:
    """A cell as a Python value; None for what is missing, a number without more digits than it has."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return None
    return cell.item() if hasattr(cell, "item") else cell
