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
        self.path = None if out == "-" and option == "--out" else Path(out)
        self._begun: Path | None = None
        if self.path is None:
            return
        if self.path.is_dir() or not self.path.resolve().parent.is_dir():
            raise click.BadParameter("it must be a file in a folder that exists", param_hint=option)
        try:
            handle, name = tempfile.mkstemp(dir=self.path.resolve().parent, prefix=f".{self.path.name}.")
        except OSError as error:
            raise click.BadParameter(f"its folder cannot be written to ({error.strerror})", param_hint=option) from None
        os.close(handle)
        self._begun = Path(name)

    def write(self, chunks: Iterator[bytes], *, partial: bool) -> Path | None:
        """Write the result; returns the file's path, which says so when the result is partial."""
        if self.path is None or self._begun is None:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            return None
        final = self.path.with_name(f"{self.path.stem}.partial{self.path.suffix}") if partial else self.path
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

    def close(self) -> None:
        """Take away what was begun and not finished."""
        if self._begun is not None:
            self._begun.unlink(missing_ok=True)
