"""What a broken connection means: in words for the person, and for whether to try again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from gladly_tools.api.host import Instance
from gladly_tools.api.retry import Cause
from gladly_tools.errors import AnswerLost, ConnectionFailed

_NETWORK = "Check the Gladly URL and your network, then try again."


def broken(error: httpx.RequestError, instance: Instance) -> tuple[Cause, ConnectionFailed]:
    """The cause and the error of one failed exchange; the cause is looked up in what the error was raised from."""
    name = instance.name
    roots = tuple(_roots(error))
    if any(isinstance(root, ssl.SSLCertVerificationError) for root in roots):
        return Cause.FINAL, ConnectionFailed(
            f"The connection to {name} is not secure: its certificate could not be verified.",
            "Check the Gladly URL. If your network inspects traffic, ask its administrator for the certificate.",
        )
    if isinstance(error, httpx.ConnectError) and any(isinstance(root, ssl.SSLError) for root in roots):
        return Cause.FINAL, ConnectionFailed(f"No secure connection to {name} could be set up.", _NETWORK)
    if isinstance(error, httpx.ConnectError) and any(isinstance(root, socket.gaierror) for root in roots):
        return Cause.UNSENT, ConnectionFailed(
            f"There is no host called {name}.", "Check the Gladly URL for a typing error, and your network."
        )
    if isinstance(error, httpx.ConnectError) and any(isinstance(root, ConnectionRefusedError) for root in roots):
        return Cause.UNSENT, ConnectionFailed(f"{name} refused the connection.", _NETWORK)
    if isinstance(error, httpx.ProxyError):
        return Cause.UNSENT, ConnectionFailed(
            f"This network's proxy did not let the request through to {name}.", "Ask whoever runs the network."
        )
    if isinstance(error, httpx.ConnectTimeout):
        return Cause.UNSENT, ConnectionFailed(f"{name} did not accept a connection in time.", _NETWORK)
    if isinstance(error, httpx.PoolTimeout):
        return Cause.UNSENT, ConnectionFailed(
            "Too many requests are under way at once.", "Try again when other jobs are done."
        )
    if isinstance(error, httpx.ConnectError):
        return Cause.UNSENT, ConnectionFailed(f"{name} could not be reached.", _NETWORK)
    if isinstance(error, httpx.TimeoutException):
        return Cause.LOST, AnswerLost(
            f"{name} did not answer in time.", "Gladly may be busy. Try again in a few minutes."
        )
    return Cause.LOST, AnswerLost(
        f"The connection to {name} was lost before the answer was complete.", "Check your network, then try again."
    )


def _roots(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it was raised from; an error raised twice can stand in a circle of those."""
    at: BaseException | None = error
    passed: set[int] = set()
    while at is not None and id(at) not in passed:
        passed.add(id(at))
        yield at
        at = at.__cause__ or at.__context__
