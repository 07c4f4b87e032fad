"""Pictures: drawn in a process that can reach nothing, in bounded time."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gladly_tools.charts import picture
from gladly_tools.charts.picture import PictureFormat, render
from gladly_tools.errors import GladlyToolsError, TryLaterError

BARS: dict[str, Any] = {
    "data": {"values": [{"name": "Garden 🌱", "count": 2}, {"name": "=1+1", "count": 3}]},
    "mark": "bar",
    "encoding": {"y": {"field": "name"}, "x": {"field": "count", "type": "quantitative"}},
}


@pytest.mark.parametrize(
    ("format", "beginning"), [(PictureFormat.PNG, b"\x89PNG\r\n"), (PictureFormat.SVG, b"<svg xmlns=")]
)
def test_a_chart_becomes_a_picture(format: PictureFormat, beginning: bytes) -> None:
    found = render(BARS, format)
    assert found.startswith(beginning)
    assert format is PictureFormat.PNG or "Garden 🌱".encode() in found


@pytest.mark.parametrize(
    "spec",
    [
        {**BARS, "data": {"url": "file:///etc/passwd"}},
        {**BARS, "layer": [{"mark": "image", "encoding": {"url": {"field": "name"}}}]},
        {**BARS, "encoding": {**BARS["encoding"], "href": {"field": "name"}}},
    ],
    ids=["data", "image", "link"],
)
def test_what_names_something_to_load_is_not_drawn(spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must not load"):
        render(spec, PictureFormat.SVG)


def test_data_may_be_called_like_an_address() -> None:
    spec = {**BARS, "data": {"values": [{"name": "a", "count": 1, "url": "http://example.com", "href": "x"}]}}
    assert render(spec, PictureFormat.SVG).startswith(b"<svg")


def test_the_renderer_itself_loads_nothing_from_the_network(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.1)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/data.json"
        spec = f'{{"data": {{"url": "{url}"}}, "mark": "bar", "encoding": {{"x": {{"field": "a"}}}}}}'
        done = subprocess.run(
            [sys.executable, "-I", str(picture._RENDERER), "svg", "20"],
            input=spec.encode(),
            capture_output=True,
            timeout=60,
            check=False,
            env={},
            cwd=tmp_path,
        )
        assert done.returncode != 0
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_picture_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(TryLaterError):
        render(BARS, PictureFormat.PNG, seconds=0.01)


def test_what_is_no_chart_is_told_in_words() -> None:
    with pytest.raises(GladlyToolsError, match="could not be drawn"):
        render({"mark": "no such mark", "data": {"values": []}}, PictureFormat.SVG)
