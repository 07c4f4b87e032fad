"""Sends a change so that it is made once: what became of one without an answer is read, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gladly_tools.errors import AnswerLost, FateUnknown, ServerError, TryLaterError, UnexpectedAnswer

READ_ATTEMPTS = SEND_ATTEMPTS = 3

T = TypeVar("T")


def carry_out(send: Callable[[], None], is_done: Callable[[], bool], pause: Callable[[], None]) -> None:
    """Make a change; returns when it is made.

    When no usable answer comes, the state is read, and read again after a pause. Only when both say that the change
    was not made is it sent again, `SEND_ATTEMPTS` times in all. Raises the last error of sending, or FateUnknown when
    it cannot be read whether the change was made; refusals and SignInError come through at once.
    """
    for attempt in range(1, SEND_ATTEMPTS + 1):
        try:
            send()
            return
        except (AnswerLost, ServerError, UnexpectedAnswer) as error:
            if _seen(is_done, pause, error.what):
                return
            pause()
            if _seen(is_done, pause, error.what):
                return
            if attempt == SEND_ATTEMPTS:
                raise


def patiently(read: Callable[[], T], pause: Callable[[], None]) -> T:
    """Read, a few times if Gladly has trouble answering: reading is safe. Raises the last error."""
    for _ in range(READ_ATTEMPTS - 1):
        try:
            return read()
        except (AnswerLost, ServerError):
            pause()
    return read()


def _seen(is_done: Callable[[], bool], pause: Callable[[], None], sent: str) -> bool:
    try:
        return patiently(is_done, pause)
    except (TryLaterError, UnexpectedAnswer) as unread:
        raise FateUnknown(
            f"{sent} {unread.what}",
            "Retry it later.",
        ) from None
