"""Where the command line puts what it makes: a file that is there only when it is whole, or standard output."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click


class Destination:
    """Where a result goes: a file that appears only when it is whole, or standard output.

    The file is begun at once, so that a folder that cannot be written to is told before hours of work and not after.
    """

    def __init__(self, out: str, *, option: str = "--out") -> None:
        self._option = option
        self._begun: Path | None = None
        self.path = None if out == "-" and option == "--out" else Path(out)
        if self.path is None:
            return
        if self.path.is_symlink():
            self.path = self.path.resolve()  # a link stays one, and what it leads to is written
        # What is there is replaced, which a device or a pipe must never be.
        if (self.path.exists() and not self.path.is_file()) or not self.path.resolve().parent.is_dir():
            raise click.BadParameter("it must be a file in a folder that exists", param_hint=option)
        try:
            handle, name = tempfile.mkstemp(dir=self.path.resolve().parent, prefix=f".{self.path.name}.")
        except OSError as error:
            raise click.BadParameter(f"its folder cannot be written to ({error.strerror})", param_hint=option) from None
        os.close(handle)
        self._begun = Path(name)

    def spare(self, other: Path | None, named: str) -> None:
        """Refuse to write over a file that the same command reads or writes; `named` is how it was given.

        Raises click.BadParameter.
        """
        if self.path is None or other is None:
            return
        if other.resolve() in (path.resolve() for path in (self.path, self._partial_path(self.path))):
            raise click.BadParameter(f"it would be written over {named}; name another file", param_hint=self._option)

    def write(self, chunks: Iterator[bytes], *, partial: bool) -> Path | None:
        """Write the result; returns the file's path, which says so when the result is partial."""
        if self.path is None or self._begun is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return None
        final = self._partial_path(self.path) if partial else self.path
        with self._begun.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        # A temporary file is its owner's alone; the person's own mask decides here.
        mask = os.umask(0)
        os.umask(mask)
        self._begun.chmod(0o666 & ~mask)
        self._begun.replace(final)
        return final

    @staticmethod
    def _partial_path(path: Path) -> Path:
        return path.with_name(f"{path.stem}.partial{path.suffix}")

    def close(self) -> None:
        """Take away what was begun and not finished."""
        if self._begun is not None:
            self._begun.unlink(missing_ok=True)
