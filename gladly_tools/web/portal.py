"""What one process of the portal shares: settings, runs, the vault, the demo company."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from gladly_tools.account import DEMO_INSTANCE, Account, confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.bulk_runs import BulkRuns
from gladly_tools.queries import Queries
from gladly_tools.runs import Runs
from gladly_tools.saved_views import SavedViews
from gladly_tools.settings import Settings
from gladly_tools.web.cookie import signing_key
from gladly_tools.web.tickets import Tickets
from gladly_tools.web.vault import Session, Vault
from gladly_tools.web.views import Views

if TYPE_CHECKING:
    from gladly_tools.demo import DemoServer


class Portal:
    """One process of the portal."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.runs = Runs(settings)
        self.bulk = BulkRuns(self.runs)
        self.vault = Vault(hours=settings.session_hours, most=settings.sessions, retire=self._retire, clock=clock)
        self.tickets = Tickets()
        self.queries = Queries(self.runs)
        self.views = Views()
        self.saved = SavedViews(settings.data_dir / "views.sqlite")
        self._ended: list[Session] = []
        self._ending = threading.Lock()
        self.runs.also_sweep(self._forget_links)
        self.runs.also_sweep(self._forget_sessions)
        self.cookie_key = signing_key(settings.data_dir)
        self._demos: dict[date, DemoServer] = {}
        self._lock = threading.Lock()

    def sign_in(self, session_id: str, *, url: str, username: str, api_token: str) -> Account:
        """Sign in to Gladly. Raises InputError with the field's name, SignInError or TryLaterError."""
        credentials = read_credentials(url, username, api_token, self.settings)
        return self._enter(session_id, Client(credentials, self.settings), instance=credentials.instance.name)

    def sign_in_to_demo(self, session_id: str) -> Account:
        """Sign in to the embedded demo company, which opens its doors at the first visit."""
        with self._lock:
            demo = self._demo_of_today()
        settings = replace(self.settings, allowed_hosts=(demo.url.removeprefix("http://"),))
        credentials = read_credentials(demo.url, demo.username, demo.api_token, settings)
        return self._enter(session_id, Client(credentials, settings), instance=DEMO_INSTANCE)

    def session(self, session_id: str | None) -> Session | None:
        """Who is signed in under a session id."""
        return None if session_id is None else self.vault.get(session_id)

    def sign_out(self, session_id: str) -> None:
        """Forget the session and, with it, the token."""
        session = self.vault.drop(session_id)
        if session is not None:
            self._retire(session)

    def close(self) -> None:
        """Interrupt the jobs, stop the queries and close the demo company."""
        self.queries.close()
        self.runs.close()
        self.bulk.close()
        for demo in self._demos.values():
            demo.stop()

    def _forget_links(self) -> None:
        self.saved.forget_links(lambda job_id: not self.runs.has(job_id))

    def _enter(self, session_id: str, client: Client, *, instance: str) -> Account:
        try:
            account = confirm(client, instance=instance)
            before = self.vault.put(session_id, Session(account=account, client=client))
        except BaseException:
            client.close()
            raise
        if before is not None:
            self._retire(before)
        self.runs.resume_interrupted(account, client)
        return account

    def _forget_sessions(self) -> None:
        self.vault.drop_old()
        self._close_ended()

    def _retire(self, session: Session) -> None:
        """Close the connections of a session that ended; those that jobs of its account may still need, later."""
        with self._ending:
            self._ended.append(session)
        self._close_ended()

    def _close_ended(self) -> None:
        with self._ending:
            needed = [session for session in self._ended if self.runs.has_active(session.account)]
            for session in self._ended:
                if session not in needed:
                    session.client.close()
            self._ended = needed

    def _demo_of_today(self) -> DemoServer:
        """The demo company as of today; an older one stays open for the jobs that still talk to it."""
        from gladly_tools.demo import Company, DemoServer

        today = datetime.now(UTC).date()
        if today not in self._demos:
            demo = DemoServer(Company.make())
            demo.start()
            self._demos[today] = demo
        return self._demos[today]


_portal: Portal | None = None
_opening = threading.Lock()


def open_portal(settings: Settings) -> Portal:
    """Open this process's portal; once only."""
    global _portal
    with _opening:
        if _portal is None:
            _portal = Portal(settings)
        return _portal


def portal() -> Portal:
    """This process's portal."""
    return _portal or open_portal(Settings.from_environment())


def close_portal() -> None:
    """Close this process's portal."""
    global _portal
    with _opening:
        if _portal is not None:
            _portal.close()
            _portal = None
