"""The client: `client.noun.verb()`; every call is paced, retried and can be interrupted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from gladly_tools.api.agents import AgentCalls
from gladly_tools.api.answers import AnswerCalls
from gladly_tools.api.attributes import AttributeCalls
from gladly_tools.api.audiences import AudienceCalls
from gladly_tools.api.call_events import CallEventCalls
from gladly_tools.api.conversations import ConversationCalls
from gladly_tools.api.customers import CustomerCalls
from gladly_tools.api.events import EventCalls
from gladly_tools.api.export_jobs import ExportJobCalls
from gladly_tools.api.inboxes import InboxCalls
from gladly_tools.api.ivr import IvrCalls
from gladly_tools.api.organization import OrganizationCalls
from gladly_tools.api.pacing import pacing_for
from gladly_tools.api.reports import ReportCalls
from gladly_tools.api.tasks import TaskCalls
from gladly_tools.api.topics import TopicCalls
from gladly_tools.api.transport import Credentials, Transport
from gladly_tools.api.watch import Group, Patient, Watch
from gladly_tools.settings import Settings

A = TypeVar("A")
B = TypeVar("B")


class Client:
    """One account's way to Gladly. Thread-safe; close it, or use it in a `with`."""

    def __init__(
        self,
        credentials: Credentials,
        settings: Settings,
        *,
        watch: Watch | None = None,
        transport: Transport | None = None,
        temporary_dir: Path | None = None,
    ) -> None:
        self.credentials = credentials
        self._settings = settings
        # Beside the results rather than in the system's folder, which may be memory.
        self._temporary_dir = temporary_dir or (settings.data_dir if settings.data_dir.is_dir() else None)
        self._watch = watch or Patient()
        self._transport = transport or Transport(credentials, settings, pacing_for(credentials.instance, settings))
        parts = (self._transport, self._watch)
        self.organization = OrganizationCalls(*parts)
        self.topics = TopicCalls(*parts)
        self.inboxes = InboxCalls(*parts)
        self.audiences = AudienceCalls(*parts)
        self.agents = AgentCalls(*parts)
        self.answers = AnswerCalls(*parts, list_path=settings.answers_path)
        self.customers = CustomerCalls(*parts)
        self.attributes = AttributeCalls(*parts)
        self.conversations = ConversationCalls(*parts)
        self.events = EventCalls(*parts, temporary_dir=self._temporary_dir)
        self.call_events = CallEventCalls(*parts, path=settings.call_events_path)
        self.ivrs = IvrCalls(
            *parts,
            list_path=settings.ivrs_path,
            recordings_path=settings.ivr_recordings_path,
            audio_path=settings.ivr_audio_path,
        )
        self.tasks = TaskCalls(*parts)
        self.export_jobs = ExportJobCalls(*parts)
        self.reports = ReportCalls(*parts, settings=settings, temporary_dir=self._temporary_dir)

    def watched_by(self, watch: Watch) -> Client:
        """The same client, with the same connections and pace, for whoever watches."""
        return Client(
            self.credentials,
            self._settings,
            watch=watch,
            transport=self._transport,
            temporary_dir=self._temporary_dir,
        )

    def each(self, call: Callable[[A], B], arguments: Iterable[A]) -> Iterator[B]:
        """`call` of every argument, in their order, several at a time.

        Arguments are taken only a few ahead, so there may be any number. The first error ends it, as does closing it:
        requests still waiting for their turn are given up, those under way are waited for, and no thread is left.
        """
        at_once = self._settings.requests_in_flight
        waiting: deque[Future[B]] = deque()
        group = Group()

        def grouped(argument: A) -> B:
            with group.joined():
                return call(argument)

        pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="request")
        try:
            for argument in arguments:
                waiting.append(pool.submit(grouped, argument))
                if any(done.done() and done.exception() is not None for done in waiting):
                    break  # what comes before the failed one is still given
                if len(waiting) >= 2 * at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            group.end()
            pool.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """Close the connections, also of every client made by `watched_by`."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
