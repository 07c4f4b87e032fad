"""How much memory a download adds to the portal's process, beside the size of the file that is downloaded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

import httpx

from benchmarks.big import Big
from benchmarks.child import child
from benchmarks.figure import Figure
from benchmarks.memory import MB, memory_of
from gladly_tools.results.download import Format

MOST_ADDED_MB = 50
WORDS = {Format.CSV: "CSV", Format.JSON: "JSON", Format.PARQUET: "Parquet"}
_REST_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Download:
    """One download: bytes of the file, bytes that it added to the process, seconds."""

    size: int
    added: int
    peak: int
    seconds: float


def measure(big: Big) -> Iterator[Figure]:
    """For each format a fresh portal and two downloads, one after the other; each by what it added."""
    for format in WORDS:
        with child(serve, big) as server:
            address, cookie = server.hear()
            for turn in ("first", "second"):
                got = download(server.pid, f"{address}/results/{big.result_id}", cookie, format)
                yield Figure(
                    subject="download",
                    what=f"{WORDS[format]}, {turn} in its process",
                    of="memory added / file size",
                    ratio=got.added / got.size,
                    most=MOST_ADDED_MB * MB / got.size,
                    detail=(
                        f"{got.added / MB:.0f} MB of at most {MOST_ADDED_MB}, file {got.size / MB:,.0f} MB"
                        f" at {got.size / MB / got.seconds:.0f} MB/s; {got.peak / MB:.0f} MB in all"
                    ),
                )


def download(pid: int, address: str, cookie: dict[str, str], format: Format) -> Download:
    """Download all rows, guarded, and watch the server's memory meanwhile."""
    time.sleep(_REST_SECONDS)
    with memory_of(pid) as memory, httpx.Client(trust_env=False, timeout=60, cookies=cookie) as http:
        began = time.monotonic()
        with http.stream("GET", f"{address}/all.{format.value}?format={format.value}") as answer:
            answer.raise_for_status()
            size = sum(map(len, answer.iter_raw()))
        seconds = time.monotonic() - began
    return Download(size=size, added=memory.added, peak=memory.peak, seconds=seconds)


def serve(pipe: Connection, big: Big) -> None:
    """A portal with the real download routes, and somebody signed in; until the process is ended."""
    import socket

    import uvicorn
    from starlette.applications import Starlette

    from gladly_tools.results.table import Table
    from gladly_tools.web.cookie import NAME, new_cookie, session_id_of
    from gladly_tools.web.portal import open_portal
    from gladly_tools.web.routes import routes

    portal = open_portal(big.settings)
    value = new_cookie(portal.cookie_key)
    session = session_id_of(value, portal.cookie_key)
    assert session is not None
    username, token = big.demo.accounts[0]
    portal.sign_in(session, url=big.demo.url, username=username, api_token=token)
    Table(portal.runs.store.open(big.result_id)).page(limit=100)  # the download button stands below the first page
    listener = socket.create_server(("127.0.0.1", 0))
    pipe.send((f"http://127.0.0.1:{listener.getsockname()[1]}", {NAME: value}))
    app = Starlette(routes=list(routes()))
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
