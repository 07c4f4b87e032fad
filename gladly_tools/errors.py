"""Every error that a person can meet, as one tree; the branches are what to do about it.

GladlyToolsError
├── InputError               fix the input: `field` names the widget or option
│   ├── HostError            the Gladly URL is malformed or not allowed
│   └── QueryError           a query in SQL cannot be answered as it stands
├── SignInError              sign in again, or with other rights
│   ├── CredentialsError     401: the e-mail or the token is wrong
│   └── PermissionsError     403: the user lacks the API User permission
├── TryLaterError            wait, then run it again
│   ├── RateLimitError       429 until patience ran out
│   ├── ServerError          5xx until patience ran out
│   ├── ConnectionFailed     no connection: name, TLS, time-out, reset
│   │   └── AnswerLost       the request was sent, and no complete answer came
│   └── FateUnknown          a change was sent, and nobody can say whether it was made
├── NotFoundError            404: there is no such thing
├── RequestRefused           400 and kin: Gladly's own words are in `what`
├── UnexpectedAnswer         the answer is not what the contract says
└── Cancelled                the person stopped it; not a fault
"""

from __future__ import annotations


class GladlyToolsError(Exception):
    """Something went wrong; says what happened and what to do next.

    Neither text ever holds a token, a request header or a response body: both are shown to people and logged.
    """

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(f"{what} {advice}".strip())
        self.what = what
        self.advice = advice


class InputError(GladlyToolsError):
    """What the person gave cannot be used; `field` is the name of the input it was given in."""

    def __init__(self, what: str, advice: str = "", *, field: str = "") -> None:
        super().__init__(what, advice)
        self.field = field


class HostError(InputError):
    """The Gladly URL is malformed, or a host that credentials must not be sent to."""


class QueryError(InputError):
    """A query in SQL cannot be answered as it stands; `position` is the character where, None for nowhere."""

    def __init__(self, what: str, advice: str = "", *, position: int | None = None) -> None:
        super().__init__(what, advice, field="sql")
        self.position = position


class SignInError(GladlyToolsError):
    """Gladly does not accept this account for this request."""


class CredentialsError(SignInError):
    """401: the e-mail address or the API token is wrong, or the token was revoked."""


class PermissionsError(SignInError):
    """403: the user exists but lacks the permission for this request."""


class TryLaterError(GladlyToolsError):
    """Nothing is wrong with the request; it may work later."""


class RateLimitError(TryLaterError):
    """429 again and again, until the bounded patience ran out."""


class ServerError(TryLaterError):
    """5xx again and again, until the bounded patience ran out."""


class ConnectionFailed(TryLaterError):
    """No usable connection: unknown name, TLS failure, time-out, connection reset."""


class AnswerLost(ConnectionFailed):
    """The request was sent, but no complete answer came in time: asking for less may help."""


class FateUnknown(TryLaterError):
    """A change was sent, no usable answer came, and reading did not tell either: read before it is sent again."""


class NotFoundError(GladlyToolsError):
    """404: there is no such thing, or it was deleted."""


class RequestRefused(GladlyToolsError):
    """400 and its kin: the server understood and refused; `code` and `attr` are the server's."""

    def __init__(self, what: str, advice: str = "", *, status: int = 400, code: str = "", attr: str = "") -> None:
        super().__init__(what, advice)
        self.status = status
        self.code = code
        self.attr = attr


class UnexpectedAnswer(GladlyToolsError):
    """The answer is not what the contract says: not JSON, not CSV, a column missing."""


class Cancelled(GladlyToolsError):
    """The person stopped it."""

    def __init__(self) -> None:
        super().__init__("Stopped.")
