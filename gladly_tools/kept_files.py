"""Files fetched from Gladly, kept compressed for a while so that the next search needs no download."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
from filelock import FileLock, Timeout

from gladly_tools.errors import GladlyToolsError

LEAST_FREE_BYTES = 200 * 1024 * 1024
_LOOK_BYTES = 32 * 1024 * 1024
_LABEL = "label.txt"


class KeptFiles:
    """The files of every account, in a folder each; `of` gives one account's."""

    def __init__(self, folder: Path, *, hours: float, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._age = hours * 3600
        self._now = now

    def of(self, owner: str) -> AccountFiles:
        """One account's files."""
        return AccountFiles(self._folder / hashlib.sha256(owner.encode()).hexdigest()[:32])

    def forget_old(self) -> int:
        """Delete what nobody used for the time that files are kept; returns how many sets that were."""
        oldest = self._now() - self._age
        old = [folder for folder in self._folder.glob("*/*") if folder.is_dir() and _used(folder) < oldest]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)


class AccountFiles:
    """One account's files: sets of them, such as those of an export job, by the set's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, of: str, name: str) -> Path | None:
        """A file that is whole, compressed; None when it is not kept. Being asked for keeps its set for longer."""
        path = self._path(of, name)
        try:
            if not path.stat().st_size:  # an empty file still has a frame around it
                return None
            os.utime(path.parent)
        except FileNotFoundError:
            return None
        return path

    @contextmanager
    def turn(self, of: str, name: str, *, wait: Callable[[], None]) -> Iterator[None]:
        """Hold the one turn to fetch a file, once whoever has it is done, in this process or in another.

        `wait` is called while somebody else has it, again and again: it sleeps a little, and what it raises ends the
        waiting. The turn ends with the block, or with its process, however that ends. Ask for the file once more then:
        whoever had the turn before may have kept it.
        """
        path = self._path(of, name)
        # Not bound to a thread: chunks may be given up in another thread than the one that asked for them.
        lock = FileLock(path.with_name(f".{path.name}.lock"), thread_local=False)
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                wait()
            else:
                break
        try:
            # Who left these is gone, since nobody else has the turn.
            for leftover in path.parent.glob(f".{path.name}.*.tmp"):
                leftover.unlink(missing_ok=True)
            yield
        finally:
            lock.release()

    @contextmanager
    def writing(self, of: str, name: str) -> Iterator[Callable[[bytes], None]]:
        """What takes the bytes of a file; it is kept when the block ends well, else nothing of it is.

        Two may write the same file at once; `turn` is for those who would rather not. One whose set is deleted
        meanwhile is not kept, which is no fault. Raises GladlyToolsError when the disk is about to be full.
        """
        path = self._path(of, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / _LABEL).write_text(of, encoding="utf-8")
        check_disk(path.parent)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(16)}.tmp")
        written = 0

        def take(chunk: bytes) -> None:
            nonlocal written
            if written // _LOOK_BYTES != (written + len(chunk)) // _LOOK_BYTES:
                check_disk(self._folder)
                with suppress(FileNotFoundError):
                    os.utime(path.parent)
            written += len(chunk)
            packed.write(chunk)

        try:
            with pa.CompressedOutputStream(pa.OSFile(str(temporary), "wb"), "zstd") as packed:
                yield take
            with suppress(FileNotFoundError):
                _sync(temporary)
                temporary.replace(path)
                _sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def sizes(self) -> Mapping[str, int]:
        """The sets of which there is anything, each with its bytes on disk."""
        found: dict[str, int] = {}
        for folder in sorted(self._folder.glob("*")):
            with suppress(FileNotFoundError):
                label = (folder / _LABEL).read_text(encoding="utf-8")
                found[label] = sum(path.stat().st_size for path in folder.glob("*") if path.name != _LABEL)
        return {label: used for label, used in found.items() if used}

    def delete(self, of: str) -> None:
        """Delete a set."""
        shutil.rmtree(self._set(of), ignore_errors=True)

    def _set(self, of: str) -> Path:
        return self._folder / hashlib.sha256(of.encode()).hexdigest()[:32]

    def _path(self, of: str, name: str) -> Path:
        return self._set(of) / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.jsonl.zst"


def check_disk(folder: Path) -> None:
    """Raises GladlyToolsError when the disk is about to be full."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise GladlyToolsError(
            f"Only {free // 1024**2} MB are free where files and results are kept.",
            "Delete results on the Jobs page, or kept files, or free some disk space; then go on.",
        )


def _sync(path: Path) -> None:
    """Make a file, or what a folder lists, durable. Does nothing for a folder where that cannot be opened (Windows)."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
