"""File names that Windows, macOS and Linux all take, that stay in their folder and never meet."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.file_names import FileNames, safe_name

HOSTILE = (
    "../../x",
    "..\\..\\x",
    "/etc/passwd",
    "C:\\Windows\\x",
    "CON",
    "con.mp3",
    "Lpt1",
    "COM¹",
    "nul .txt",
    "..",
    ".",
    "",
    "   ",
    "a/b",
    "trailing. . .",
    ".hidden",
    "tab\tline\nend\x00",
    'quo"te<>|?*:',
    "\u202egnp.exe",
    "🎄" * 300,
    "x" * 300,
    "é" * 200,
    "e\u0301" * 200,
    "-rf",
)


def is_safe_everywhere(name: str) -> bool:
    return (
        0 < len(name.encode()) <= 255
        and len(name) <= 255
        and PurePosixPath(name).name == name
        and PureWindowsPath(name).name == name
        and not PureWindowsPath(name).is_reserved()
        and not set(name) & set('<>:"/\\|?*')
        and not any(unicodedata.category(character) == "Cc" for character in name)
        and not name.startswith((".", " "))
        and not name.endswith((".", " "))
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_becomes_one_that_every_system_takes(text: str) -> None:
    assert is_safe_everywhere(FileNames(".mp3").name(text, instead="prompt"))
    assert is_safe_everywhere(safe_name(text, instead="prompt"))


@given(st.text(max_size=400))
def test_any_text_becomes_a_name_that_every_system_takes(text: str) -> None:
    assert is_safe_everywhere(FileNames(".mp3").name(text, instead="prompt"))


@given(st.lists(st.sampled_from([*HOSTILE, "a", "A", "a (2)", "\uff21", "ß", "ss", "SS", "é", "e\u0301"]), max_size=40))
def test_no_two_names_meet_on_a_system_that_ignores_case_and_form(texts: list[str]) -> None:
    names = FileNames(".mp3")
    found = [unicodedata.normalize("NFKD", names.name(text, instead="prompt")).casefold() for text in texts]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["Welcome", "WELCOME", "welcome"], ["Welcome.mp3", "WELCOME (2).mp3", "welcome (3).mp3"]),
        (["a (2)", "a", "a"], ["a (2).mp3", "a.mp3", "a (3).mp3"]),
        (["hold.mp3", "hold"], ["hold.mp3", "hold (2).mp3"]),
        (["Größe 🎵"], ["Größe 🎵.mp3"]),
        (["../../x"], ["_.._x.mp3"]),
        (["CON", ""], ["_CON.mp3", "prompt.mp3"]),
    ],
)
def test_clashes_are_numbered(texts: list[str], names: list[str]) -> None:
    taken = FileNames(".mp3")
    assert [taken.name(text, instead="prompt") for text in texts] == names
