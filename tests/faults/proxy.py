"""A proxy in front of the demo company that does what bad networks do, for chosen requests and in a fixed order."""

from __future__ import annotations

import http.client
import socket
import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

PAGE = b"<!doctype html><title>Welcome</title><h1>Sign in to this network</h1>"
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Mishap(StrEnum):
    """What can become of an answer on its way."""

    LATE = "late"
    RESET = "connection reset before the answer"
    RESET_IN_BODY = "connection reset in the middle of the body"
    CUT = "body shorter than announced"
    CUT_UNANNOUNCED = "body of no announced length cut in the middle"
    BUSY = "429"
    DOWN = "503"
    BROKEN = "500"
    PAGE = "a web page in place of the answer"
    WRONG_TYPE = "the answer under a wrong content type"
    SLOW = "body in small pieces"
    NONSENSE = "an answer that is no HTTP"
    GARBLED = "body that is not encoded as it says"


@dataclass
class Plan:
    """What goes wrong: the first `times` attempts of every request, once `after` answers went well."""

    mishap: Mishap | None = None
    times: int = 1
    after: int = 0


class Proxy(socketserver.ThreadingTCPServer):
    """Passes requests on to `target`, a port of this machine; `plan` may be changed while it runs.

    `seen` counts the requests since the plan was made, and `struck` those that went wrong.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target
        self.plan = Plan()
        self.seen = self.struck = 0
        self._attempts: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def expect(self, plan: Plan) -> None:
        """Begin anew with a plan."""
        with self._lock:
            self.plan, self.seen, self.struck = plan, 0, 0
            self._attempts.clear()

    def mishap(self, asked: bytes) -> Mishap | None:
        """What becomes of the answer to this request."""
        with self._lock:
            plan = self.plan
            self.seen += 1
            if plan.mishap is None or self.seen <= plan.after:
                return None
            self._attempts[asked] += 1
            if self._attempts[asked] > plan.times:
                return None
            self.struck += 1
            return plan.mishap

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to tell."""


class _Connection(socketserver.StreamRequestHandler):
    server: Proxy
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while (asked := _read_request(self.rfile)) is not None:
            line, headers, body = asked
            mishap = self.server.mishap(line + body)
            if mishap is Mishap.RESET:
                self._reset()
                return
            if mishap is Mishap.NONSENSE:
                self.wfile.write(b"\x16\x03\x01 this is no HTTP \x00\xff\r\n\r\n")
                return
            answer = _MADE_UP.get(mishap) or self._fetched(line, headers, body)
            if not self._answer(*answer, mishap):
                return

    def _fetched(self, line: bytes, headers: list[tuple[str, str]], body: bytes) -> _Answer:
        method, path, _ = line.decode("latin-1").split(" ", 2)
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=30)
        try:
            upstream.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() != "connection":
                    upstream.putheader(name, value)
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            return answer.status, kept, answer.read()
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, mishap: Mishap | None) -> bool:
        """Send an answer; False when the connection is over with it."""
        length = [("Content-Length", str(len(body)))]
        if mishap is Mishap.LATE:
            time.sleep(0.02)
        elif mishap is Mishap.WRONG_TYPE:
            headers = [(name, value) for name, value in headers if name.lower() != "content-type"]
            headers.append(("Content-Type", "application/octet-stream"))
        elif mishap is Mishap.GARBLED:
            headers.append(("Content-Encoding", "gzip"))
        elif mishap is Mishap.CUT_UNANNOUNCED:
            length = [("Connection", "close")]
        head = f"HTTP/1.1 {status} -\r\n" + "".join(f"{name}: {value}\r\n" for name, value in [*headers, *length])
        self.wfile.write(head.encode("latin-1") + b"\r\n")
        if mishap in (Mishap.CUT, Mishap.CUT_UNANNOUNCED, Mishap.RESET_IN_BODY):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if mishap is Mishap.RESET_IN_BODY:
                self._reset()
            return False
        for piece in _pieces(body, 6 if mishap is Mishap.SLOW else 1):
            self.wfile.write(piece)
            if mishap is Mishap.SLOW:
                time.sleep(0.002)
        return True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


_Answer = tuple[int, list[tuple[str, str]], bytes]
_HTML = [("Content-Type", "text/html; charset=utf-8")]
_MADE_UP: dict[Mishap | None, _Answer] = {
    Mishap.BUSY: (429, [("Retry-After", "0")], b"Too Many Requests\n"),
    Mishap.DOWN: (503, _HTML, PAGE),
    Mishap.BROKEN: (500, _HTML, PAGE),
    Mishap.PAGE: (200, _HTML, PAGE),
}


def _pieces(body: bytes, count: int) -> Iterator[bytes]:
    size = max(1, -(-len(body) // count))
    for start in range(0, len(body), size):
        yield body[start : start + size]


def _read_request(stream: BinaryIO) -> tuple[bytes, list[tuple[str, str]], bytes] | None:
    try:
        line = stream.readline().rstrip(b"\r\n")
        if not line:
            return None
        headers: list[tuple[str, str]] = []
        while header := stream.readline().rstrip(b"\r\n"):
            name, _, value = header.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        return line, headers, stream.read(length)
    except (OSError, ValueError):
        return None


@contextmanager
def in_front_of(port: int) -> Iterator[Proxy]:
    """A running proxy."""
    with Proxy(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, name="proxy")
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
