"""How a request asks whether to go on, and tells the person that it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from typing import Protocol, TypeVar

from gladly_tools.errors import Cancelled, TryLaterError

LOOK_SECONDS = 0.2
LONGEST_SLEEP = 2.0

T = TypeVar("T")


class Watch(Protocol):
    """Whoever waits for a request; called from several threads at once when requests run side by side."""

    def check(self) -> None:
        """Return, or raise Cancelled when the person asked to stop."""

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep for `seconds`, or raise Cancelled as soon as the person asks to stop.

        `reason` is a sentence for the person; an empty one means that the wait is too short to be worth telling.
        """

    def requested(self) -> None:
        """Count one request sent, each time it is sent."""


class Patient:
    """A watch that nobody can interrupt: it sleeps, and tells no one."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def check(self) -> None:
        """Always go on."""

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep to the end."""
        self._sleep(seconds)

    def requested(self) -> None:
        """Counts nothing."""


class Impatient(Patient):
    """A watch that gives up after `seconds`, for what somebody waits for in front of a page."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._until = clock() + seconds

    def check(self) -> None:
        """Raise TryLaterError when the time is up."""
        if self._clock() >= self._until:
            raise TryLaterError("Gladly took too long to answer.", "Go on without it, or try again in a minute.")

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep to the end, or until the time is up."""
        super().wait(max(0.0, min(seconds, self._until - self._clock())), reason)
        self.check()


class Group:
    """Requests that run side by side in threads of their own, and end together."""

    _of_thread = threading.local()

    def __init__(self) -> None:
        self._ended = threading.Event()

    @property
    def is_ended(self) -> bool:
        """True once nobody wants the results any more."""
        return self._ended.is_set()

    def end(self) -> None:
        """Make every check and wait of the group's threads raise Cancelled."""
        self._ended.set()

    @contextmanager
    def joined(self) -> Iterator[None]:
        """What is done inside belongs to the group. Raises Cancelled when it has ended already."""
        if self.is_ended:
            raise Cancelled
        self._of_thread.group = self
        try:
            yield
        finally:
            self._of_thread.group = None

    @classmethod
    def watch(cls, watch: Watch) -> Watch:
        """The watch for a request of this thread: the one given, and that of the group it belongs to."""
        group: Group | None = getattr(cls._of_thread, "group", None)
        return watch if group is None else _Grouped(watch, group)


class _Grouped:
    def __init__(self, watch: Watch, group: Group) -> None:
        self._watch = watch
        self._group = group

    def check(self) -> None:
        if self._group.is_ended:
            raise Cancelled
        self._watch.check()

    def wait(self, seconds: float, reason: str) -> None:
        while seconds > 0:
            self.check()
            self._watch.wait(min(seconds, LONGEST_SLEEP), reason)
            seconds -= LONGEST_SLEEP
        self.check()

    def requested(self) -> None:
        self._watch.requested()


def interruptibly(call: Callable[[], T], watch: Watch, *, discard: Callable[[T], None]) -> T:
    """Make a call that may take minutes, and raise Cancelled as soon as the person asks to stop.

    The call has a thread of its own, which cannot be ended from outside: after a stop it goes on until its answer or
    its time-out, and its result is discarded then.
    """
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            result = call()
        except BaseException as error:  # handed over to whoever waits
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    def drop(done: Future[T]) -> None:
        if done.exception() is None:
            discard(done.result())

    try:
        threading.Thread(target=work, name="report", daemon=True).start()
    except RuntimeError:  # no more threads to be had: the call is made all the same, as it gives back what it holds
        work()
    try:
        while not wait_for([outcome], timeout=LOOK_SECONDS).done:
            watch.check()
    except BaseException:
        outcome.add_done_callback(drop)
        raise
    return outcome.result()
