"""Every setting as one table: name, environment variable, default, help.

A setting is read from the environment once, when a process starts. `TABLE` is what `gladly-tools settings` and the
README print; nothing else in the package reads the environment, apart from the command line's credentials.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

import platformdirs

from gladly_tools.errors import InputError

PREFIX = "GLADLY_TOOLS_"


def _setting(default: object, help: str, read: Callable[[str], object], shown: str | None = None) -> Any:
    metadata = {"help": help, "read": read, "shown": _words_of(default) if shown is None else shown}
    return field(default=cast(Any, default), metadata=metadata)


def _words_of(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError("must be more than 0")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be a whole number, 1 or more")
    return number


def _path(text: str) -> str:
    if not text.startswith("/") or text.startswith("//") or "?" in text or "#" in text:
        raise ValueError("must be a path that begins with /")
    return text


def _template(*names: str) -> Callable[[str], str]:
    """Reads a path with these ids to fill in, in braces."""

    def read(text: str) -> str:
        path = _path(text)
        missing = [name for name in names if f"{{{name}}}" not in path]
        if missing:
            raise ValueError(f"must hold {{{missing[0]}}}")
        return path

    return read


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process. Durations say their unit in their name."""

    data_dir: Path = _setting(
        Path(platformdirs.user_data_dir("gladly-tools", appauthor=False)),
        "Folder for results, the job journal and the cookie signing key; never for tokens",
        lambda text: Path(text).expanduser(),
        "the user's data folder",
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (),
        "More hosts that credentials may be sent to, as host[:port], separated by commas; plain HTTP only to loopback",
        _words,
        "none",
    )
    requests_per_second: float | None = _setting(
        None,
        "Requests per second to one organization, at most; when not set, 10 or what the organization announces",
        _positive,
        "10",
    )
    reports_per_minute: int = _setting(10, "Reports asked of one organization per minute, at most", _count)
    report_row_cap: int = _setting(
        100_000, "Rows at which Gladly cuts a report without saying so (unconfirmed)", _count
    )
    report_window_days: int = _setting(7, "Days that one report request covers at first", _count)
    report_timeout_seconds: float = _setting(300.0, "How long to wait for one report", _positive)
    request_timeout_seconds: float = _setting(30.0, "How long to wait for any other answer", _positive)
    requests_in_flight: int = _setting(8, "Requests of one job that may be under way at once", _count)
    retention_hours: float = _setting(24.0, "Hours after which a result is deleted", _positive)
    snapshot_days: float = _setting(
        400.0, "Days after which a snapshot of the configuration that was not seen again is deleted", _positive
    )
    snapshots_kept: int = _setting(
        100, "Snapshots kept of each configuration export of an account, at most; the oldest go first", _count
    )
    customer_cache_hours: float = _setting(
        12.0, "Hours for which a customer looked up once is not looked up again", _positive
    )
    jobs_at_once: int = _setting(4, "Jobs that run at the same time; more wait in the queue", _count)
    account_jobs_at_once: int = _setting(3, "Jobs of one account that run at the same time; more wait", _count)
    account_jobs: int = _setting(20, "Jobs of one account that run or wait, at most; more are refused", _count)
    account_gigabytes: float = _setting(
        50.0,
        "Gigabytes of results and kept files of one account, at most; looked at between the parts of a job",
        _positive,
    )
    sql_seconds: float = _setting(20.0, "Seconds that a query in SQL may take", _positive)
    sql_memory_mb: int = _setting(512, "Megabytes of memory that a query in SQL may use", _count)
    sql_queries_at_once: int = _setting(2, "Queries in SQL that one account may run at the same time", _count)
    session_hours: float = _setting(12.0, "Hours without use after which a person is signed out", _positive)
    sessions: int = _setting(500, "People signed in at the same time, at most", _count)
    answers_path: str = _setting("/api/v1/answers", "Path of the unpublished list of all answers (unconfirmed)", _path)
    call_events_path: str = _setting(
        "/api/v1/conversation-items/{itemId}/participant-events",
        "Path of the unpublished participant events of a phone call (unconfirmed)",
        _template("itemId"),
    )
    ivrs_path: str = _setting("/api/v1/ivrs", "Path of the unpublished list of IVRs (unconfirmed)", _path)
    ivr_recordings_path: str = _setting(
        "/api/v1/ivrs/{ivrId}/recordings",
        "Path of the unpublished list of an IVR's recordings (unconfirmed)",
        _template("ivrId"),
    )
    ivr_audio_path: str = _setting(
        "/api/v1/ivrs/{ivrId}/recordings/{recordingId}",
        "Path of the unpublished audio of an IVR's recording (unconfirmed)",
        _template("recordingId"),
    )
    answer_languages: tuple[str, ...] = _setting(
        ("en-us",), "Languages whose answers are read when none is chosen, separated by commas", _words, "en-us"
    )
    topic_separator: str = _setting(">>", "What joins the levels in a topic's name (unconfirmed)", str)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read every setting. Raises InputError that names the variable when a value cannot be read."""
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for item in fields(cls):
            variable = variable_of(item.name)
            text = source.get(variable, "").strip()
            if not text:
                continue
            try:
                values[item.name] = item.metadata["read"](text)
            except ValueError as error:
                raise InputError(
                    f"{variable} cannot be read: {error}.",
                    f"Mend it or unset it. It means: {item.metadata['help']}.",
                    field=variable,
                ) from None
        return cls(**values)


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One line of the settings table, as people read it."""

    name: str
    variable: str
    default: str
    help: str


TABLE: tuple[SettingRow, ...] = tuple(
    SettingRow(
        name=item.name, variable=variable_of(item.name), default=item.metadata["shown"], help=item.metadata["help"]
    )
    for item in fields(Settings)
)
