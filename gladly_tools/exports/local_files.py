"""Files of one's own to search: the items of an export job, or a ZIP of its files; checked before there is a job."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path, PureWindowsPath
from typing import IO

from gladly_tools.errors import InputError
from gladly_tools.exports.export_files import ITEMS, NAMES, Arriving
from gladly_tools.exports.file_kind import beginning_of, other_format, other_kind
from gladly_tools.search import chunks_of

_READ_BYTES = 256 * 1024
_ZIP = b"PK\x03\x04"
_ENCRYPTED = 1
"""The flag of an encrypted file in a ZIP."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError)
"""What reading a damaged or oddly packed file raises."""


def damaged(name: str, *, field: str = "where") -> InputError:
    """The words for a file that cannot be read."""
    return InputError(
        f"The file {name} cannot be read: it is damaged, or packed in an unusual way.",
        "Fetch it again, or unpack it first.",
        field=field,
    )


class LocalFile:
    """A file on this machine: the items alone, or a ZIP with the files of a job, each in one or more pieces.

    `listed` is all that is in the ZIP.
    """

    def __init__(self, path: Path | IO[bytes], *, name: str) -> None:
        self.name = name
        self._path = path
        self.is_packed = zipfile.is_zipfile(path)
        self.listed = _listed(path) if self.is_packed else ()
        self._members = _members(self.listed)

    @property
    def files(self) -> Sequence[str]:
        """What there is."""
        return list(self._members) if self.is_packed else [ITEMS]

    @property
    def unpacked_bytes(self) -> int:
        """How much a ZIP says that its files hold."""
        return sum(info.file_size for infos in self._members.values() for info in infos)

    def has(self, file: str) -> bool:
        """Whether the file is there."""
        return file in self.files

    def open(self, file: str) -> Arriving:
        """The file's bytes; one that is compressed is decompressed. Reading raises InputError where it is damaged."""
        if not self.is_packed:
            assert isinstance(self._path, Path), "only a ZIP is read from memory"
            packed = self._path.suffix in (".gz", ".zst", ".bz2", ".lz4")
            total = None if packed else self._path.stat().st_size
            return Arriving(chunks=self._readable(chunks_of(self._path)), total=total)
        infos = self._members[file]
        is_encrypted = any(info.flag_bits & _ENCRYPTED for info in infos)
        chunks = self._readable(_unpacked(self._path, infos), is_encrypted=is_encrypted)
        return Arriving(chunks=chunks, total=sum(info.file_size for info in infos))

    def _readable(self, chunks: Iterable[bytes], *, is_encrypted: bool = False) -> Generator[bytes]:
        if is_encrypted:
            raise InputError(
                f"The ZIP {self.name} is protected by a password.",
                "Unpack it first, or save it without.",
                field="where",
            )
        try:
            yield from chunks
        except DAMAGED as error:
            raise damaged(self.name) from error


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
    if _is_called_zip(path) and not found.is_packed:
        check_unpacked(beginning_of(chunks_of(Path(path))), name=name, field=field)
    check_holds_items(found, field=field)
    return found


def check_holds_items(found: LocalFile, *, field: str) -> None:
    """Raise InputError, with what there is instead, for a ZIP without items."""
    if found.has(ITEMS):
        return
    names = [info.filename for info in found.listed if not info.is_dir()]
    if any(name in ("[Content_Types].xml", "mimetype") for name in names):
        raise InputError(
            f"The file {found.name} is an Office document.",
            "Give the ZIP of an export job, or its items file.",
            field=field,
        )
    told = f" but {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}" if names else ": it is empty"
    raise InputError(
        f"The ZIP {found.name} holds no {ITEMS}.jsonl{told}.",
        "Give the ZIP of an export job, or its items file.",
        field=field,
    )


def check_items(found: LocalFile, *, field: str) -> None:
    """Raise InputError, with what it is, where the items file holds no items; damage at its beginning is found too.

    A ZIP may hold an empty one: that is what a quiet hour gives.
    """
    try:
        with found.open(ITEMS) as arriving:
            head = beginning_of(arriving.chunks)
    except InputError as error:
        raise InputError(error.what, error.advice, field=field) from None
    if not found.is_packed:
        check_unpacked(head, name=found.name, field=field)
    elif head and (other := other_kind(head)) is not None:
        raise other.refused(f"{ITEMS}.jsonl in {found.name}", field=field)


def check_unpacked(head: bytes, *, name: str, field: str) -> None:
    """Raise InputError where a file that is no ZIP, by its beginning and its name, holds no items."""
    if head.startswith(_ZIP):
        raise damaged(name, field=field)  # its end is what makes it a ZIP
    is_called_zip = _is_called_zip(name)
    other = other_format(head) if is_called_zip else other_kind(head)
    if other is not None:
        raise other.refused(name, field=field)
    if is_called_zip:
        raise damaged(name, field=field)


def _is_called_zip(name: str) -> bool:
    return Path(name).suffix.lower() == ".zip"


def _listed(path: Path | IO[bytes]) -> Sequence[zipfile.ZipInfo]:
    with zipfile.ZipFile(path) as packed:
        return packed.infolist()


def _members(listed: Iterable[zipfile.ZipInfo]) -> dict[str, list[zipfile.ZipInfo]]:
    """The pieces of each file, in whatever folders of the ZIP they are."""
    found: dict[str, list[zipfile.ZipInfo]] = {}
    for info in listed:
        path = PureWindowsPath(info.filename)  # also splits at the slash that a ZIP should have
        if path.suffix == ".jsonl" and path.stem in NAMES and not info.is_dir():
            found.setdefault(path.stem, []).append(info)
    return found


def _unpacked(path: Path | IO[bytes], infos: Iterable[zipfile.ZipInfo]) -> Generator[bytes]:
    """The pieces of one file in a row, each beginning a line."""
    with zipfile.ZipFile(path) as packed:
        for place, info in enumerate(infos):
            if place:
                yield b"\n"
            with packed.open(info) as file:
                while chunk := file.read(_READ_BYTES):
                    yield chunk
