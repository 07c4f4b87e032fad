"""Checkboxes for several of a fixed list, in groups where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from gladly_tools.exports.choices import ChoicesQuestion
from gladly_tools.ui.words import counted, plain


def choices(question: ChoicesQuestion, key: str, answers: Mapping[str, Any]) -> list[str]:
    """The chosen ones. A list that follows another answer is folded away, as none chosen means all."""
    if question.compact:
        return st.multiselect(
            question.label,
            question.choices,
            format_func=question.in_words,
            placeholder="All",
            help=question.help,
            key=key,
            persist_state="session",
        )
    groups = question.offered(answers)
    if not question.of:
        st.markdown(f":small[{question.label}]", help=question.help)
        return [choice for group in groups.values() for choice in _boxes(question, key, group, columns=2)]
    if not groups:
        return []
    chosen = [choice for group in groups.values() for choice in group if st.session_state.get(f"{key}:{choice}")]
    said = counted(len(chosen), "chosen", "chosen") if chosen else "all"
    with st.expander(f"{question.label}: {said}", key=f"{key}:folded"):
        st.caption(question.help)
        found: list[str] = []
        for name, group in groups.items():
            st.markdown(f"**{plain(name)}**")
            found += _boxes(question, key, group, columns=2, prefix=f"{name}/")
    return found


def _boxes(question: ChoicesQuestion, key: str, group: Sequence[str], *, columns: int, prefix: str = "") -> list[str]:
    """One checkbox a choice, in columns that read downwards."""
    rows = -(-len(group) // columns)
    found = []
    for place, column in enumerate(st.columns(columns)):
        with column, st.container(gap="xsmall"):
            for choice in group[place * rows : (place + 1) * rows]:
                checked = st.checkbox(
                    plain(question.in_words(choice).removeprefix(prefix)),
                    value=choice in question.usual,
                    help=question.helps.get(choice),
                    key=f"{key}:{choice}",
                    persist_state="session",
                )
                if checked:
                    found.append(choice)
    return found
