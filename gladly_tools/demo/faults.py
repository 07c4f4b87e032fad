"""Things that go wrong on purpose: a wrong status, a strange body, a delay, a lost connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to one request. With neither `status` nor `drop` the answer comes, late or cut."""

    path_prefix: str
    method: str | None
    status: int | None
    body: bytes
    headers: Mapping[str, str]
    drop: bool
    lose: bool
    cut_after: int | None
    delay: float


@dataclass
class _Planned:
    fault: Fault
    left: int
    every: int
    met: int = 0


@dataclass(kw_only=True)
class Faults:
    """A list of faults to come; each serves the next requests that match it, the earliest added first.

    They strike before credentials and limits are looked at, and a made-up answer carries no rate headers, as
    when something in front of the server answers.
    """

    _planned: list[_Planned] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(
        self,
        path_prefix: str,
        *,
        method: str | None = None,
        status: int | None = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        drop: bool = False,
        lose: bool = False,
        cut_after: int | None = None,
        delay: float = 0.0,
        times: int = 1,
        every: int = 1,
    ) -> None:
        """Let the next `times` requests whose path begins with `path_prefix` go wrong, or each one in `every` of them.

        `status` (with `body` and `headers`) answers instead of the server; `drop` closes the connection
        without an answer, before anything was done; `lose` closes it after the request was carried out;
        `cut_after` closes it after that many bytes of the true answer's body; `delay` (seconds) comes before
        any of it.
        """
        fault = Fault(
            path_prefix=path_prefix,
            method=method,
            status=status,
            body=body.encode() if isinstance(body, str) else body or b"",
            headers=dict(headers or {}),
            drop=drop,
            lose=lose,
            cut_after=cut_after,
            delay=delay,
        )
        with self._lock:
            self._planned.append(_Planned(fault, times, every))

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, now used up once; None for a request that goes well."""
        if not self._planned:
            return None
        with self._lock:
            for planned in self._planned:
                fault = planned.fault
                if path.startswith(fault.path_prefix) and fault.method in (None, method):
                    planned.met += 1
                    if planned.met % planned.every:
                        continue
                    planned.left -= 1
                    if planned.left < 1:
                        self._planned.remove(planned)
                    return fault
        return None

    @property
    def left(self) -> int:
        """How many faults have not struck yet: a test that planned one can see whether it was met."""
        with self._lock:
            return sum(planned.left for planned in self._planned)

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()
