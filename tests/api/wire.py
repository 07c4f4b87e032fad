"""A server that answers each connection with the bytes it was given, whole or cut off."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Sequence
from typing import ClassVar


class Wire:
    """Answers one connection after another with `answers`, then hangs up. Use it in a `with`."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.heard: list[bytes] = []
        wire = self
        left = list(answers)

        class Handler(socketserver.StreamRequestHandler):
            timeout: ClassVar[float] = 5

            def handle(self) -> None:
                head = b""
                while line := self.rfile.readline():
                    head += line
                    if line == b"\r\n":
                        break
                length = next(
                    (int(line[15:]) for line in head.lower().splitlines() if line[:15] == b"content-length:"), 0
                )
                wire.heard.append(head + self.rfile.read(length))
                self.wfile.write(left.pop(0))

        self._server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """One HTTP answer; its length is among the headers, or the end of the connection is its end."""
    head = "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers])
    return head.encode() + b"\r\n\r\n" + body


def in_chunks(*chunks: bytes) -> bytes:
    """A chunked body without its end mark."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
