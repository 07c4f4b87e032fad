"""A search while the file arrives, beside the download alone: over a line of a fixed speed, as networks have one."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from benchmarks.child import child
from benchmarks.figure import Figure
from benchmarks.made_up_items import DOMAIN, PHRASES, write_customers, write_items, write_topics
from benchmarks.memory import MB, memory_of
from benchmarks.scale import Scale
from gladly_tools.account import confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.file_export import FileExportParameters
from gladly_tools.exports.search_questions import Where
from gladly_tools.runs import Runs
from gladly_tools.search import parse_contacts
from gladly_tools.settings import Settings

BYTES_PER_SECOND = 25_000_000
MOST = 1.1
JOB, ITEMS = "job-1", "conversation_items.jsonl"
FILES = ("agents.jsonl", "customers.jsonl", "topics.jsonl", ITEMS)
_CHUNK = 256 * 1024

SEARCHES: dict[str, dict[str, Any]] = {
    "contacts": {"contacts": parse_contacts(f"@{DOMAIN}")},
    "phrases": {"phrases": PHRASES},
    "both": {"contacts": parse_contacts(f"@{DOMAIN}"), "phrases": PHRASES},
    "nothing: all taken": {},
}
MOST_MB = 150
JOB_BYTES = 1_250_000_000
"""How large a file the memory of a job is measured with; `LARGE_BYTES` by the subject of that name."""
LARGE_BYTES = 5_000_000_000
BYTES_PER_ITEM = 1287
"""About, of the made-up items."""
_JOB_SECONDS = 3600.0


def measure(scale: Scale) -> Iterator[Figure]:
    """One ratio a search; of both sides the quicker of two runs, taken in turns."""
    with tempfile.TemporaryDirectory(prefix="file-export-") as name:
        folder = Path(name)
        write_items(folder / ITEMS, scale.rows // 4)
        write_customers(folder / "customers.jsonl", scale.rows // 4)
        write_topics(folder / "topics.jsonl")
        (folder / "agents.jsonl").write_bytes(b"")
        with child(serve, folder) as server:
            url = server.hear()
            settings = Settings(
                data_dir=folder / "data", allowed_hosts=(url.removeprefix("http://"),), requests_per_second=1000.0
            )
            size = (folder / ITEMS).stat().st_size
            with Client(read_credentials(url, "ann@example.com", "token", settings), settings) as client:
                for search, given in SEARCHES.items():
                    alone, whole, found = _timed(client, settings, given)
                    yield Figure(
                        subject="file_export",
                        what=f"search for {search}",
                        of="fetched and searched / fetched alone",
                        ratio=whole / alone,
                        most=MOST,
                        detail=f"{whole:.1f} s, {alone:.1f} s; {size / 1e6:,.0f} MB at {size / alone / 1e6:.0f} MB/s; "
                        f"{found:,} items found",
                    )


def _timed(client: Client, settings: Settings, given: dict[str, Any]) -> tuple[float, float, int]:
    """Seconds of the download alone, seconds of the whole search, and the items found."""
    runs = Runs(settings)
    account = confirm(client, instance="benchmark")
    alone, whole = [], []
    found = 0
    try:
        for _ in range(2):
            began = time.perf_counter()
            for name in FILES:
                client.export_jobs.download(JOB, name, lambda _chunk: None)
            alone.append(time.perf_counter() - began)
            runs.kept.of(account.owner).delete(JOB)
            parameters = FileExportParameters(where=Where(job_ids=(JOB,)), **given)
            began = time.perf_counter()
            job = runs.run_here(account, client, EXPORTS["file-export"], parameters, lambda _ticket: None)
            whole.append(time.perf_counter() - began)
            found = job.row_count
            runs.delete(account, job.id)
    finally:
        runs.close()
    return min(alone), min(whole), found


def measure_memory(scale: Scale, *, size: int = JOB_BYTES) -> Iterator[Figure]:
    """The memory of a process that runs one whole job, from the file to the finished result, above that it had idle."""
    with tempfile.TemporaryDirectory(prefix="file-export-") as name:
        folder = Path(name)
        items = min(size // BYTES_PER_ITEM, scale.rows * (LARGE_BYTES // JOB_BYTES))
        write_customers(folder / "customers.jsonl", items)
        write_topics(folder / "topics.jsonl")
        (folder / "agents.jsonl").write_bytes(b"")
        write_items(folder / ITEMS, items)
        whole = (folder / ITEMS).stat().st_size
        with child(serve, folder, None) as server:
            url = server.hear()
            for search, given in SEARCHES.items():
                with child(run_job, url, folder / "data", given) as process:
                    process.hear()
                    with memory_of(process.pid) as memory:
                        found, seconds = process.ask("run", seconds=_JOB_SECONDS)
                yield Figure(
                    subject="file_export_memory",
                    what=f"job that searches for {search}",
                    of=f"MB added / {MOST_MB} MB",
                    ratio=memory.added / MB / MOST_MB,
                    most=1.0,
                    detail=f"{memory.added / MB:.0f} MB above {memory.before / MB:.0f} MB idle, for "
                    f"{whole / 1e9:.1f} GB in {seconds:.0f} s; {found:,} items found",
                )


def run_job(pipe: Connection, url: str, data: Path, given: dict[str, Any]) -> None:
    """Run one job when told, in a process that has everything loaded; tell what was found and the seconds."""
    settings = Settings(data_dir=data, allowed_hosts=(url.removeprefix("http://"),), requests_per_second=1000.0)
    with Client(read_credentials(url, "ann@example.com", "token", settings), settings) as client:
        runs = Runs(settings)
        try:
            account = confirm(client, instance="benchmark")
            parameters = FileExportParameters(where=Where(job_ids=(JOB,)), **given)
            pipe.send("ready")
            pipe.recv()
            began = time.perf_counter()
            job = runs.run_here(account, client, EXPORTS["file-export"], parameters, lambda _ticket: None)
            pipe.send((job.row_count, time.perf_counter() - began))
            runs.delete(account, job.id)
        finally:
            runs.close()


def serve(pipe: Connection, folder: Path, speed: float | None = BYTES_PER_SECOND) -> None:
    """One export job whose files arrive at a speed, bytes a second, until the process is ended; None for at once."""
    job = {
        "id": JOB,
        "status": "COMPLETED",
        "updatedAt": "2026-03-02T07:15:19Z",
        "parameters": {"type": "CONVERSATIONS", "startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-02T00:00:00Z"},
        "files": list(FILES),
    }

    async def organization(_request: Request) -> Response:
        return JSONResponse({"id": "o", "name": "Benchmark", "timezone": "UTC"})

    async def jobs(_request: Request) -> Response:
        return JSONResponse([job])

    async def file(request: Request) -> Response:
        path = folder / request.path_params["name"]
        headers = {"Content-Length": str(path.stat().st_size)}
        return StreamingResponse(_paced(path, speed), media_type="application/x-ndjson", headers=headers)

    routes = [
        Route("/api/v1/organization", organization),
        Route("/api/v1/export/jobs", jobs),
        Route("/api/v1/export/jobs/{id}/files/{name}", file),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="error"))

    async def run() -> None:
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        pipe.send(f"http://127.0.0.1:{port}")
        await task

    asyncio.run(run())


async def _paced(path: Path, speed: float | None) -> AsyncIterator[bytes]:
    began, sent = time.monotonic(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
            sent += len(chunk)
            if speed is not None:
                await asyncio.sleep(max(0.0, began + sent / speed - time.monotonic()))
