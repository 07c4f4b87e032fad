"""A conversation out of kept files: of several jobs in the order of time, each item once, no more than is held."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gladly_tools.errors import Cancelled
from gladly_tools.exports import whole_conversation
from gladly_tools.exports.search_questions import Where
from gladly_tools.exports.whole_conversation import Found, find_kept
from gladly_tools.kept_files import AccountFiles, KeptFiles


@pytest.fixture
def kept(tmp_path: Path) -> AccountFiles:
    return KeptFiles(tmp_path / "kept", hours=24).of("ann")


def item(item_id: str, hour: str, text: str = "") -> bytes:
    stamp = f"2026-03-01T{hour}:00:00.000Z" if hour else "some time"
    content = {"type": "SMS", "content": text}
    return json.dumps({"id": item_id, "conversationId": "conv-1", "timestamp": stamp, "content": content}).encode()


def keep(kept: AccountFiles, job_id: str, *lines: bytes) -> None:
    with kept.writing(job_id, "conversation_items") as take:
        take(b"\n".join(lines))


def find(kept: AccountFiles, *job_ids: str) -> Found | None:
    return find_kept(kept, Where(job_ids=job_ids), "conv-1", watch=lambda _share: None)


def test_several_jobs_give_each_item_once_in_the_order_of_time(kept: AccountFiles) -> None:
    keep(kept, "first", item("c", "12"), item("a", "10", "old"), b'{"id":"x","conversationId":"conv-10"}')
    keep(kept, "second", item("d", ""), item("a", "10", "new"), item("b", "11"))
    found = find(kept, "first", "gone", "second")
    assert found is not None
    assert [row["id"] for row in found.rows] == ["a", "b", "c", "d"]
    assert found.rows[0]["content.content"] == "new"
    assert (found.is_cut, found.not_kept) == (False, 1)


def test_without_any_kept_file_nothing_can_be_said(kept: AccountFiles) -> None:
    assert find(kept, "gone") is None
    keep(kept, "first", b'{"id":"x"}')
    assert find(kept, "first") == Found(rows=())


@pytest.mark.parametrize(("name", "most"), [("MOST_ITEMS", 3), ("MOST_BYTES", 400)])
def test_no_more_is_held_than_may_be(kept: AccountFiles, monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(whole_conversation, name, most)
    keep(kept, "first", *(item(str(number), "10") for number in range(9)))
    found = find(kept, "first")
    assert found is not None
    assert found.is_cut
    assert 0 < len(found.rows) <= 3


def test_who_no_longer_waits_ends_the_search(kept: AccountFiles) -> None:
    keep(kept, "first", item("a", "10"))

    def stop(_share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        find_kept(kept, Where(job_ids=("first",)), "conv-1", watch=stop)
