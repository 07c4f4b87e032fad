"""The demo company: everything about it follows from a seed, a size and a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gladly_tools.demo.answers import Answer, make_answers
from gladly_tools.demo.catalogue import (
    AGENT_NAMES,
    AUDIENCES,
    COMPANY_NAME,
    GLADLY_URL,
    INBOXES,
    LOGIN_DOMAIN,
    TEAM_NAMES,
    TIME_ZONE,
)
from gladly_tools.demo.changes import Changes, Rules
from gladly_tools.demo.contacts import Contact, Contacts
from gladly_tools.demo.conversations import Conversation, Conversations
from gladly_tools.demo.customers import Customers, former_profiles, is_deleted
from gladly_tools.demo.events import Events
from gladly_tools.demo.export_files import ExportFiles
from gladly_tools.demo.export_jobs import ExportJob, ExportSchedule, jobs_of, schedule_of
from gladly_tools.demo.ids import Ids, Kind
from gladly_tools.demo.items import Attachment, Item, Items
from gladly_tools.demo.ivrs import make_ivrs
from gladly_tools.demo.reports import COLUMNS, ConversationExport
from gladly_tools.demo.tasks import Tasks
from gladly_tools.demo.timeline import Timeline, Visits, midnight
from gladly_tools.demo.topics import make_topics, topic_paths, topic_weights

_ACCOUNT_NAMES = (
    "alex.rivera",
    "priya.natarajan",
    "morgan.lee",
)  # the first agents; the last may not use the API


class Account(NamedTuple):
    """Somebody who can sign in: an agent's e-mail address and an API token."""

    username: str
    api_token: str


@dataclass(frozen=True, kw_only=True)
class Organization:
    """The company as the server names it."""

    id: str
    name: str
    login_domain: str
    timezone: str
    gladly_url: str


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent; names repeat, ids do not."""

    id: str
    name: str
    email_address: str


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team and its agents."""

    id: str
    name: str
    description: str | None
    agent_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """One inbox."""

    id: str
    name: str
    disabled: bool


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One audience: a brand or a kind of customer."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CustomAttribute:
    """One kind of value that a conversation can carry, possibly several times."""

    id: str
    key: str
    label: str
    deactivated: bool
    created_at: dt.datetime
    created_by: str


class Company:
    """The truth behind the server, for whoever wants to compare an answer with it.

    `organization`, `agents`, `teams`, `inboxes`, `topics`, `audiences`, `answers` and `attributes` are tuples
    (the first one record); `customers[id]` and `conversations[id]` look one up;
    `conversations_of(customer_id)`, `contacts_of(conversation)`, `items_of(conversation)` and
    `report_rows(first_day, last_day, zone)` list. Nothing that lies after `now()` is ever shown, but for the
    future of a conversation and of its contacts, which say themselves when it comes. `tasks` is an iterable that looks
    one up too, `changes` holds what callers changed, `events` what happened when.
    """

    def __init__(
        self,
        *,
        seed: int,
        days: int,
        conversations: int,
        today: dt.date,
        answers: int,
        now: Callable[[], dt.datetime],
        is_empty: bool = False,
        rules: Rules | None = None,
    ) -> None:
        self.seed = seed
        self.now = now
        self.zone = ZoneInfo(TIME_ZONE)
        self.ids = Ids(seed)
        self.timeline = Timeline(seed=seed, today=today, days=days, conversations=conversations, zone=self.zone)
        self._visits = Visits(conversations=conversations, customers=-(-conversations * 7 // 10))

        make = self.ids.make
        self.organization = Organization(
            id=make(Kind.ORGANIZATION, 0),
            name=COMPANY_NAME,
            login_domain=LOGIN_DOMAIN,
            timezone=TIME_ZONE,
            gladly_url=GLADLY_URL,
        )
        self.agents = tuple(
            Agent(id=make(Kind.AGENT, n), name=name, email_address=f"{local}@{LOGIN_DOMAIN}")
            for n, (name, local) in enumerate(zip(AGENT_NAMES, _locals(), strict=True))
        )
        self.accounts = tuple(
            Account(self.agents[n].email_address, token) for n, token in enumerate(("demo-token", "second-demo-token"))
        )
        self.account_without_permission = Account(self.agents[2].email_address, "token-without-permission")
        self.teams = () if is_empty else _teams(self.ids, self.agents)
        self.inboxes = tuple(
            Inbox(id=make(Kind.INBOX, n), name=kind.name, disabled=kind.disabled)
            for n, kind in enumerate(() if is_empty else INBOXES)
        )
        self.topics = () if is_empty else make_topics(self.ids)
        self.audiences = tuple(
            Audience(id=make(Kind.AUDIENCE, n), name=name) for n, name in enumerate(() if is_empty else AUDIENCES)
        )
        self.answers: tuple[Answer, ...] = make_answers(
            seed=seed,
            ids=self.ids,
            count=0 if is_empty else answers,
            audience_ids=[audience.id for audience in self.audiences],
            before=dt.datetime.combine(self.timeline.first_day, dt.time(), tzinfo=dt.UTC),
        )
        self.attributes = tuple(
            CustomAttribute(
                id=make(Kind.ATTRIBUTE, n),
                key=key,
                label=label,
                deactivated=key == "source",
                created_at=midnight(self.timeline.first_day, self.zone) - dt.timedelta(days=30 + n),
                created_by=self.agents[n].id,
            )
            for n, (key, label) in enumerate((("orderId", "Order"), ("source", "Where from")))
        )
        self.customers = Customers(seed=seed, ids=self.ids, visits=self._visits, timeline=self.timeline)
        self.conversations = Conversations(
            seed=seed,
            ids=self.ids,
            timeline=self.timeline,
            visits=self._visits,
            topic_weights=topic_weights(seed, self.topics),
            now=now,
        )
        self._contacts = Contacts(seed=seed, ids=self.ids)
        self.tasks = Tasks(
            seed=seed,
            ids=self.ids,
            conversations=conversations,
            customers=0 if is_empty else self._visits.customers,
            now=now,
        )
        self.changes = Changes(self, rules)
        self._items = Items(self, self._visits)
        self.events = Events(self)
        self.ivrs = () if is_empty else make_ivrs(self.ids)
        self._has_exports = not is_empty
        self._export_files = ExportFiles(self)
        self._topic_paths: Mapping[str, str] = MappingProxyType(topic_paths(self.topics))

    @classmethod
    def make(
        cls,
        *,
        seed: int = 7,
        days: int = 90,
        conversations: int = 5400,
        today: dt.date | None = None,
        answers: int = 40,
        now: Callable[[], dt.datetime] | None = None,
        rules: Rules | None = None,
    ) -> Company:
        """The company of a seed: always the same for the same arguments.

        Its conversations began on the `days` days up to and including `today` (default: today in the
        company's zone). `now` (default: the clock) is an aware moment; what happens after it stays hidden
        until then. Cheap at any size: days are made when asked for.
        """
        clock = now or _clock
        return cls(
            seed=seed,
            days=days,
            conversations=conversations,
            today=today or clock().astimezone(ZoneInfo(TIME_ZONE)).date(),
            answers=answers,
            now=clock,
            rules=rules,
        )

    @classmethod
    def make_empty(cls, *, seed: int = 7, now: Callable[[], dt.datetime] | None = None) -> Company:
        """A company that has agents and nothing else: every list is empty. `now` is as for `make`."""
        clock = now or _clock
        return cls(
            seed=seed,
            days=1,
            conversations=0,
            today=clock().astimezone(ZoneInfo(TIME_ZONE)).date(),
            answers=0,
            now=clock,
            is_empty=True,
        )

    def conversations_of(self, customer_id: str) -> list[Conversation]:
        """The conversations of a customer, oldest first. Raises KeyError for an unknown or deleted one."""
        return self.conversations.of_customer(self.customers[customer_id].number)

    def contacts_of(self, conversation: Conversation) -> tuple[Contact, ...]:
        """The contacts of a conversation, oldest first, those included that have not begun yet."""
        return self._contacts.of(conversation)

    def items_of(self, conversation: Conversation, at: dt.datetime | None = None) -> tuple[Item, ...]:
        """The items of a conversation so far, ascending by time; none when the customer was deleted.

        With `at`, as they were at that moment.
        """
        return self._items.of(conversation, at)

    def whole_story(self, conversation: Conversation) -> tuple[Item, ...]:
        """The same with those that lie in the future."""
        return self._items.whole(conversation)

    def item(self, item_id: str) -> Item:
        """One item as it is now. Raises KeyError for an unknown one, one in the future, or a deleted customer's."""
        return self._items[item_id]

    def attachment(self, token: str) -> Attachment:
        """The file behind a token. Raises KeyError where the item of the file cannot be read either."""
        return self._items.attachment(token)

    @property
    def customer_count(self) -> int:
        """How many customers there are, or were before they were deleted: they are numbered from 0."""
        return self._visits.customers

    def export_schedules(self) -> tuple[ExportSchedule, ...]:
        """The one schedule of file exports."""
        return (schedule_of(self.ids, self.now()),) if self._has_exports else ()

    def export_jobs(self) -> tuple[ExportJob, ...]:
        """The file exports of the last 14 days, in the order of their last update."""
        return jobs_of(self.ids, self.seed, self.now()) if self._has_exports else ()

    def export_job(self, job_id: str) -> ExportJob:
        """One file export. Raises KeyError for an unknown one, and 14 days after its last update."""
        for job in self.export_jobs():
            if job.id == job_id:
                return job
        raise KeyError(job_id)

    def export_lines(self, job_id: str, filename: str) -> Iterator[bytes]:
        """The lines of an exported file with their ends, made while they are read and always the same.

        Raises KeyError for an unknown job, and for a file that the job does not have.
        """
        return self._export_files.lines(self.export_job(job_id), filename)

    @property
    def longest_conversation(self) -> str | None:
        """The id of the one that holds more items than a list may; None while it has not begun."""
        number = self._items.longest
        found = None if number is None else self.ids.make(Kind.CONVERSATION, number)
        return found if found is not None and found in self.conversations else None

    @property
    def busiest_customer(self) -> str | None:
        """The id of who has the most conversations: over 100 in a company of a few thousand."""
        return self.customers.current_id(0) if self._visits.customers else None

    @property
    def merged_chain(self) -> tuple[str, ...]:
        """The ids of a customer who was merged twice, oldest first; none in a very small company."""
        number = next((n for n in range(self._visits.customers) if former_profiles(n) > 1 and not is_deleted(n)), None)
        if number is None:
            return ()
        current = self.customers.current_id(number)
        return (*self.customers[current].former_ids, current)

    def report_customer_id(self, conversation: Conversation) -> str:
        """The customer id that reports name: for a few conversations one merged away or deleted since."""
        if self._visits.is_own(conversation.number):
            return self.customers.first_id(conversation.customer)
        return self.customers.current_id(conversation.customer)

    def topic_path(self, topic_id: str) -> str:
        """A topic's name after those of its parents, joined by `>>`.

        Stops at a parent that does not exist, and before one that would come again.
        """
        return self._topic_paths[topic_id]

    def report_rows(
        self, first_day: dt.date, last_day: dt.date, zone: str = "UTC", inbox_ids: Sequence[str] = ()
    ) -> Iterator[dict[str, str]]:
        """The conversation export report, oldest first, each row as column -> cell; both days included."""
        report = ConversationExport(
            self, first_day=first_day, last_day=last_day, zone=ZoneInfo(zone), inbox_ids=inbox_ids
        )
        for conversation in report.conversations():
            yield dict(zip(COLUMNS, report.row(conversation), strict=True))


def _clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _locals() -> list[str]:
    return [*_ACCOUNT_NAMES, *(f"agent.{n}" for n in range(len(_ACCOUNT_NAMES) + 1, len(AGENT_NAMES) + 1))]


def _teams(ids: Ids, agents: Sequence[Agent]) -> tuple[Team, ...]:
    return tuple(
        Team(
            id=ids.make(Kind.TEAM, n),
            name=name,
            description=None if n == 3 else f"Team {n + 1}",
            agent_ids=tuple(agent.id for place, agent in enumerate(agents) if place % len(TEAM_NAMES) == n),
        )
        for n, name in enumerate(TEAM_NAMES)
    )
