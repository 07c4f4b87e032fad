"""When conversations begin and whose they are: pure arithmetic over a conversation's number.

Conversations are numbered from 0 in the order of their creation, so a day is a range of numbers.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from zoneinfo import ZoneInfo

from gladly_tools.demo.catalogue import HOUR_CURVE, WEEKDAY_CURVE
from gladly_tools.demo.ids import seeded

_WHOLESALER_VISITS = 120  # more than a customer's list of conversations can hold
_GROWTH = 0.25
_HOURS = tuple(range(24))
_HOUR_STEPS = tuple(accumulate(HOUR_CURVE))


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The instant (in UTC) at which a day begins in a zone, also when clocks change at midnight."""
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)


class Timeline:
    """How many conversations begin on each day, and when.

    The last day is `today`, made up to midnight: who reads it must leave out what has not happened yet.
    """

    def __init__(self, *, seed: int, today: dt.date, days: int, conversations: int, zone: ZoneInfo) -> None:
        self.first_day = today - dt.timedelta(days=days - 1)
        self.last_day = today
        self.zone = zone
        self._seed = seed
        chance = seeded(seed, "volume")
        weights = [
            WEEKDAY_CURVE[(self.first_day + dt.timedelta(days=index)).weekday()]
            * (1 + _GROWTH * index / days)
            * chance.uniform(0.92, 1.08)
            for index in range(days)
        ]
        self._starts: Sequence[int] = (0, *_shares(conversations, weights))

    def numbers(self, day: dt.date) -> range:
        """The numbers of the conversations that begin on a day, in the company's zone."""
        index = (day - self.first_day).days
        if not 0 <= index < len(self._starts) - 1:
            return range(0)
        return range(self._starts[index], self._starts[index + 1])

    def day(self, number: int) -> dt.date:
        """The day on which a conversation begins."""
        return self.first_day + dt.timedelta(days=bisect_right(self._starts, number) - 1)

    def moments(self, day: dt.date) -> list[dt.datetime]:
        """When the conversations of a day begin: ascending, UTC, whole milliseconds."""
        size = len(self.numbers(day))
        chance = seeded(self._seed, "moments", day.isoformat())
        begins = midnight(day, self.zone)
        length = midnight(day + dt.timedelta(days=1), self.zone) - begins
        hours = chance.choices(_HOURS, cum_weights=_HOUR_STEPS, k=size)
        walls = [hour * 3_600_000 + int(chance.random() * 3_600_000) for hour in hours]
        if length == dt.timedelta(days=1):
            return [begins + dt.timedelta(milliseconds=wall) for wall in sorted(walls)]
        # A day on which the clocks change: an hour is missing or comes twice, so go by the clock on the wall.
        moments = []
        for wall in walls:
            local = dt.datetime.combine(day, dt.time()) + dt.timedelta(milliseconds=wall)
            fold = int(chance.random() < 0.5)
            moments.append(local.replace(tzinfo=self.zone, fold=fold).astimezone(dt.UTC))
        return sorted(moments)


class Visits:
    """Which customer each conversation belongs to, answered both ways without a table.

    Every customer has one conversation; the rest fall to regulars, customer 0 being a wholesaler with very
    many.
    """

    def __init__(self, *, conversations: int, customers: int) -> None:
        self.conversations = conversations
        self.customers = customers
        repeats = conversations - customers
        self._wholesale = _WHOLESALER_VISITS if repeats >= 4 * _WHOLESALER_VISITS else 0
        self._regular = repeats - self._wholesale
        # Stepping by a number without a common divisor visits every slot once, in what looks like chance.
        candidates = range(int(conversations * 0.618) | 1, conversations)
        self._step = next((step for step in candidates if math.gcd(step, conversations) == 1), 1)
        self._back = pow(self._step, -1, conversations) if conversations > 1 else 0

    def customer(self, number: int) -> int:
        slot = number * self._step % self.conversations
        if slot < self.customers:
            return slot
        slot -= self.customers
        return self._repeat_customer(slot - self._wholesale) if slot >= self._wholesale else 0

    def is_own(self, number: int) -> bool:
        """Whether this is the one conversation that every customer has."""
        return number * self._step % self.conversations < self.customers

    def numbers(self, customer: int) -> list[int]:
        """The conversations of a customer, in the order of their creation."""
        if not 0 <= customer < self.customers:
            return []
        slots = [customer]
        if customer == 0:
            slots.extend(range(self.customers, self.customers + self._wholesale))
        offset = self.customers + self._wholesale
        regular = range(self._regular)
        low = bisect_left(regular, customer, key=self._repeat_customer)
        high = bisect_left(regular, customer + 1, key=self._repeat_customer)
        slots.extend(range(offset + low, offset + high))
        return sorted(slot * self._back % self.conversations for slot in slots)

    def _repeat_customer(self, index: int) -> int:
        return self.customers * index * index // (self._regular * self._regular)


def _shares(total: int, weights: Sequence[float]) -> list[int]:
    """Running totals of whole numbers in the proportion of the weights; the last is exactly `total`."""
    whole = sum(weights)
    running = accumulate(weights)
    shares = [round(total * so_far / whole) for so_far in running]
    shares[-1] = total
    return shares
