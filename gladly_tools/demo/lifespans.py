"""Which conversations may have items in a window: those that began in it, and those that had not ended before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.timeline import midnight

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

_DAY = dt.timedelta(days=1)
_LAST_CONTACT = dt.timedelta(hours=6)  # how long one lasts at most where no closing ends it
_BETWEEN = 150  # conversations between those of two earlier days
_REACH = dt.timedelta(days=20)  # longer ago than the window of any job that is still listed


class Lifespans:
    """Finds conversations by the time of their items, without making the items."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._since: dt.datetime | None = None
        self._stragglers: dict[dt.date, tuple[Conversation, ...]] = {}

    def within(self, begin: dt.datetime, end: dt.datetime) -> Iterator[Conversation]:
        """The conversations of a window of up to a day, nearly in the order in which they began.

        Stragglers, which began more than a day earlier, come in between. All items of the window belong to
        one of these conversations, but not each of them has one.
        """
        timeline = self._company.timeline
        first = begin.astimezone(timeline.zone).date() - _DAY
        last = (end - dt.timedelta.resolution).astimezone(timeline.zone).date()
        near = (first + offset * _DAY for offset in range((last - first).days + 1))
        stragglers = self._stragglers_by_day(min(first - _DAY, timeline.last_day), begin)
        count = 0
        for conversation in chain.from_iterable(map(self._company.conversations.on, near)):
            if conversation.created_at < end and lasts_until(conversation) >= begin:
                # A look at all the days at once would make the reader of a big company's file wait.
                if count % _BETWEEN == 0:
                    yield from next(stragglers, ())
                count += 1
                yield conversation
        yield from chain.from_iterable(stragglers)

    def _stragglers_by_day(self, last_day: dt.date, begin: dt.datetime) -> Iterator[list[Conversation]]:
        """Those who still lasted at `begin`, by the day on which they began, newest day first."""
        for offset in range((last_day - self._company.timeline.first_day).days + 1):
            found = self._outlasting(last_day - offset * _DAY, begin)
            yield [conversation for conversation in found if lasts_until(conversation) >= begin]

    def _outlasting(self, day: dt.date, begin: dt.datetime) -> tuple[Conversation, ...]:
        """The few that outlast the day after their first one; kept, as a big company's day is long in the making."""
        if self._since is None or begin < self._since:
            self._since = min(begin, self._company.now() - _REACH)
            self._stragglers = {}
        found = self._stragglers.get(day)
        if found is None:
            bound = max(self._since, midnight(day + 2 * _DAY, self._company.timeline.zone))
            found = tuple(one for one in self._company.conversations.on(day) if lasts_until(one) >= bound)
            self._stragglers[day] = found
        return found


def lasts_until(conversation: Conversation) -> dt.datetime:
    """A moment after which nothing happens in a conversation any more."""
    last_begin = (conversation.created_at, *conversation.reopened_at)[-1]
    last_close = conversation.closes[-1].at if conversation.closes else last_begin
    return max(last_close, last_begin + _LAST_CONTACT)
