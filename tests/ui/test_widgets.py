"""Ids that people paste or upload are read as they mean them."""

from __future__ import annotations

import pytest

from gladly_tools.ui.widgets import read_ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        ("a1\nb2\n\n  c3  \n", ["a1", "b2", "c3"]),
        ("Id\na1", ["a1"]),
        ("answerId,title\r\na1,One\r\nb2,Two\r\n", ["a1", "b2"]),
        ("Answer ID\na1", ["a1"]),
        ("'-3uM,x\n", ["-3uM"]),
        ('"a,1",x', ["a,1"]),
        ("idea\nb", ["idea", "b"]),
    ],
)
def test_ids_are_the_first_cell_of_each_line(text: str, ids: list[str]) -> None:
    assert read_ids(text) == ids
