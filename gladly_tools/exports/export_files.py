"""The files that a search reads: of an export job at Gladly, kept once they were fetched, or uploaded."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, Self

from gladly_tools.errors import Cancelled, InputError, UnexpectedAnswer
from gladly_tools.exports.export import Workbench
from gladly_tools.exports.file_kind import other_format
from gladly_tools.search import chunks_of

AGENTS, ITEMS, CUSTOMERS, TOPICS = "agents", "conversation_items", "customers", "topics"
NAMES = (AGENTS, ITEMS, CUSTOMERS, TOPICS)
WAIT_SECONDS = 1.0
_OTHERS_FETCH = "Another job is fetching the same file; it is used as soon as it is there"
_AHEAD = 32


@dataclass(kw_only=True)
class Arriving:
    """The bytes of one file as they come, to be used in a `with`; `total` is its size where that is known."""

    chunks: Generator[bytes]
    total: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.chunks.close()


class Source(Protocol):
    """Where the four files come from. `name` is what people know it by."""

    @property
    def name(self) -> str: ...

    def has(self, file: str) -> bool: ...

    def open(self, file: str) -> Arriving:
        """The bytes of a file that is there, from its beginning; may be opened again and again."""


class JobFiles:
    """The files of one export job: fetched when they are first read, and kept."""

    def __init__(self, workbench: Workbench, job_id: str, files: Mapping[str, str]) -> None:
        self.name = f"job {job_id}"
        self._bench = workbench
        self._job_id = job_id
        self._files = files

    def has(self, file: str) -> bool:
        """Whether the job has the file."""
        return file in self._files

    def open(self, file: str) -> Arriving:
        """The kept file, or the one at Gladly, which is kept while it is read to its end."""
        arriving = Arriving(chunks=_each(()))
        arriving.chunks = self._kept_or_fetched(file, arriving)
        return arriving

    def _kept_or_fetched(self, file: str, arriving: Arriving) -> Generator[bytes]:
        """One of those who want the same file at once fetches it; the others wait, and one goes on where it fails."""
        kept = self._bench.kept
        path = kept.path(self._job_id, file)
        if path is None:
            with kept.turn(self._job_id, file, wait=partial(self._bench.wait, WAIT_SECONDS, _OTHERS_FETCH)):
                path = kept.path(self._job_id, file)
                if path is None:
                    yield from self._fetched(file, arriving)
                    return
        yield from chunks_of(path)

    def _fetched(self, file: str, arriving: Arriving) -> Generator[bytes]:
        """Fetched in a thread of its own a few chunks ahead, so that the search takes no time of the download."""

        def fetch(take: Callable[[bytes], None]) -> None:
            def sized(total: int) -> None:
                arriving.total = total

            with self._bench.kept.writing(self._job_id, file) as keep:
                is_first = True

                def both(chunk: bytes) -> None:
                    nonlocal is_first
                    if is_first:
                        is_first = False
                        check_sent(chunk, file=self._files[file], of=self.name)
                    keep(chunk)
                    take(chunk)

                done = self._bench.client.export_jobs.download(self._job_id, self._files[file], both, sized=sized)
            if done.resumed:
                self._bench.remark("Lost connections after which a file was gone on with", count=done.resumed)
            if done.restarted:
                self._bench.remark("Lost connections after which a file was fetched anew", count=done.restarted)

        return _pumped(fetch)


class KeptSet:
    """Files that are kept already, such as those that were uploaded; `files` are those that there were at first."""

    def __init__(self, workbench: Workbench, label: str, files: Collection[str], *, name: str) -> None:
        self.name = name
        self._kept = workbench.kept
        self._label = label
        self._files = files

    def has(self, file: str) -> bool:
        """Whether the file was uploaded."""
        return file in self._files

    def open(self, file: str) -> Arriving:
        """The kept file. Raises InputError when it was deleted."""
        path = self._kept.path(self._label, file)
        if path is None:
            raise InputError(f"The file {self.name} is no longer kept.", "Upload it again.", field="where")
        return Arriving(chunks=_each(chunks_of(path)))


def check_sent(head: bytes, *, file: str, of: str) -> None:
    """Raise UnexpectedAnswer where what Gladly sends is something else altogether; what is raised for is not kept."""
    other = other_format(head)
    if other is not None:
        raise UnexpectedAnswer(
            f"What Gladly sends as {file} of {of} is {other.what}.",
            "Run it again later; when it happens again, ask Gladly Support.",
        )


def job_files(files: Iterable[str]) -> dict[str, str]:
    """The names at Gladly of the files that a job has, by what they hold."""
    names = {f"{name}.jsonl": name for name in NAMES}
    return {names[file]: file for file in files if file in names}


def _each(chunks: Iterable[bytes]) -> Generator[bytes]:
    yield from chunks


def _pumped(fetch: Callable[[Callable[[bytes], None]], None]) -> Generator[bytes]:
    """What `fetch` hands over in a thread, a few chunks ahead; its error comes after the last chunk."""
    ready: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
    over = threading.Event()
    failed: list[BaseException] = []

    def hand_over(chunk: bytes | None) -> bool:
        while not over.is_set():
            try:
                ready.put(chunk, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def take(chunk: bytes) -> None:
        if not hand_over(chunk):
            raise Cancelled

    def run() -> None:
        try:
            fetch(take)
        except BaseException as error:  # raised again where the chunks are read
            failed.append(error)
        hand_over(None)

    thread = threading.Thread(target=run, name="download", daemon=True)
    thread.start()
    try:
        while (chunk := ready.get()) is not None:
            yield chunk
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]
