"""Ways to read a result that are neither a table nor a chart, by export and table: a conversation as a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gladly_tools.results.store import Result
from gladly_tools.ui.call_lanes import call_lanes
from gladly_tools.ui.matches import show_matches
from gladly_tools.ui.prompts import prompts
from gladly_tools.ui.transcript import show_transcript
from gladly_tools.web.vault import Session


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to read a table: what its button says, and what shows it.

    That gets the session, the table, the job's id, and a place under which to keep widgets.
    """

    label: str
    show: Callable[[Session, Result, str, str], None]


THREAD = Reading(label="Thread", show=show_transcript)

READINGS: Mapping[tuple[str, str | None], Reading] = {
    ("conversation", None): THREAD,
    ("customer-conversations", "conversation-items"): THREAD,
    ("file-export", "conversation_items"): Reading(label="Matches", show=show_matches),
    ("call-events", None): Reading(label="Timeline", show=call_lanes),
    ("ivr-recordings", None): Reading(label="Listen", show=prompts),
}
"""By export and table, with no name for the only table of an export."""
