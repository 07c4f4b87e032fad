"""Files fetched from Gladly, kept compressed for a while so that the next search needs no download."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

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
        """A file that is whole, compressed; None when it is not kept."""
        path = self._path(of, name)
        if not path.exists():
            return None
        path.parent.touch()
        return path

    @contextmanager
    def writing(self, of: str, name: str) -> Iterator[Callable[[bytes], None]]:
        """What takes the bytes of a file; it is kept when the block ends well, else nothing of it is.

        Raises GladlyToolsError when the disk is about to be full.
        """
        path = self._path(of, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / _LABEL).write_text(of, encoding="utf-8")
        check_disk(path.parent)
        temporary = path.with_name(f".{path.name}.tmp")
        written = 0

        def take(chunk: bytes) -> None:
            nonlocal written
            if written // _LOOK_BYTES != (written + len(chunk)) // _LOOK_BYTES:
                check_disk(path.parent)
            written += len(chunk)
            file.write(chunk)

        try:
            with pa.CompressedOutputStream(pa.OSFile(str(temporary), "wb"), "zstd") as file:
                yield take
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def sizes(self) -> Mapping[str, int]:
        """The sets that there are, each with its bytes on disk."""
        found: dict[str, int] = {}
        for folder in sorted(self._folder.glob("*")):
            label = folder / _LABEL
            if label.exists():
                size = sum(path.stat().st_size for path in folder.glob("*.zst"))
                found[label.read_text(encoding="utf-8")] = size
        return found

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


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
