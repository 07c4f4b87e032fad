"""The reports: what may be asked of each, which rows it has, and how they read as CSV."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gladly_tools.demo.conversations import Conversation
from gladly_tools.demo.csv_text import csv_pieces
from gladly_tools.demo.ids import Kind, seeded
from gladly_tools.demo.timeline import midnight
from gladly_tools.demo.timestamp_reports import ContactTimestamps, ConversationTimestamps

if TYPE_CHECKING:
    from gladly_tools.demo.company import Company

COLUMNS = (
    "Timezone Filter",
    "Inboxes Filter",
    "Created At",
    "Conversation ID",
    "Customer ID",
    "Conversation Link",
    "Status",
    "Assigned Agent ID - Current",
    "Assigned Agent Name - Current",
    "Inbox ID - Current",
    "Inbox Name - Current",
    "First Closed At",
    "Last Closed At",
    "Initiator Type - Created",
    "Initiator Agent ID - Created",
    "Initiator Agent Name - Created",
    "Inbox ID - Created",
    "Inbox Name - Created",
    "Assigned Agent ID - Created",
    "Assigned Agent Name - Created",
    "Initiator Type - Last Closed",
    "Initiator Agent ID - Last Closed",
    "Initiator Agent Name - Last Closed",
    "Initiator Rule ID - Last Closed",
    "Inbox ID - Last Closed",
    "Inbox Name - Last Closed",
    "Assigned Agent ID - Last Closed",
    "Assigned Agent Name - Last Closed",
    "Topics",
    "Topics with Hierarchy",
    "First Contact ID",
    "First Channel",
    "Second Channel",
    "Third Channel",
    "Last Channel",
    "Created-to-First Closed Time in seconds",
    "Created-to-Last Closed Time in seconds",
    "Conversation Handle Time in seconds",
    "Is FCR Eligible",
    "Is FCR Success",
    "Merged Conversations",
    "Count of Contacts",
    "Count of Channels",
    "Count of Notes",
    "Count of Agents Assigned",
    "Count of Inboxes Assigned",
    "Times Agent Unassigned by Rule",
    "Times Closed",
    "Times Reopened",
    "Times Topic Added",
    "Times Topic Removed",
    "Payment Requests - Completed",
    "Payment Requests - Declined",
    "Payment Amount - Completed USD",
    "Payment Amount - Declined USD",
)
USAGE_COLUMNS = (
    "Timezone Filter",
    "Aggregation Level Filter",
    "Date",
    "Answer ID",
    "Answer Name",
    "Total Uses",
    "Email Uses",
    "Messaging Uses",
    "Voice Uses",
)
_LEVELS = ("halfHourly", "daily", "weekly", "monthly", "quarterly")
_ACCEPTS = MappingProxyType(
    {
        "ConversationExportReport": frozenset({"inboxes"}),
        "AnswerUsageReport": frozenset({"aggregationLevel"}),
        "ConversationTimestampsReport": frozenset(),
        "ContactTimestampsReport": frozenset(),
    }
)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One reason why a report is refused."""

    attr: str
    code: str
    detail: str


class Report(Protocol):
    """One report, ready to be sent; `filename` is what it is called when saved."""

    filename: str

    def csv(self, row_limit: int) -> Iterator[bytes]:
        """The CSV in pieces, cut without a sign after `row_limit` rows."""
        ...


def ask(company: Company, body: Mapping[str, object]) -> Report | list[Problem]:
    """The report that a request asks for, or every reason why it is refused."""
    problems: list[Problem] = []
    metric_set = body.get("metricSet")
    accepts = _ACCEPTS.get(metric_set) if isinstance(metric_set, str) else None
    if not metric_set:
        problems.append(Problem(attr="metricSet", code="blank", detail="metricSet must be specified"))
    elif accepts is None:
        problems.append(
            Problem(attr="metricSet", code="invalid", detail="the specified value is not a valid metricSet")
        )

    for name in ("startAtTime", "endAtTime"):
        if name in body:
            problems.append(
                Problem(
                    attr=name,
                    code="invalid",
                    detail=f"{name} cannot be applied to the {metric_set} metricSet",
                )
            )
    first_day = _day(body, "startAt", problems)
    last_day = _day(body, "endAt", problems)
    if first_day and last_day and last_day < first_day:
        problems.append(Problem(attr="endAt", code="invalid", detail="endAt must not be before startAt"))
    zone = _zone(body.get("timezone", company.organization.timezone), problems)
    level = _level(body, str(metric_set), accepts, problems)
    inbox_ids = _filters(company, body.get("filters", {}), str(metric_set), accepts, problems)
    if problems or first_day is None or last_day is None or zone is None:
        return problems
    if metric_set == "AnswerUsageReport":
        return AnswerUsage(company, first_day=first_day, last_day=last_day, zone=zone, level=level)
    if metric_set == "ConversationTimestampsReport":
        return ConversationTimestamps(company, first_day=first_day, last_day=last_day, zone=zone)
    if metric_set == "ContactTimestampsReport":
        return ContactTimestamps(company, first_day=first_day, last_day=last_day, zone=zone)
    return ConversationExport(company, first_day=first_day, last_day=last_day, zone=zone, inbox_ids=inbox_ids)


class ConversationExport:
    """One row per conversation created between two days, both included, in the zone of the report.

    Rows name what is true at the moment the report was asked for; those in the future are not there yet.
    """

    def __init__(
        self,
        company: Company,
        *,
        first_day: dt.date,
        last_day: dt.date,
        zone: ZoneInfo,
        inbox_ids: Sequence[str],
    ) -> None:
        self.filename = f"ConversationExportReport-{first_day:%Y%m%d}-{last_day:%Y%m%d}.csv"
        self._company = company
        self._zone = zone
        self._begin = midnight(first_day, zone)
        self._now = company.now()
        self._end = min(midnight(last_day + _DAY, zone), self._now + dt.timedelta(microseconds=1))
        wanted = set(inbox_ids)
        self._inboxes = frozenset(place for place, inbox in enumerate(company.inboxes) if inbox.id in wanted)
        self._inboxes_text = ",".join(company.inboxes[place].name for place in sorted(self._inboxes))
        self._agents = [(agent.id, agent.name) for agent in company.agents]
        self._boxes = [(inbox.id, inbox.name) for inbox in company.inboxes]
        self._topics = [(topic.name, company.topic_path(topic.id)) for topic in company.topics]

    def conversations(self) -> Iterator[Conversation]:
        """The conversations of the report, oldest first."""
        for day in self._days():
            yield from self._on(day)

    def csv(self, row_limit: int) -> Iterator[bytes]:
        days = self._days()
        if not days:
            return iter(())  # a window without data: sometimes not even a header comes
        chance = seeded(self._company.seed, "order", self.filename, self._inboxes_text)
        chance.shuffle(days)
        rows = (self.row(one) for day in days for one in self._shuffled(day))
        if sum(len(self._company.timeline.numbers(day)) for day in days) <= row_limit:
            return csv_pieces(COLUMNS, rows)
        total = sum(1 for day in days for _ in self._on(day))
        if total <= row_limit:
            return csv_pieces(COLUMNS, rows)
        # Which rows are lost is nobody's promise. A step without a common divisor visits every place once;
        # the rows whose place is among the first `row_limit` steps survive, so the gaps are everywhere.
        step = next(step for step in range(int(total * 0.618) | 1, 2 * total) if math.gcd(step, total) == 1)
        survivors = (
            one
            for place, one in enumerate(one for day in days for one in self._shuffled(day))
            if place * step % total < row_limit
        )
        return csv_pieces(COLUMNS, (self.row(one) for one in survivors))

    def row(self, conversation: Conversation) -> list[str]:
        """The cells of one row, in the order of COLUMNS; an empty cell means none."""
        one = conversation
        company = self._company
        closes = one.past_closes(self._now)
        reopened = one.past_reopenings(self._now)
        is_closed = len(closes) > reopened
        is_merged = company.conversations.merged_into(one) is not None
        first = closes[0] if closes else None
        last = closes[-1] if closes else None
        customer_id = company.report_customer_id(one)
        is_eligible = one.created_by != "AGENT" and not is_merged
        channels = (*one.channels, "", "")
        return [
            self._zone.key,
            self._inboxes_text,
            self._moment(one.created_at),
            one.id,
            customer_id,
            f"{company.organization.gladly_url}/customer/{customer_id}/conversation/{one.id}",
            "MERGED" if is_merged else "CLOSED" if is_closed else "OPEN",
            *self._agent(one.agent),
            *self._boxes[one.inbox],
            self._moment(first.at) if first else "",
            self._moment(last.at) if last else "",
            one.created_by,
            *self._agent(one.created_by_agent),
            *self._boxes[one.inbox_created],
            *self._agent(one.agent_created),
            last.by if last else "",
            *self._agent(last.by_agent if last else None),
            (last.by_rule or "") if last else "",
            *(self._boxes[last.inbox] if last else ("", "")),
            *self._agent(last.agent if last else None),
            ",".join(self._topics[topic][0] for topic in one.topics),
            ",".join(self._topics[topic][1] for topic in one.topics),
            company.ids.make(Kind.CONTACT, one.number),
            channels[0],
            channels[1],
            channels[2],
            one.last_channel,
            _seconds(one.created_at, first.at) if first else "",
            _seconds(one.created_at, last.at) if last else "",
            f"{one.handle_seconds:.3f}" if closes else "",
            _flag(is_eligible) if is_closed else "",
            _flag(is_eligible and reopened == 0 and one.contacts <= 2) if is_closed else "",
            ",".join(company.conversations.merged_here(one)),
            str(one.contacts),
            str(len(set(one.channels))),
            str(one.notes),
            str(one.agents_assigned),
            str(one.inboxes_assigned),
            str(one.unassigned_by_rule),
            str(len(closes)),
            str(reopened),
            str(len(one.topics) + one.topics_removed),
            str(one.topics_removed),
            str(len(one.payments_completed)),
            str(len(one.payments_declined)),
            _dollars(one.payments_completed),
            _dollars(one.payments_declined),
        ]

    def _days(self) -> list[dt.date]:
        """The company's days that the window touches; its zone may differ from the report's."""
        if self._begin >= self._end:
            return []
        zone = self._company.zone
        day = max(self._begin.astimezone(zone).date(), self._company.timeline.first_day)
        last = min(
            (self._end - dt.timedelta(microseconds=1)).astimezone(zone).date(),
            self._company.timeline.last_day,
        )
        return [day + dt.timedelta(days=index) for index in range((last - day).days + 1)]

    def _on(self, day: dt.date) -> Iterator[Conversation]:
        for one in self._company.conversations.now_on(day):
            if self._begin <= one.created_at < self._end and (not self._inboxes or one.inbox in self._inboxes):
                yield one

    def _shuffled(self, day: dt.date) -> list[Conversation]:
        found = list(self._on(day))
        seeded(self._company.seed, "order", day.isoformat()).shuffle(found)
        return found

    def _moment(self, moment: dt.datetime) -> str:
        text = moment.astimezone(self._zone).isoformat(timespec="milliseconds")
        return text.removesuffix("+00:00") + "Z" if self._zone.key == "UTC" else text

    def _agent(self, place: int | None) -> tuple[str, str]:
        return ("", "") if place is None else self._agents[place]


class AnswerUsage:
    """How often each answer was used, one row per period and used answer.

    The real report's columns are not published: these are our guess, and only the ids should be relied on. It
    names answers without public content too, and one that was deleted since.
    """

    def __init__(self, company: Company, *, first_day: dt.date, last_day: dt.date, zone: ZoneInfo, level: str) -> None:
        title = level[:1].upper() + level[1:]
        self.filename = f"AnswerUsageReport-{first_day:%Y%m%d}-{last_day:%Y%m%d}-{title}.csv"
        self._company = company
        self._first_day = first_day
        self._last_day = last_day
        self._zone = zone
        self._level = level

    def csv(self, row_limit: int) -> Iterator[bytes]:
        return csv_pieces(USAGE_COLUMNS, itertools.islice(self.rows(), row_limit))

    def rows(self) -> Iterator[list[str]]:
        """The cells of each row, in the order of USAGE_COLUMNS."""
        company = self._company
        first = max(self._first_day, company.timeline.first_day)
        last = min(self._last_day, company.timeline.last_day, company.now().astimezone(self._zone).date())
        days = [first + dt.timedelta(days=index) for index in range((last - first).days + 1)]
        for period, group in itertools.groupby(days, key=self._period):
            uses: dict[tuple[str, str], list[int]] = {}
            for day in group:
                for answer_id, name, counts in self._used_on(day):
                    so_far = uses.setdefault((answer_id, name), [0, 0, 0])
                    uses[answer_id, name] = [a + b for a, b in zip(so_far, counts, strict=True)]
            for (answer_id, name), counts in uses.items():
                shown = [str(count) for count in (sum(counts), *counts)]
                yield [self._zone.key, self._level, period.isoformat(), answer_id, name, *shown]

    def _used_on(self, day: dt.date) -> Iterator[tuple[str, str, list[int]]]:
        company = self._company
        if not company.answers:
            return
        known = [(answer.id, answer.name) for place, answer in enumerate(company.answers) if place % 5]
        gone = (company.ids.make(Kind.ANSWER, len(company.answers)), "Deleted since")
        chance = seeded(company.seed, "usage", day.isoformat())
        for answer_id, name in (*known, gone):
            counts = [max(0, int(chance.paretovariate(1.1)) - 1) for _ in range(3)]
            if any(counts):
                yield answer_id, name, counts

    def _period(self, day: dt.date) -> dt.date:
        if self._level == "weekly":
            return day - dt.timedelta(days=day.weekday())
        if self._level == "monthly":
            return day.replace(day=1)
        if self._level == "quarterly":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return day


def _day(body: Mapping[str, object], name: str, problems: list[Problem]) -> dt.date | None:
    value = body.get(name)
    if value is None or value == "":
        problems.append(Problem(attr=name, code="blank", detail=f"{name} must be specified"))
        return None
    try:
        if not isinstance(value, str) or len(value) != len("YYYY-MM-DD"):
            raise ValueError
        return dt.date.fromisoformat(value)
    except ValueError:
        problems.append(Problem(attr=name, code="invalid", detail=f"{name} must have the format YYYY-MM-DD"))
        return None


def _zone(value: object, problems: list[Problem]) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append(Problem(attr="timezone", code="invalid", detail="the specified value is not a valid timezone"))
        return None


def _level(body: Mapping[str, object], metric_set: str, accepts: frozenset[str] | None, problems: list[Problem]) -> str:
    level = body.get("aggregationLevel", "daily")
    if level not in _LEVELS:
        detail = "the specified value is not a valid aggregation level"
        problems.append(Problem(attr="aggregationLevel", code="invalid", detail=detail))
    elif "aggregationLevel" in body and accepts is not None and "aggregationLevel" not in accepts:
        detail = f"an aggregation level cannot be applied to the {metric_set} metricSet"
        problems.append(Problem(attr="aggregationLevel", code="invalid", detail=detail))
    return str(level)


def _filters(
    company: Company,
    filters: object,
    metric_set: str,
    accepts: frozenset[str] | None,
    problems: list[Problem],
) -> list[str]:
    if not isinstance(filters, dict):
        problems.append(Problem(attr="filters", code="invalid", detail="filters must be an object"))
        return []
    for name in filters:
        if accepts is not None and name not in accepts:
            detail = f"the {name} filter cannot be applied to the {metric_set} metricSet"
            problems.append(Problem(attr=f"filters.{name}", code="invalid", detail=detail))
    wanted = filters.get("inboxes", [])
    known = {inbox.id for inbox in company.inboxes}
    if not isinstance(wanted, list) or not all(isinstance(inbox_id, str) for inbox_id in wanted):
        problems.append(Problem(attr="filters.inboxes", code="invalid", detail="inboxes must be a list of ids"))
        return []
    if any(inbox_id not in known for inbox_id in wanted):
        detail = "the requested inbox does not exist"
        problems.append(Problem(attr="filters.inboxes", code="present", detail=detail))
    return wanted


def _seconds(begin: dt.datetime, end: dt.datetime) -> str:
    return f"{(end - begin).total_seconds():.3f}"


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _dollars(cents: Sequence[int]) -> str:
    return f"{sum(cents) / 100:.2f}" if cents else "0"
