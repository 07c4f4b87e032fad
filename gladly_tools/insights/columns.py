"""The columns of contact information that its figures are made of, as the engine names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gladly_tools.results.sql import filled, quoted

CUSTOMER = "Customer ID"
CREATED = "Created At"
STATUS = "Status"
OPEN = "OPEN"
"""Whatever is neither closed nor merged: the report says so of what waits, too."""
HANDLE_TIME = "Conversation Handle Time in seconds"
FIRST_CLOSED = "Created-to-First Closed Time in seconds"
LAST_CLOSED = "Created-to-Last Closed Time in seconds"
FIRST_CHANNEL, LAST_CHANNEL = "First Channel", "Last Channel"
TOPICS = "Topics with Hierarchy"
TOPIC_LIST = ","
"""What stands between two topics of a conversation (unconfirmed); see `TopicCells`."""
REOPENED = "Times Reopened"
FCR_ELIGIBLE, FCR_SUCCESS = "Is FCR Eligible", "Is FCR Success"

QUARTER = f'epoch_us("{CREATED}") // 900000000'
WALL = "timezone($zone, make_timestamptz(quarter * 900000000))"
"""When conversations were created, by the quarter hour, and what the clock on the wall of `$zone` says then.

Counted by the quarter hour first: no zone's hours or days begin within one, and far fewer times are converted.
"""

MOST_GROUPS = 15


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """What conversations are grouped by: a text column, and what one and several of its values are called."""

    column: str
    one: str
    many: str

    @property
    def cell(self) -> str:
        """The group of a row, as SQL: NULL where the cell is empty."""
        return filled(self.column)


GROUPINGS: Mapping[str, Grouping] = {
    "Inbox": Grouping(column="Inbox Name - Current", one="inbox", many="inboxes"),
    "Agent": Grouping(column="Assigned Agent Name - Current", one="agent", many="agents"),
    "Channel": Grouping(column=FIRST_CHANNEL, one="channel", many="channels"),
}
DURATIONS: Mapping[str, str] = {
    "Handle time": HANDLE_TIME,
    "Creation to first close": FIRST_CLOSED,
    "Creation to last close": LAST_CLOSED,
}
"""Columns of seconds, by what people call them."""
FIGURE_COLUMNS = (
    *(CUSTOMER, CREATED, STATUS, FIRST_CHANNEL, LAST_CHANNEL, TOPICS, REOPENED, FCR_ELIGIBLE, FCR_SUCCESS),
    *(grouping.column for grouping in GROUPINGS.values()),
    *DURATIONS.values(),
)
"""All of them."""


def seconds_of(column: str) -> str:
    """A column of durations as SQL."""
    return quoted(column)
