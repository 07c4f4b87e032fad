"""Signing in, to Gladly and to the demo company, and what it brings back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gladly_tools.demo import DemoServer
from gladly_tools.errors import CredentialsError, HostError, InputError, PermissionsError
from gladly_tools.jobs import State
from gladly_tools.settings import Settings
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.conftest import settings_for


@pytest.fixture
def here(server: DemoServer, tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(settings_for(server, tmp_path / "data"))
    yield portal
    portal.close()


def credentials(server: DemoServer, **changes: str) -> dict[str, str]:
    return {"url": server.url, "username": server.username, "api_token": server.api_token, **changes}


def test_signing_in_shows_who_it_is(here: Portal, server: DemoServer) -> None:
    account = here.sign_in("sid", **credentials(server))
    assert (account.organization, account.zone) == ("Brightleaf Home & Garden", "America/New_York")
    session = here.session("sid")
    assert session is not None
    assert session.account == account
    assert here.session("another") is None
    assert here.session(None) is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"api_token": "wrong"}, CredentialsError),
        ({"username": "nobody@x.test"}, CredentialsError),
        ({"url": "https://gladly.com.evil.test"}, HostError),
        ({"url": ""}, HostError),
    ],
)
def test_a_refused_sign_in_leaves_nobody_signed_in(
    here: Portal, server: DemoServer, changes: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        here.sign_in("sid", **credentials(server, **changes))
    assert here.session("sid") is None


@pytest.mark.parametrize("field", ["username", "api_token"])
def test_a_blank_field_is_named_and_nothing_is_sent(here: Portal, server: DemoServer, field: str) -> None:
    with pytest.raises(InputError) as refused:
        here.sign_in("sid", **credentials(server, **{field: "  "}))
    assert refused.value.field == field
    assert list(server.seen) == []


def test_a_user_without_the_permission_is_told_which(here: Portal, server: DemoServer) -> None:
    username, token = server.account_without_permission
    with pytest.raises(PermissionsError, match="API User"):
        here.sign_in("sid", **credentials(server, username=username, api_token=token))


def test_the_demo_company_needs_nothing(tmp_path: Path) -> None:
    portal = Portal(Settings(data_dir=tmp_path / "data"))
    try:
        account = portal.sign_in_to_demo("sid")
        assert account.demo
        assert portal.sign_in_to_demo("another") == account
        session = portal.session("sid")
        assert session is not None
        assert session.client.inboxes.list()
    finally:
        portal.close()


def test_signing_in_resumes_the_accounts_interrupted_jobs_and_nobody_elses(here: Portal, server: DemoServer) -> None:
    account = here.sign_in("sid", **credentials(server))
    username, token = server.accounts[1]
    other = here.sign_in("other", **credentials(server, username=username, api_token=token))
    for job_id, owner in (("mine", account.owner), ("theirs", other.owner)):
        here.runs.journal.create(
            job_id, owner=owner, kind="inboxes", title="", origin="app", parameters={}, runner="killed"
        )
    here.runs.runner.interrupt_orphans()
    here.sign_in("sid", **credentials(server))
    assert here.runs.journal.get("theirs").state is State.INTERRUPTED
    assert here.runs.journal.get("mine").state is not State.INTERRUPTED


def is_open(session: Session) -> bool:
    """Whether the session's client can still ask Gladly."""
    return not session.client._transport._http.is_closed


def test_the_connections_of_a_session_that_was_not_used_are_closed(server: DemoServer, tmp_path: Path) -> None:
    now = [0.0]
    portal = Portal(settings_for(server, tmp_path / "data"), clock=lambda: now[0])
    try:
        portal.sign_in("sid", **credentials(server))
        session = portal.session("sid")
        assert session is not None
        assert is_open(session)
        now[0] += portal.settings.session_hours * 3600 + 1
        portal.runs.sweep()
        assert not is_open(session), "nobody had to come for it"
        assert portal.session("sid") is None
    finally:
        portal.close()


@pytest.mark.parametrize("leave", ["expiry", "sign-out"])
def test_connections_that_a_job_of_the_account_may_use_are_closed_once_it_has_ended(
    server: DemoServer, tmp_path: Path, leave: str
) -> None:
    now = [0.0]
    portal = Portal(settings_for(server, tmp_path / "data"), clock=lambda: now[0])
    try:
        account = portal.sign_in("sid", **credentials(server))
        session = portal.session("sid")
        assert session is not None
        journal, runner = portal.runs.journal, portal.runs.runner.id
        journal.create("job", owner=account.owner, kind="x", title="", origin="app", parameters={}, runner=runner)
        if leave == "expiry":
            now[0] += portal.settings.session_hours * 3600 + 1
        else:
            portal.sign_out("sid")
        assert portal.session("sid") is None
        portal.runs.sweep()
        assert is_open(session)
        journal.interrupt(runner)
        portal.runs.sweep()
        assert not is_open(session)
    finally:
        portal.close()


def test_no_file_of_the_data_directory_holds_the_token(here: Portal, server: DemoServer, tmp_path: Path) -> None:
    account = here.sign_in("sid", **credentials(server))
    session = here.session("sid")
    assert session is not None
    from gladly_tools.exports import EXPORTS
    from gladly_tools.exports.inputs import Parameters

    here.runs.run_here(account, session.client, EXPORTS["topics"], Parameters(), lambda _ticket: None)
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:
        assert server.api_token.encode() not in path.read_bytes(), path
