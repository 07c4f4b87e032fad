"""How much of an organization's request limit the client uses, and how often it is refused."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from benchmarks.child import child
from benchmarks.demo import Demo, Seen, running_demo
from benchmarks.figure import Figure
from benchmarks.scale import Scale
from gladly_tools.demo import Limits

LIMIT = 10
OTHER_PER_SECOND = 5
OTHER_AHEAD_SECONDS = 2.0
LEAST_USED, MOST_REFUSED = 0.90, 0.01


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What the client meets: another client of the same organization, and how slow the answers are."""

    name: str
    other: str = ""
    latency: float = 0.0


SCENARIOS = (
    Scenario(name="alone"),
    Scenario(name="another takes half, evenly", other="evenly"),
    Scenario(name="another takes half, in bursts", other="in bursts"),
    Scenario(name="alone, answers take 0.3 s", latency=0.3),
)


@dataclass(frozen=True, kw_only=True)
class Use:
    """What one client made of the limit. `allowed` is what the other client left of it."""

    sent: int
    refused: int
    allowed: float

    @property
    def used(self) -> float:
        """The part of the allowed requests that were sent and answered."""
        return (self.sent - self.refused) / self.allowed

    @property
    def refused_share(self) -> float:
        """The part of the sent requests that were refused."""
        return self.refused / self.sent


def measure(scale: Scale) -> Iterator[Figure]:
    """Two ratios a scenario. Two scenarios run at a time: both together are far from keeping a core busy."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        uses = pool.map(lambda scenario: measure_one(scenario, scale), SCENARIOS)
        for scenario, use in zip(SCENARIOS, uses, strict=True):
            settled = f" after the first {scale.settling_seconds:g} s" if scale.settling_seconds else ""
            yield Figure(
                subject="pacing",
                what=scenario.name,
                of="requests answered / allowed",
                ratio=use.used,
                least=LEAST_USED,
                detail=f"{use.sent - use.refused} of {use.allowed:.0f} in {scale.pacing_seconds:g} s{settled}",
            )
            yield Figure(
                subject="pacing",
                what=scenario.name,
                of="refusals (429) / requests",
                ratio=use.refused_share,
                most=MOST_REFUSED,
                detail=f"{use.refused} of {use.sent}",
            )


def measure_one(scenario: Scenario, scale: Scale) -> Use:
    """Run one scenario: the server, the client and the other client are a process each."""
    with ExitStack() as stack:
        server = stack.enter_context(running_demo(limits=Limits(requests_per_second=LIMIT), latency=scenario.latency))
        demo = server.demo
        if scenario.other:
            stack.enter_context(child(be_the_other, demo.url, demo.accounts[1], scenario.other))
            time.sleep(OTHER_AHEAD_SECONDS)
        seconds = scale.settling_seconds + scale.pacing_seconds
        client = stack.enter_context(child(be_the_client, demo, seconds))
        client.hear(seconds=seconds + 60)
        seen = server.seen()
    return use_of(
        seen,
        username=demo.accounts[0][0],
        settling=scale.settling_seconds,
        seconds=scale.pacing_seconds,
        limit=LIMIT,
    )


def use_of(seen: Sequence[Seen], *, username: str, settling: float, seconds: float, limit: float) -> Use:
    """What one client made of the limit in so many seconds, which begin `settling` seconds after its first request."""
    begin = settling + min(each.at for each in seen if each.username == username)
    within = [each for each in seen if begin <= each.at < begin + seconds]
    own = [each for each in within if each.username == username]
    others = sum(1 for each in within if each.username != username and not each.refused)
    return Use(sent=len(own), refused=sum(1 for each in own if each.refused), allowed=limit * seconds - others)


def be_the_client(pipe: Connection, demo: Demo, seconds: float) -> None:
    """Look customers up as an export does, for so long, as fast as the client thinks right."""
    until = time.monotonic() + seconds

    def wanted() -> Iterator[str]:
        while True:
            for customer_id in demo.customers:
                if time.monotonic() >= until:
                    return
                yield customer_id

    with demo.client(demo.settings(Path("unused"))) as client:
        for _ in client.each(client.customers.get, wanted()):
            pass
    pipe.send("done")


def be_the_other(pipe: Connection, url: str, account: tuple[str, str], manner: str) -> None:
    """Take half of the limit until the process is ended: evenly, or all at once at some moment of each second."""
    chance = random.Random(7)
    with httpx.Client(base_url=url, auth=account, trust_env=False) as http, ThreadPoolExecutor(LIMIT) as pool:
        second = int(time.monotonic()) + 1  # the server's seconds are those of the same clock
        while True:
            if manner == "evenly":
                moments = [(number + 0.5) / OTHER_PER_SECOND for number in range(OTHER_PER_SECOND)]
            else:
                moments = [0.05 + 0.9 * chance.random()] * OTHER_PER_SECOND
            for moment in moments:
                if pipe.poll(max(0.0, second + moment - time.monotonic())):
                    return  # nobody listens any more
                pool.submit(http.get, "/api/v1/organization")
            second += 1
