"""The file exports: one job a night, and those that went wrong, are under way, or were asked for once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from operator import attrgetter

from gladly_tools.demo.ids import Ids, Kind, seeded

FILENAMES = ("agents.jsonl", "conversation_items.jsonl", "customers.jsonl", "topics.jsonl")
STATUSES = ("PENDING", "IN_PROGRESS", "COMPLETED", "FAILED")
KEPT_FOR = dt.timedelta(days=14)
_DAY = dt.timedelta(days=1)
_HOUR = dt.timedelta(hours=1)
_KINDS = 8  # ids of jobs that belong to one day
_DAILY, _FAILED, _RUNNING, _WAITING, _INCOMPLETE, _ONE_OFF, _HOURLY = range(7)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportSchedule:
    """When the exports of an organization are made; times are UTC."""

    id: str
    frequency: str
    next_start_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportJob:
    """One export of everything from `start_at` up to, and without, `end_at`; times are UTC.

    `updated_at` is when it was made, written with `digits` digits of a second; `files` are names, none before
    it is completed. `schedule_id` None = asked for once.
    """

    id: str
    schedule_id: str | None
    status: str
    updated_at: dt.datetime
    digits: int
    start_at: dt.datetime
    end_at: dt.datetime
    files: tuple[str, ...]


def schedule_of(ids: Ids, now: dt.datetime) -> ExportSchedule:
    """The daily schedule; the next job begins at midnight."""
    today = _midnight(now)
    return ExportSchedule(
        id=ids.make(Kind.EXPORT_SCHEDULE, 0),
        frequency="DAILY",
        next_start_at=today + _DAY,
        updated_at=today - dt.timedelta(days=200, seconds=34_211),
    )


def jobs_of(ids: Ids, seed: int, now: dt.datetime) -> tuple[ExportJob, ...]:
    """The jobs that were updated in the last 14 days, in that order."""
    made = _Jobs(ids, seed)
    today = _midnight(now)
    jobs = [made.daily(today - age * _DAY) for age in range(1, KEPT_FOR.days + 3)]
    jobs += made.odd(today, now)
    return tuple(sorted((job for job in jobs if now - KEPT_FOR <= job.updated_at <= now), key=attrgetter("updated_at")))


class _Jobs:
    def __init__(self, ids: Ids, seed: int) -> None:
        self._ids = ids
        self._seed = seed
        self._schedule_id = ids.make(Kind.EXPORT_SCHEDULE, 0)

    def daily(self, day: dt.datetime) -> ExportJob:
        """The job over one day, made in the night after it."""
        return self._job(_DAILY, day, (day, day + _DAY), day + _DAY + 4 * _HOUR, self._schedule_id)

    def odd(self, today: dt.datetime, now: dt.datetime) -> list[ExportJob]:
        """One of each kind that is not the rule, at the same distance from today on every day."""

        def ago(days: int) -> dt.datetime:
            return today - days * _DAY

        this_hour = now.replace(minute=0, second=0, microsecond=0)
        # The only schedule is a daily one: this job is left from an hourly one that was given up.
        hourly_schedule = self._ids.make(Kind.EXPORT_SCHEDULE, 1)
        began = ago(3) + 14 * _HOUR
        return [
            # The first attempt at a day, whose daily job then went well.
            self._job(_FAILED, today, (ago(6), ago(5)), ago(5) + _HOUR, self._schedule_id, "FAILED"),
            self._job(_RUNNING, today, (ago(30), ago(24)), this_hour - 3 * _HOUR, None, "IN_PROGRESS"),
            self._job(_WAITING, today, (ago(40), ago(30)), this_hour - 2 * _HOUR, None, "PENDING"),
            self._job(
                _INCOMPLETE,
                today,
                (ago(9), ago(8)),
                ago(8) + 9 * _HOUR,
                self._schedule_id,
                files=tuple(name for name in FILENAMES if name != "customers.jsonl"),
            ),
            self._job(_ONE_OFF, today, (ago(8), ago(4)), ago(2) + 13 * _HOUR, None),
            self._job(_HOURLY, today, (began, began + _HOUR), began + 3 * _HOUR, hourly_schedule),
        ]

    def _job(
        self,
        kind: int,
        day: dt.datetime,
        window: tuple[dt.datetime, dt.datetime],
        earliest: dt.datetime,
        schedule_id: str | None,
        status: str = "COMPLETED",
        files: tuple[str, ...] = FILENAMES,
    ) -> ExportJob:
        """A job that belongs to a day, made within two hours from `earliest`."""
        number = day.toordinal() * _KINDS + kind
        chance = seeded(self._seed, "export", number)
        return ExportJob(
            id=self._ids.make(Kind.EXPORT_JOB, number),
            schedule_id=schedule_id,
            status=status,
            updated_at=earliest + dt.timedelta(microseconds=chance.randrange(7_200_000_000)),
            digits=chance.choice((8, 9)),
            start_at=window[0],
            end_at=window[1],
            files=files if status == "COMPLETED" else (),
        )


def _midnight(now: dt.datetime) -> dt.datetime:
    return now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
