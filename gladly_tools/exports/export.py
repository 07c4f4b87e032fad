"""What an export is: one declaration from which the page, the command line, the files and the tests follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

from gladly_tools.api import Client
from gladly_tools.exports.inputs import JsonValue, Parameters
from gladly_tools.kept_files import AccountFiles
from gladly_tools.results.schema import Column, Row
from gladly_tools.settings import Settings

P = TypeVar("P", bound=Parameters)


class Section(StrEnum):
    """The portal's sections, in its words."""

    CONFIGURATION = "Configuration"
    CONVERSATIONS = "Conversations"
    EVENTS = "Events"
    LOGS = "Logs"
    IVR = "IVR"


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A part of an export that is durable as a whole: a week, a few ids. `arguments` is JSON."""

    key: str
    title: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OtherTable:
    """A further table of an export, which is a file of its own in the ZIP; as with Export."""

    name: str
    grain: str
    columns: Sequence[Column]
    unique: str | None = None
    shown: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Into:
    """A row for another table than the first."""

    table: str
    row: Row


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something a person must know of a result; `partial` when data is missing because of it."""

    text: str
    count: int = 1
    partial: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The slices of one run, in the order of their rows, and what planning found out."""

    slices: tuple[Slice, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run will ask of Gladly; `requests` apart from `reports`, `seconds` at the current pace."""

    reports: int
    requests: int
    seconds: float
    basis: str


class Memory(Protocol):
    """Look-ups remembered for an account for some hours, so that nothing is asked twice."""

    def get(self, kind: str, key: str) -> JsonValue: ...

    def put(self, kind: str, key: str, value: JsonValue) -> None: ...


class Workbench(Protocol):
    """What an export works with. It never sees a file, a job or a page."""

    @property
    def client(self) -> Client: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def memory(self) -> Memory: ...

    def remark(self, text: str, *, count: int = 1, partial: bool = False) -> None:
        """Say something that is written beside the result."""

    def expect(self, rows: int) -> None:
        """Say how many more rows the slice must have; the result is checked against it."""

    def fact(self, name: str, value: float) -> None:
        """Keep a figure of the slice, such as `days` of data and `customers` in them, to estimate later runs by."""

    @property
    def kept(self) -> AccountFiles:
        """Files that were fetched for the account, which later runs need not fetch again."""

    @property
    def folder(self) -> Path:
        """For what later slices of this run need; gone when the run has its result."""

    def keep_file(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file that is kept beside the rows and comes with them in a ZIP, once the block ends well."""

    def progress(self, fraction: float, detail: str) -> None:
        """Tell how much of the current slice is done, 0 to 1, and what is going on."""

    def wait(self, seconds: float, reason: str) -> None:
        """Sleep, and show why; raises Cancelled at once when the person stops the job."""


def _whole(_client: Client, _settings: Settings, _parameters: Any) -> Plan:
    return Plan(slices=(Slice(key="all", title="Everything"),))


def _one_list(_parameters: Any, _settings: Settings, _known: Mapping[str, float]) -> Estimate | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Export(Generic[P]):
    """One export.

    `rows(workbench, parameters, slice)` yields the slice's records. `unique` names the column on which rows that came
    twice are removed. `place` orders the exports of a section as the portal does. `shown` names the columns that a
    table shows at first; none named means all. `confirm` asks Gladly, before there is a job, whether what the person
    named exists, and may name it in another way; it raises InputError with the field. `estimate` gets what is known of
    the account (`customers_per_day`) and is None while that does not suffice; `sample` then finds it out with a request
    or two.

    `order` names the column by which rows are shown and downloaded while nobody sorts them in another way.

    `snapshot` is there for what is set up by people: it names what a run asked that decides which rows there are, in
    JSON, so that two complete results of which that is equal differ only where the set-up changed.

    `columns` are all that there can be; where a run has only some of them, `columns_of` names those.

    An export whose result is a ZIP names its first `table`, which is what that file is called, and its `others`; `rows`
    then yields `Into` for a row of those. What `Workbench.expect` counts are rows of the first.
    """

    name: str
    title: str
    section: Section
    place: int
    summary: str
    use_case: str
    grain: str
    columns: Sequence[Column]
    rows: Callable[[Workbench, P, Slice], Iterator[Row | Into]]
    parameters: type[P]
    confirm: Callable[[Client, P], P] = lambda _client, parameters: parameters
    plan: Callable[[Client, Settings, P], Plan] = _whole
    estimate: Callable[[P, Settings, Mapping[str, float]], Estimate | None] = _one_list
    sample: Callable[[Client, Settings, P], Mapping[str, float]] | None = None
    zone: Callable[[P], str] = lambda _parameters: "UTC"
    unique: str | None = None
    order: Callable[[P], str] = lambda _parameters: ""
    shown: Sequence[str] = ()
    caveat: str = ""
    table: str = ""
    others: Sequence[OtherTable] = ()
    columns_of: Callable[[P], Sequence[Column]] | None = None
    snapshot: Callable[[P, Settings], Mapping[str, JsonValue]] | None = None
