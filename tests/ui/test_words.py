"""Words for people: nothing of a customer's text comes alive, and figures read well."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from gladly_tools.ui.words import counted, duration, moment, plain, size


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://tracker.test/x.png)",
        "[l](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "**bold** _it_ `code` ~~s~~ # h",
        ":material/home: :red[x] $x^2$ :smile:",
        "a@b.example https://x.test www.x.test",
        "\\*not escaped\\*",
        "line\n# heading\n- list",
    ],
)
def test_markdown_in_a_text_is_shown_and_not_obeyed(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).enable("strikethrough").parseInline(plain(text))[0].children
    assert {token.type for token in tokens or []} <= {"text", "text_special"}
    shown = "".join(token.content for token in tokens or []).replace("\u2060", "")
    assert shown == " ".join(text.splitlines())


@pytest.mark.parametrize("text", ["a@b.example", "https://x.test/y", "http://x.test", "see www.x.test", "WWW.x.test"])
def test_an_address_in_a_text_does_not_become_a_link(text: str) -> None:
    shown = plain(text)
    assert "\u2060" in shown
    assert "://" not in shown.replace("\\", "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (95, "2 min"),
        (3600, "60 min"),
        (7500, "2 h 5 min"),
        (7200, "2 h"),
        (400_000, "5 days"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (52_000_000, "52 MB")])
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


def test_counts_have_their_noun() -> None:
    assert (counted(1, "row"), counted(12_345, "row"), counted(0, "reply", "replies")) == (
        "1 row",
        "12,345 rows",
        "0 replies",
    )


def test_a_moment_is_told_in_its_zone() -> None:
    assert moment(datetime(2026, 3, 8, 7, 5, tzinfo=UTC), "America/New_York") == "8 Mar 2026, 03:05"
