"""Filtered views that a download link may name. The link holds a key; what was filtered for never enters a URL."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict

from gladly_tools.results.query import Query

MOST_VIEWS = 2_000


class Views:
    """The latest views of all results, by key; the same view of the same result has the same key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Without it, whoever sees an address could try out what was filtered for until a key fits.
        self._secret = secrets.token_bytes(32)
        self._queries: OrderedDict[tuple[str, str], Query] = OrderedDict()
        self._latest: OrderedDict[tuple[str, str], Query] = OrderedDict()

    def put(self, job_id: str, query: Query) -> str:
        """Keep a view and return its key."""
        text = f"{job_id}\n{query.to_json()}".encode()
        key = hashlib.blake2b(text, key=self._secret, digest_size=12).hexdigest()
        with self._lock:
            self._queries[(job_id, key)] = query
            self._queries.move_to_end((job_id, key))
            while len(self._queries) > MOST_VIEWS:
                self._queries.popitem(last=False)
        return key

    def get(self, job_id: str, key: str) -> Query | None:
        """The view, or None when it is not known (any more)."""
        with self._lock:
            return self._queries.get((job_id, key))

    def remember(self, session_id: str, job_id: str, query: Query) -> None:
        """Keep a browser's latest view of a result, so that a page that is loaded again finds it."""
        with self._lock:
            self._latest[(session_id, job_id)] = query
            self._latest.move_to_end((session_id, job_id))
            while len(self._latest) > MOST_VIEWS:
                self._latest.popitem(last=False)

    def recall(self, session_id: str, job_id: str) -> Query:
        """A browser's latest view of a result; everything when there was none."""
        with self._lock:
            return self._latest.get((session_id, job_id), Query())
