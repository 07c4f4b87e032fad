"""A changed text before and after, line by line. Whatever it holds is shown as text, never as markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

import pandas as pd
import streamlit as st

from gladly_tools.comparing.configuration import COLUMNS, Change, Shape
from gladly_tools.comparing.texts import Difference, Line, Pair, difference
from gladly_tools.transcript import text_of_html
from gladly_tools.ui.words import counted, plain

SIDE_BY_SIDE, INLINE = "Side by side", "Inline"
AS_TEXT, AS_SOURCE = "As text", "As HTML"

# The line's ground, then that of the words that differ: thin enough for light and for dark, as a page may turn from one
# to the other while it is looked at.
COLORS: Mapping[str, tuple[str, str]] = {
    "removed": ("rgb(220 53 69 / 0.1)", "rgb(220 53 69 / 0.3)"),
    "added": ("rgb(25 135 84 / 0.12)", "rgb(25 135 84 / 0.35)"),
}
MINUS = "\N{MINUS SIGN}"
SIGNS = {"removed": (MINUS, "removed"), "added": ("+", "added")}


def changed_texts(frame: pd.DataFrame, shape: Shape, place: str) -> None:
    """A choice among the texts that changed, and how the chosen one did; nothing where no text changed."""
    texts = (
        frame[(frame["Change"] == Change.CHANGED.value) & frame["What"].isin(shape.texts)] if shape.texts else frame[:0]
    )
    if texts.empty:
        return
    st.header("Changed texts", anchor=False)
    labels = [
        " · ".join(part for part in (str(name or key), str(language), str(what)) if part)
        for name, key, language, what in zip(*(texts[column] for column in COLUMNS[1:5]), strict=True)
    ]
    with st.container(horizontal=True, vertical_alignment="bottom", key="texts bar"):
        chosen = st.selectbox(
            "Text",
            range(len(labels)),
            format_func=lambda number: labels[number] if number < len(labels) else "",
            key=f"compare:text:{place}",
            width=440,
        )
        layout = st.segmented_control(
            "Layout",
            [SIDE_BY_SIDE, INLINE],
            default=SIDE_BY_SIDE,
            required=True,
            key="compare:layout",
            persist_state="session",
            label_visibility="collapsed",
            wrap=True,
        )
        form = st.segmented_control(
            "Form",
            [AS_TEXT, AS_SOURCE],
            default=AS_TEXT,
            required=True,
            key="compare:form",
            persist_state="session",
            label_visibility="collapsed",
            help="Text is what people read. HTML is how it is written, with links and formatting.",
            wrap=True,
        )
    row = texts.iloc[chosen]
    before, after = str(row["Before"]), str(row["After"])
    if form == AS_TEXT and text_of_html(before) == text_of_html(after):
        st.caption(":material/info: What people read is the same; only the HTML differs, so that is shown.")
        form = AS_SOURCE
    if form == AS_TEXT:
        before, after = text_of_html(before), text_of_html(after)
    found = difference(before, after)
    st.caption(
        plain(f"{counted(found.removed, 'line')} removed ({MINUS}), {counted(found.added, 'line')} added (+)")
        + (". The texts are too long to be compared whole: this is their beginning." if found.cut else "")
    )
    if not found.removed and not found.added:
        st.caption("Only the ends of lines differ.")
        return
    with st.container(border=True, key="text difference"):
        st.html(difference_html(found, side_by_side=layout == SIDE_BY_SIDE, source=form == AS_SOURCE))


def difference_html(found: Difference, *, side_by_side: bool, source: bool) -> str:
    """The difference as HTML of our own, in which every text is escaped.

    What was removed and added is told by a sign, by words for a screen reader and by a line through or below it, not by
    color alone.
    """
    rows = _side_by_side(found) if side_by_side else _inline(found)
    font = "font-family:monospace;" if source else ""
    return f"<div style='{font}font-size:0.875rem;line-height:1.6'>{''.join(rows)}</div>"


def _side_by_side(found: Difference) -> Iterator[str]:
    # On a narrow page a pair breaks into two lines, the one before above the one after.
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,260px),1fr));column-gap:12px"
    for pair in found.pairs:
        if pair.skipped:
            yield _skipped(pair)
        elif pair.same:
            yield _line(pair.before, "")
        else:
            yield f"<div style='{grid}'>{_line(pair.before, 'removed')}{_line(pair.after, 'added')}</div>"


def _inline(found: Difference) -> Iterator[str]:
    waiting: list[str] = []
    for pair in found.pairs:
        if pair.skipped or pair.same:
            yield from waiting
            waiting = []
            yield _skipped(pair) if pair.skipped else _line(pair.before, "")
            continue
        if pair.before is not None:
            yield _line(pair.before, "removed")
        if pair.after is not None:
            waiting.append(_line(pair.after, "added"))
    yield from waiting


def _skipped(pair: Pair) -> str:
    return f"<div style='opacity:0.7;padding:2px 8px'>⋯ {counted(pair.skipped, 'equal line')}</div>"


def _line(line: Line | None, what: str) -> str:
    """One line; a side that has none is left empty."""
    if line is None:
        return "<div></div>"
    ground, strong = COLORS[what] if what else ("transparent", "transparent")
    sign, words = SIGNS[what] if what else ("", "")
    tag, mark = ("del", "line-through") if what == "removed" else ("ins", "underline")
    pieces = "".join(
        f"<{tag} style='background:{strong};text-decoration:{mark};border-radius:3px'>{escape(piece.text)}</{tag}>"
        if piece.changed and what
        else escape(piece.text)
        for piece in line
    )
    said = f"<span style='position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden'>{words}: </span>"
    return (
        f"<div style='display:flex;gap:8px;background:{ground};padding:1px 8px;border-radius:3px;min-width:0'>"
        f"<span aria-hidden='true' style='flex:none;width:1ch;font-weight:700'>{sign}</span>{said if words else ''}"
        f"<span dir='auto' style='white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;min-width:0'>"
        f"{pieces}</span></div>"
    )
