"""Uploaded lists, kept on disk so that a page that is loaded again still has them; one for each account and action."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from gladly_tools.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A list that was uploaded. `key` is another one for each upload; `source` the run whose rows it repeats."""

    key: str
    name: str
    source: str
    data: bytes


class Uploads:
    """The uploaded lists of one data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def put(self, owner: str, action: str, *, name: str, data: bytes, source: str = "") -> Upload:
        """Keep a list in place of the one before it."""
        upload = Upload(key=secrets.token_hex(8), name=name[:200], source=source, data=data)
        heading = json.dumps({"key": upload.key, "name": upload.name, "source": source}).encode()
        path = self._path(owner, action)
        begun = path.with_suffix(f".{upload.key}")
        try:
            # One file, put in place at once: a list never lies under another one's name.
            with open(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(heading + b"\n" + data)
            begun.replace(path)
        except OSError as error:
            begun.unlink(missing_ok=True)
            raise InputError(
                f"The file could not be kept ({error.strerror}).", "Free some disk space, then upload it again."
            ) from None
        return upload

    def get(self, owner: str, action: str) -> Upload | None:
        """The account's list for an action, or None."""
        try:
            heading, _, data = self._path(owner, action).read_bytes().partition(b"\n")
            return Upload(data=data, **json.loads(heading))
        except (OSError, ValueError, TypeError):
            return None

    def drop(self, owner: str, action: str) -> None:
        """Forget the account's list for an action."""
        self._path(owner, action).unlink(missing_ok=True)

    def sweep(self, *, seconds: float) -> None:
        """Delete the lists that are older."""
        for path in self._folder.iterdir():
            try:
                if time.time() - path.stat().st_mtime > seconds:
                    path.unlink()
            except FileNotFoundError:
                continue

    def _path(self, owner: str, action: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{owner} {action}'.encode()).hexdigest()[:32]}.list"
