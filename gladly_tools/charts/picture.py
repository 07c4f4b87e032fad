"""Charts as pictures: PNG and SVG, made in a process of its own that can reach neither the network nor any secret."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from gladly_tools.charts.text import seen
from gladly_tools.errors import GladlyToolsError, TryLaterError

TIME_LIMIT_SECONDS = 30.0
LIMIT_OF_ALL_SECONDS = 90.0
AT_ONCE = 2
_RENDERER = Path(__file__).with_name("renderer.py")
_turns = threading.BoundedSemaphore(AT_ONCE)
_REACHING = frozenset({"url", "href", "loader"})


class PictureFormat(StrEnum):
    """What a picture may be."""

    PNG = "png"
    SVG = "svg"


def render(spec: Mapping[str, Any], format: PictureFormat, *, seconds: float = TIME_LIMIT_SECONDS) -> bytes:
    """A Vega-Lite specification as a picture, a PNG twice as fine as its size.

    Every picture has a process of its own, which ends with it: it takes about half a second and 110 MB, at most
    `AT_ONCE` at a time. Raises ValueError for a specification that names something to load, TryLaterError when it takes
    longer than allowed, GladlyToolsError when it cannot be drawn.
    """
    _refuse_to_load(spec)
    with _turns:
        try:
            done = subprocess.run(
                # Isolated: it sees neither this process's environment nor the folder that it was started in.
                [sys.executable, "-I", str(_RENDERER), format.value, f"{seconds:.0f}"],
                input=json.dumps(_drawable(spec)).encode(),
                capture_output=True,
                timeout=seconds,
                env={},
                cwd=_RENDERER.anchor,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TryLaterError(
                "Drawing the picture took too long.", "Try again, or filter so that the chart shows less."
            ) from None
    if done.returncode or not done.stdout:
        raise GladlyToolsError("The picture could not be drawn.", "Save the chart as CSV instead.")
    return done.stdout


def render_all(specs: Sequence[Mapping[str, Any]], *, seconds: float = LIMIT_OF_ALL_SECONDS) -> list[str | None]:
    """Many Vega-Lite specifications as SVG, in order, made by one process; None for one that cannot be drawn.

    Raises ValueError for a specification that names something to load, TryLaterError when all of them take longer than
    allowed, GladlyToolsError when none can be drawn.
    """
    for spec in specs:
        _refuse_to_load(spec)
    found: list[str | None] = []
    until = time.monotonic() + seconds
    with _turns:
        while len(found) < len(specs):
            found += _drawn([_drawable(spec) for spec in specs[len(found) :]], until - time.monotonic())
            if len(found) < len(specs):
                found.append(None)  # what a process that died was drawing; another one goes on after it
    if specs and not any(found):
        raise GladlyToolsError("The charts could not be drawn.", "Save them as CSV instead.")
    return found


def _drawn(specs: Sequence[object], seconds: float) -> list[str | None]:
    """What one process draws, up to the specification that it dies of."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_RENDERER), "svgs", f"{LIMIT_OF_ALL_SECONDS:.0f}"],
            input=json.dumps(specs).encode(),
            capture_output=True,
            timeout=max(seconds, 0),
            env={},
            cwd=_RENDERER.anchor,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TryLaterError(
            "Drawing the charts took too long.", "Try again, or filter so that they show less."
        ) from None
    whole, _, _ = done.stdout.rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


def _drawable(value: object) -> Any:
    """The same without the characters that the renderer dies of, which somebody's name may hold."""
    if isinstance(value, str):
        return seen(value)
    if isinstance(value, Mapping):
        return {seen(str(key)): _drawable(each) for key, each in value.items()}
    return [_drawable(each) for each in value] if isinstance(value, list) else value


def _refuse_to_load(spec: object) -> None:
    """What is drawn is in the specification; the data, which people wrote, is not looked at."""
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key in _REACHING:
                raise ValueError(f"a chart's specification must not load anything, but has {key!r}")
            if key not in ("datasets", "values"):
                _refuse_to_load(value)
    elif isinstance(spec, list):
        for value in spec:
            _refuse_to_load(value)
