"""One request: what is sent, what is repeated, and how its failures read."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import httpx
import pytest
import respx

from gladly_tools.api import Client, Credentials, read_instance, transport
from gladly_tools.api.arrival import LARGEST_BODY
from gladly_tools.api.connection import broken
from gladly_tools.api.retry import Cause, Kind
from gladly_tools.api.transport import segment
from gladly_tools.errors import (
    AnswerLost,
    Cancelled,
    ConnectionFailed,
    CredentialsError,
    GladlyToolsError,
    InputError,
    PermissionsError,
    RateLimitError,
    RequestRefused,
    ServerError,
    UnexpectedAnswer,
)
from tests.api.conftest import TOKEN, Patience
from tests.api.wire import Wire, answer
from tests.told import is_told

PATH = "/api/v1/topics"


def test_a_request_is_signed_and_goes_to_the_bare_host(gladly: respx.MockRouter, client: Client) -> None:
    route = gladly.get(PATH).respond(json=[])
    assert client.topics.list() == []
    request = route.calls.last.request
    assert str(request.url) == "https://acme.gladly.com/api/v1/topics"
    assert base64.b64decode(request.headers["authorization"].split()[1]).decode() == f"ada@acme.test:{TOKEN}"


def test_each_request_sent_is_counted_by_the_watch(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    gladly.get(PATH).mock(side_effect=[httpx.Response(503), httpx.Response(200, json=[])])
    client.topics.list()
    assert patience.requests == 2


def test_a_429_waits_then_continues_and_the_wait_is_told(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    route = gladly.get(PATH)
    route.mock(side_effect=[httpx.Response(429, headers={"Retry-After": "6"}), httpx.Response(200, json=[])])
    assert client.topics.list() == []
    assert route.call_count == 2
    assert patience.reasons[0] == "Gladly asks us to slow down; trying again in 6 s"
    assert sum(patience.waits) >= 6


def test_after_a_429_with_a_wait_nobody_sends_before_it_is_over(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    moments: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moments.append(patience.now)
        return httpx.Response(429 if len(moments) == 1 else 200, headers={"Retry-After": "9"}, json=[])

    gladly.get(PATH).mock(side_effect=answer)
    gladly.get("/api/v1/inboxes").mock(side_effect=answer)
    list(client.each(lambda call: call(), [client.topics.list, client.inboxes.list]))
    assert all(moment - moments[0] >= 9 for moment in moments[2:])
    assert len(moments) == 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(429), RateLimitError),
        (httpx.Response(503), ServerError),
        (httpx.ReadTimeout("slow"), AnswerLost),
        (httpx.ReadError("reset"), AnswerLost),
        (httpx.RemoteProtocolError("peer closed"), AnswerLost),
    ],
)
def test_patience_runs_out_into_the_error_that_fits(
    gladly: respx.MockRouter,
    client: Client,
    patience: Patience,
    answer: httpx.Response | Exception,
    error: type[GladlyToolsError],
) -> None:
    route = gladly.get(PATH)
    route.side_effect = lambda request: answer if isinstance(answer, httpx.Response) else _raise(answer)
    with pytest.raises(error) as caught:
        client.topics.list()
    assert type(caught.value) is error
    assert is_told(caught.value)
    assert 1 < route.call_count <= 12
    assert sum(patience.waits) < 400


def _raise(error: Exception) -> httpx.Response:
    raise error


def test_a_500_is_not_asked_for_again(gladly: respx.MockRouter, client: Client) -> None:
    route = gladly.get(PATH).respond(500, html="<h1>trace</h1>")
    with pytest.raises(ServerError) as caught:
        client.topics.list()
    assert route.call_count == 1
    assert "trace" not in str(caught.value)


@pytest.mark.parametrize(
    ("root", "words", "cause"),
    [
        (socket.gaierror(-2, "words in any language"), "no host called acme.gladly.com", Cause.UNSENT),
        (ConnectionRefusedError(), "refused the connection", Cause.UNSENT),
        (ssl.SSLCertVerificationError("self-signed"), "certificate", Cause.FINAL),
        (ssl.SSLError("handshake"), "secure connection", Cause.FINAL),
        (OSError("unreachable"), "could not be reached", Cause.UNSENT),
    ],
)
def test_a_connection_that_fails_is_told_by_what_it_was_raised_from(root: Exception, words: str, cause: Cause) -> None:
    error = httpx.ConnectError("failed")
    error.__cause__ = root
    found, failed = broken(error, read_instance("acme.gladly.com", ()))
    assert found is cause
    assert words in failed.what
    assert is_told(failed)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (httpx.ConnectError("failed"), "could not be reached"),
        (httpx.ConnectTimeout("slow"), "did not accept a connection in time"),
        (httpx.ReadTimeout("slow"), "did not answer in time"),
        (httpx.ProxyError("407"), "proxy"),
        (httpx.PoolTimeout("full"), "Too many requests"),
    ],
)
def test_a_sign_in_that_fails_takes_one_more_attempt_and_about_a_second(
    gladly: respx.MockRouter, client: Client, patience: Patience, failure: Exception, words: str
) -> None:
    route = gladly.get("/api/v1/organization").mock(side_effect=failure)
    with pytest.raises(ConnectionFailed, match=words) as caught:
        client.organization.get()
    assert is_told(caught.value)
    assert route.call_count == 2
    assert sum(patience.waits) <= 2


def test_an_unknown_host_in_the_middle_of_a_job_is_waited_out(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    lost = httpx.ConnectError("no such host")
    gladly.get(PATH).mock(side_effect=[httpx.Response(200, json=[]), lost, lost, lost, httpx.Response(200, json=[])])
    client.topics.list()
    assert client.topics.list() == []
    assert sum(patience.waits) >= 7


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CredentialsError), (403, PermissionsError), (400, RequestRefused), (418, RequestRefused)],
)
def test_a_refusal_is_not_repeated(
    gladly: respx.MockRouter, client: Client, status: int, error: type[GladlyToolsError]
) -> None:
    route = gladly.get(PATH).respond(status)
    with pytest.raises(error) as caught:
        client.topics.list()
    assert is_told(caught.value)
    assert route.call_count == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(gladly: respx.MockRouter, client: Client, status: int) -> None:
    gladly.get(PATH).respond(status, headers={"Location": "https://evil.test/api/v1/topics"})
    with pytest.raises(UnexpectedAnswer, match=f"another address for {PATH}") as caught:
        client.topics.list()
    assert is_told(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        {"html": "<html>sign in</html>"},
        {"content": b""},
        {"content": b"\xff"},
        {"content": b"[" * 100_000},
        {"json": {"topics": []}},
        {"json": [1]},
        {"json": [{"name": "no id"}]},
        {"json": [{"id": " "}]},
        {"json": [{"id": "a", "name": {"en": "x"}}]},
        {"json": [{"id": "a", "disabled": "perhaps"}]},
        {"status_code": 202, "json": []},
    ],
)
def test_an_answer_that_is_not_what_the_contract_says_names_the_address_only(
    gladly: respx.MockRouter, client: Client, answer: dict[str, object]
) -> None:
    gladly.get(PATH).respond(**answer)  # type: ignore[arg-type]  # a table of its keywords
    with pytest.raises(UnexpectedAnswer, match=PATH) as caught:
        client.topics.list()
    assert is_told(caught.value)
    assert "sign in" not in str(caught.value)
    assert "perhaps" not in str(caught.value)


def test_an_answer_of_unbounded_size_is_refused(gladly: respx.MockRouter, client: Client) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 2**20 + 2):
            yield b" " * 2**20

    gladly.get(PATH).mock(return_value=httpx.Response(200, stream=Endless(body)))
    with pytest.raises(UnexpectedAnswer, match="larger"):
        client.topics.list()


class Endless(httpx.SyncByteStream):
    """A body made while it is read."""

    def __init__(self, body: Callable[[], Iterator[bytes]]) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._body()


def test_a_body_that_trickles_is_given_up_at_the_time_out(
    gladly: respx.MockRouter, make_client: Callable[..., Client], patience: Patience
) -> None:
    client = make_client(request_timeout_seconds=5.0)

    def body() -> Iterator[bytes]:
        while True:
            patience.now += 2
            yield b" "

    route = gladly.get(PATH)
    route.side_effect = lambda request: httpx.Response(200, stream=Endless(body))
    with pytest.raises(AnswerLost, match="in time"):
        client.topics.list()
    assert route.call_count == 4


def test_a_body_shorter_than_announced_is_asked_for_again(gladly: respx.MockRouter, client: Client) -> None:
    whole = httpx.Response(200, json=[])
    cut = httpx.Response(200, headers={"Content-Length": "90"}, content=b'[{"id":"a"}]')
    gladly.get(PATH).mock(side_effect=[cut, whole])
    assert client.topics.list() == []


def test_a_broken_encoding_is_a_lost_answer_and_no_stray_error(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(PATH).mock(
        side_effect=lambda request: httpx.Response(
            200, headers={"Content-Encoding": "gzip"}, stream=Endless(lambda: iter([b"not gzip"]))
        )
    )
    with pytest.raises(AnswerLost):
        client.topics.list()


def test_stopping_ends_a_wait_for_the_next_attempt(
    gladly: respx.MockRouter, client: Client, patience: Patience
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        patience.stopped = True
        return httpx.Response(503)

    route = gladly.get(PATH).mock(side_effect=answer)
    with pytest.raises(Cancelled):
        client.topics.list()
    assert route.call_count == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_the_token_is_in_no_error_repr_or_log(
    gladly: respx.MockRouter, client: Client, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gladly.get(PATH).respond(status, json={"errors": [{"code": TOKEN, "attr": TOKEN, "detail": f"bad {TOKEN}"}]})
    with pytest.raises(GladlyToolsError) as caught:
        client.topics.list()
    encoded = base64.b64encode(f"ada@acme.test:{TOKEN}".encode()).decode()
    shown = f"{caught.value!r} {caught.value} {client.credentials!r} {vars(caught.value)} {caplog.text}"
    assert TOKEN not in shown
    assert encoded not in shown


@pytest.mark.parametrize(
    ("first", "calls", "outcome"),
    [
        (httpx.Response(429), 2, nullcontext()),
        (httpx.Response(503), 1, pytest.raises(ServerError)),
        (httpx.ReadTimeout("slow"), 1, pytest.raises(AnswerLost)),
    ],
)
def test_a_write_is_repeated_only_when_it_cannot_have_been_carried_out(
    gladly: respx.MockRouter,
    client: Client,
    patience: Patience,
    first: httpx.Response | Exception,
    calls: int,
    outcome: AbstractContextManager[object],
) -> None:
    route = gladly.post("/api/v1/things").mock(side_effect=[first, httpx.Response(200, json={})])
    transport = client.topics._transport
    with outcome:
        transport.ask(
            "POST", "/api/v1/things", patience, read=lambda arrival: arrival.reply(), kind=Kind.WRITE, body={}
        )
    assert route.call_count == calls


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("k3TqZ0m_R1uWb-9xYc4dEg", "k3TqZ0m_R1uWb-9xYc4dEg"),
        ("-a", "-a"),
        ("a/b", "a%2Fb"),
        ("../agents", "..%2Fagents"),
        ("a?b#c", "a%3Fb%23c"),
        ("a%2Fb", "a%252Fb"),
        ("a b+c", "a%20b%2Bc"),
        ("ä", "%C3%A4"),
        ("...", "..."),
        ("a\\..\\b", "a%5C..%5Cb"),
    ],
)
def test_an_id_stays_one_segment_of_the_path_that_is_sent(
    gladly: respx.MockRouter, client: Client, value: str, encoded: str
) -> None:
    route = gladly.get(path__startswith="/api/v1/answers/").respond(json={"id": "a"})
    client.answers.get(value)
    assert route.calls.last.request.url.raw_path == f"/api/v1/answers/{encoded}".encode()


@pytest.mark.parametrize("value", ["", "  ", "\t", ".", "..", "\ud800"])
def test_an_id_that_would_ask_for_something_else_is_refused(value: str) -> None:
    with pytest.raises(InputError) as caught:
        segment(value)
    assert caught.value.field == "id"
    assert is_told(caught.value)


@pytest.mark.parametrize(
    ("username", "token", "field"), [("", "t", "username"), ("a:b", "t", "username"), ("a@b", " ", "api_token")]
)
def test_credentials_that_cannot_be_sent_name_their_field(username: str, token: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Credentials(instance=read_instance("acme.gladly.com", ()), username=username, api_token=token)
    assert caught.value.field == field
    assert is_told(caught.value)


def test_this_very_machine_is_not_asked_through_a_proxy(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Wire([answer(b"[]", "Content-Length: 2")]) as wire:
        assert make_client(f"http://{wire.host}", allowed_hosts=(wire.host,)).topics.list() == []


def test_a_port_where_nobody_listens_refuses_in_words(make_client: Callable[..., Client]) -> None:
    with Wire([]) as wire:
        pass
    with pytest.raises(ConnectionFailed, match=f"{wire.host} refused the connection"):
        make_client(f"http://{wire.host}", allowed_hosts=(wire.host,)).topics.list()


def test_a_name_that_cannot_be_looked_up_is_told_from_what_really_happens(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "words in any language")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ConnectionFailed, match="no host called"):
        make_client("http://localhost:1", allowed_hosts=("localhost:1",)).topics.list()


def test_a_host_that_speaks_no_tls_is_told_from_what_really_happens(make_client: Callable[..., Client]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match="No secure connection"):
            make_client(f"https://{host}", allowed_hosts=(host,)).topics.list()
        thread.join()


def test_a_certificate_file_that_cannot_be_read_has_words(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    transport._certificates.cache_clear()
    with pytest.raises(ConnectionFailed, match="certificates") as caught:
        make_client()
    assert is_told(caught.value)


def test_a_proxy_setting_that_cannot_be_used_has_words(
    make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    with pytest.raises(ConnectionFailed, match="proxy") as caught:
        make_client()
    assert is_told(caught.value)


def test_the_announced_limit_sets_the_pace(gladly: respx.MockRouter, client: Client, patience: Patience) -> None:
    gladly.get(PATH).respond(json=[], headers={"Ratelimit-Limit-Second": "2", "Ratelimit-Remaining-Second": "1"})
    before = patience.now
    for _ in range(10):
        client.topics.list()
    assert patience.now - before > 9 / 2.1


@pytest.mark.parametrize(
    ("text", "number"),
    [(None, None), ("", None), ("many", None), ("nan", None), ("inf", None), ("-3", None), ("0", 0), ("2.5", 2.5)],
)
@pytest.mark.parametrize(("header", "name"), [("Limit", "limit"), ("Remaining", "remaining")])
def test_what_is_announced_is_a_number_of_requests_or_nothing(
    gladly: respx.MockRouter,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    text: str | None,
    number: float | None,
    header: str,
    name: str,
) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr(client.topics._transport._pacing.requests, "learn", lambda **named: told.append(named))
    gladly.get(PATH).respond(json=[], headers={} if text is None else {f"Ratelimit-{header}-Second": text})
    client.topics.list()
    assert [one[name] for one in told] == [number]
    assert told[0]["refused"] is False


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-3", "0"])
def test_a_nonsensical_announcement_is_ignored(
    gladly: respx.MockRouter, client: Client, patience: Patience, text: str
) -> None:
    gladly.get(PATH).respond(json=[], headers={"Ratelimit-Limit-Second": text})
    before = patience.now
    for _ in range(10):
        client.topics.list()
    assert patience.now - before < 2
