"""Processes of the benchmarks: each runs one function, answers questions over a pipe, and is gone at the end."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

# A fork would inherit the parent's threads and memory, and what is measured here is memory.
_context = multiprocessing.get_context("spawn")

ANSWER_SECONDS = 240.0
_END_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Child:
    """One running child."""

    pid: int
    pipe: Connection

    def tell(self, message: object) -> None:
        """Send something to the child."""
        self.pipe.send(message)

    def hear(self, *, seconds: float = ANSWER_SECONDS) -> Any:
        """What the child says next. Raises TimeoutError, or ChildDied when it will say nothing any more."""
        try:
            if self.pipe.poll(seconds):
                return self.pipe.recv()
        except EOFError:
            raise ChildDied("a child process ended early; its own error stands above") from None
        raise TimeoutError(f"a child process said nothing for {seconds:g} s")

    def ask(self, message: object, *, seconds: float = ANSWER_SECONDS) -> Any:
        """Send something to the child and wait for its answer."""
        self.tell(message)
        return self.hear(seconds=seconds)


class ChildDied(RuntimeError):
    """A child process ended before its work was done."""


@contextmanager
def child(work: Callable[..., None], *arguments: object) -> Iterator[Child]:
    """Run `work(pipe, *arguments)` in a fresh process; it is ended with the context, whatever happens."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        assert process.pid is not None
        yield Child(pid=process.pid, pipe=ours)
    finally:
        process.terminate()
        process.join(_END_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        ours.close()
