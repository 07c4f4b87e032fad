"""What an export works with while a slice of it runs: its progress goes to the job, its remarks to the journal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gladly_tools.api import Client
from gladly_tools.exports.export import Remark
from gladly_tools.jobs import Ticket
from gladly_tools.kept_files import AccountFiles
from gladly_tools.memory import AccountMemory
from gladly_tools.results.store import Result
from gladly_tools.settings import Settings


@dataclass(kw_only=True)
class SliceBench:
    """The workbench of one slice: carries progress to the job and keeps the remarks."""

    client: Client
    settings: Settings
    memory: AccountMemory
    ticket: Ticket
    place: int
    slices: int
    title: str
    rows_before: int
    result: Result
    kept: AccountFiles
    rows: int = 0

    def __post_init__(self) -> None:
        self.remarks: list[Remark] = []
        self.facts: dict[str, float] = {}

    def remark(self, text: str, *, count: int = 1, partial: bool = False) -> None:
        """Keep a remark; it becomes durable with the slice."""
        self.remarks.append(Remark(text=text, count=count, partial=partial))

    def expect(self, rows: int) -> None:
        """Keep how many rows the slice must have."""
        self.facts["expected"] = self.facts.get("expected", 0) + rows

    def fact(self, name: str, value: float) -> None:
        """Keep a figure; it becomes durable with the slice."""
        self.facts[name] = value

    @property
    def folder(self) -> Path:
        """A folder of the run, beside the rows."""
        return self.result.work_folder()

    def keep_file(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file beside the rows of the result."""
        return self.result.keep_file(name)

    def progress(self, fraction: float, detail: str) -> None:
        """Show how far the slice is."""
        self.ticket.check()
        where = f"{self.title}: {detail}" if self.slices > 1 else detail
        self.ticket.progress((self.place + fraction) / self.slices, where, row_count=self.rows_before + self.rows)

    def wait(self, seconds: float, reason: str) -> None:
        """Show a wait as one."""
        self.ticket.wait(seconds, reason)
