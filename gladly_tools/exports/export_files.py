"""The files that a search reads: of an export job at Gladly, kept once they were fetched, or on this machine."""

from __future__ import annotations

import queue
import threading
import zipfile
import zlib
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self

from gladly_tools.errors import Cancelled, InputError
from gladly_tools.exports.export import Workbench
from gladly_tools.search import chunks_of

AGENTS, ITEMS, CUSTOMERS, TOPICS = "agents", "conversation_items", "customers", "topics"
NAMES = (AGENTS, ITEMS, CUSTOMERS, TOPICS)
_AHEAD = 32
_READ_BYTES = 256 * 1024


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
        kept = self._bench.kept.path(self._job_id, file)
        if kept is not None:
            return Arriving(chunks=_each(chunks_of(kept)))
        arriving = Arriving(chunks=_each(()))
        arriving.chunks = self._fetched(file, arriving)
        return arriving

    def _fetched(self, file: str, arriving: Arriving) -> Generator[bytes]:
        """Fetched in a thread of its own a few chunks ahead, so that the search takes no time of the download."""

        def fetch(take: Callable[[bytes], None]) -> None:
            def sized(total: int) -> None:
                arriving.total = total

            with self._bench.kept.writing(self._job_id, file) as keep:

                def both(chunk: bytes) -> None:
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


class LocalFile:
    """A file on this machine: the items alone, or a ZIP with the files of a job, each in one or more pieces."""

    def __init__(self, path: Path | IO[bytes], *, name: str) -> None:
        self.name = name
        self._path = path
        self._members = _members(path) if zipfile.is_zipfile(path) else None

    @property
    def files(self) -> Sequence[str]:
        """What there is."""
        return [ITEMS] if self._members is None else list(self._members)

    @property
    def unpacked_bytes(self) -> int:
        """How much a ZIP says that its files hold."""
        return sum(info.file_size for infos in (self._members or {}).values() for info in infos)

    def has(self, file: str) -> bool:
        """Whether the file is there."""
        return file in self.files

    def open(self, file: str) -> Arriving:
        """The file's bytes; one that is compressed is decompressed. Reading raises InputError where it is damaged."""
        if self._members is None:
            assert isinstance(self._path, Path), "only a ZIP is read from memory"
            packed = self._path.suffix in (".gz", ".zst", ".bz2", ".lz4")
            total = None if packed else self._path.stat().st_size
            return Arriving(chunks=self._readable(chunks_of(self._path)), total=total)
        infos = self._members[file]
        chunks = self._readable(_unpacked(self._path, infos))
        return Arriving(chunks=chunks, total=sum(info.file_size for info in infos))

    def _readable(self, chunks: Iterable[bytes]) -> Generator[bytes]:
        try:
            yield from chunks
        except DAMAGED as error:
            raise damaged(self.name) from error


DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError)
"""What reading a damaged, encrypted or oddly packed file raises."""


def damaged(name: str) -> InputError:
    """The words for a file that cannot be read."""
    return InputError(
        f"The file {name} cannot be read: it is damaged, encrypted, or packed in an unusual way.",
        "Fetch it again, or unpack it first.",
        field="where",
    )


def job_files(files: Iterable[str]) -> dict[str, str]:
    """The names at Gladly of the files that a job has, by what they hold."""
    names = {f"{name}.jsonl": name for name in NAMES}
    return {names[file]: file for file in files if file in names}


def open_local(path: str, *, name: str, field: str) -> LocalFile:
    """A file on this machine. Raises InputError with the field when there is none, or a ZIP without items."""
    try:
        found = LocalFile(Path(path), name=name)
        if not Path(path).is_file():
            raise FileNotFoundError
    except (OSError, ValueError, zipfile.BadZipFile):
        raise InputError(
            f"The file {name} cannot be read.", "Check its path, and that it is whole.", field=field
        ) from None
    if Path(path).suffix.lower() == ".zip" and not zipfile.is_zipfile(path):
        raise damaged(name)
    if not found.has(ITEMS):
        raise InputError(
            f"The ZIP {name} holds no {ITEMS}.jsonl.", "Give the ZIP of an export job, or its items file.", field=field
        )
    return found


def _members(path: Path | IO[bytes]) -> dict[str, list[zipfile.ZipInfo]]:
    found: dict[str, list[zipfile.ZipInfo]] = {}
    with zipfile.ZipFile(path) as packed:
        for info in packed.infolist():
            name = Path(info.filename).stem
            if Path(info.filename).suffix == ".jsonl" and name in NAMES:
                found.setdefault(name, []).append(info)
    return found


def _each(chunks: Iterable[bytes]) -> Generator[bytes]:
    yield from chunks


def _unpacked(path: Path | IO[bytes], infos: Iterable[zipfile.ZipInfo]) -> Generator[bytes]:
    """The pieces of one file in a row, each beginning a line."""
    with zipfile.ZipFile(path) as packed:
        for place, info in enumerate(infos):
            if place:
                yield b"\n"
            with packed.open(info) as file:
                while chunk := file.read(_READ_BYTES):
                    yield chunk


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
