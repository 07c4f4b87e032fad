"""Views that people keep: whose they are, what is refused, and what a damaged file or a second writer does."""

from __future__ import annotations

import itertools
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gladly_tools import saved_views
from gladly_tools.errors import InputError, NotFoundError, TryLaterError
from gladly_tools.results.query import Condition, Operator, Query, Sort
from gladly_tools.saved_views import NameTaken, SavedViews, View

ANN, BOB = "ann at org on acme", "bob at org on acme"
SECRET = "ann@example.com"
VIEW = View(
    query=Query(
        conditions=(Condition(column="Contact", operator=Operator.EQUALS, values=(SECRET,)),),
        search="refund",
        sort=(Sort(column="Created At", descending=True),),
    ),
    columns=("Created At", "Contact"),
)
OTHER = View(query=Query(search="other"))
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> SavedViews:
    return SavedViews(tmp_path / "views.sqlite", now=lambda: NOW)


def names(kept: SavedViews, owner: str = ANN, shelf: str = "inboxes") -> list[str]:
    return [saved.name for saved in kept.list(owner, shelf)]


def test_a_view_is_kept_under_its_name_for_the_next_process(kept: SavedViews, tmp_path: Path) -> None:
    kept.save(ANN, "inboxes", "  Open \n for a week ", VIEW)
    (saved,) = SavedViews(tmp_path / "views.sqlite").list(ANN, "inboxes")
    assert (saved.name, saved.view, saved.changed_at) == ("Open for a week", VIEW, NOW)


def test_views_are_listed_by_name_and_only_those_of_the_shelf(kept: SavedViews) -> None:
    for name in ("b", "C", "a"):
        kept.save(ANN, "inboxes", name, VIEW)
    kept.save(ANN, "topics", "b", OTHER)
    assert names(kept) == ["a", "b", "C"]
    assert names(kept, shelf="topics") == ["b"]


def test_another_account_can_neither_see_nor_touch_a_view(kept: SavedViews) -> None:
    view_id = kept.save(ANN, "inboxes", "mine", VIEW)
    assert names(kept, BOB) == []
    for touch in (
        lambda: kept.delete(BOB, view_id),
        lambda: kept.rename(BOB, view_id, "theirs"),
        lambda: kept.replace(BOB, view_id, OTHER),
    ):
        with pytest.raises(NotFoundError):
            touch()
    assert [saved.view for saved in kept.list(ANN, "inboxes")] == [VIEW]
    kept.save(BOB, "inboxes", "mine", OTHER)


@pytest.mark.parametrize("name", ["", "  \n", "x" * 61])
def test_a_name_that_is_none_is_refused_at_its_field(kept: SavedViews, name: str) -> None:
    view_id = kept.save(ANN, "inboxes", "x" * 60, VIEW)
    for ask in (lambda: kept.save(ANN, "inboxes", name, VIEW), lambda: kept.rename(ANN, view_id, name)):
        with pytest.raises(InputError) as refused:
            ask()
        assert refused.value.field == "name"


def test_a_name_is_never_taken_from_another_view_unasked(kept: SavedViews) -> None:
    first = kept.save(ANN, "inboxes", "Straße", VIEW)
    second = kept.save(ANN, "inboxes", "second", OTHER)
    with pytest.raises(NameTaken):
        kept.save(ANN, "inboxes", "STRASSE", OTHER)
    with pytest.raises(NameTaken):
        kept.rename(ANN, second, "strasse")
    kept.rename(ANN, first, "STRASSE")
    assert [(saved.name, saved.view) for saved in kept.list(ANN, "inboxes")] == [("second", OTHER), ("STRASSE", VIEW)]


def test_a_view_is_replaced_renamed_and_deleted(kept: SavedViews) -> None:
    view_id = kept.save(ANN, "inboxes", "a", VIEW)
    kept.replace(ANN, view_id, OTHER)
    kept.rename(ANN, view_id, "b")
    assert [(saved.name, saved.view) for saved in kept.list(ANN, "inboxes")] == [("b", OTHER)]
    kept.delete(ANN, view_id)
    assert names(kept) == []
    with pytest.raises(NotFoundError):
        kept.delete(ANN, view_id)


def test_views_are_bounded_in_number_and_size(kept: SavedViews, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    for name in ("a", "b"):
        kept.save(ANN, "inboxes", name, VIEW)
    with pytest.raises(InputError, match="2 saved views already"):
        kept.save(ANN, "inboxes", "c", VIEW)
    huge = View(query=Query(search="x" * saved_views.LONGEST_VIEW))
    with pytest.raises(InputError, match="too long"):
        kept.save(BOB, "inboxes", "huge", huge)
    with pytest.raises(InputError, match="too long"):
        kept.share(BOB, "job", "job", huge)


def test_the_file_is_readable_for_its_owner_alone(kept: SavedViews, tmp_path: Path) -> None:
    kept.save(ANN, "inboxes", "a", VIEW)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("views.*")} == {0o600}


def test_what_was_filtered_for_is_gone_from_the_file_with_the_view(kept: SavedViews, tmp_path: Path) -> None:
    view_id = kept.save(ANN, "inboxes", "a", VIEW)
    assert SECRET.encode() in (tmp_path / "views.sqlite").read_bytes()
    kept.delete(ANN, view_id)
    assert SECRET.encode() not in (tmp_path / "views.sqlite").read_bytes()


def test_threads_that_save_at_once_lose_nothing(kept: SavedViews) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: kept.save(ANN, "inboxes", f"view {number:02}", VIEW), range(40)))
    assert names(kept) == [f"view {number:02}" for number in range(40)]


def test_of_threads_that_take_one_name_at_once_one_gets_it(kept: SavedViews) -> None:
    def take(number: int) -> bool:
        try:
            kept.save(ANN, "inboxes", "one", View(query=Query(search=str(number))))
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(take, range(16))).count(True) == 1


WRITER = """
import sys
from pathlib import Path
from gladly_tools.results.query import Query
from gladly_tools.saved_views import SavedViews, View
for number in range(15):
    SavedViews(Path(sys.argv[1])).save("ann", "inboxes", f"{sys.argv[2]} {number}", View(query=Query()))
"""


def test_processes_that_save_at_once_lose_nothing(kept: SavedViews, tmp_path: Path) -> None:
    path = str(tmp_path / "views.sqlite")
    running = [subprocess.Popen([sys.executable, "-c", WRITER, path, name]) for name in ("a", "b", "c")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(names(kept, "ann")) == 45


@pytest.mark.parametrize("text", [b"", b"not a database at all, but long enough to have been one" * 100, None])
def test_a_damaged_file_is_set_aside_and_named(kept: SavedViews, tmp_path: Path, text: bytes | None) -> None:
    path = tmp_path / "views.sqlite"
    for number in range(50):
        kept.save(ANN, "inboxes", f"view {number}", VIEW)
    assert kept.damaged is None
    if text is None:  # every page but the first is overwritten
        whole = path.read_bytes()
        text = whole[:4096] + b"\xff" * (len(whole) - 4096)
    path.write_bytes(text)
    with suppress(TryLaterError):  # where the damage shows late, what was begun fails, once
        kept.save(ANN, "inboxes", "after", OTHER)
    if not names(kept):
        kept.save(ANN, "inboxes", "after", OTHER)
    assert names(kept) == ["after"]
    assert [saved.view for saved in kept.list(ANN, "inboxes")] == [OTHER]
    if text:
        assert kept.damaged == "views.damaged-20261123-100000.sqlite"
        assert (tmp_path / "views.damaged-20261123-100000.sqlite").read_bytes() == text


def test_a_file_that_is_in_use_for_too_long_is_told_in_words(
    kept: SavedViews, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.save(ANN, "inboxes", "a", VIEW)
    monkeypatch.setattr(saved_views, "PATIENCE_SECONDS", 0.01)
    busy = sqlite3.connect(tmp_path / "views.sqlite", isolation_level=None)
    busy.execute("begin exclusive")
    with pytest.raises(TryLaterError, match="at the moment"):
        kept.list(ANN, "inboxes")
    busy.close()
    assert names(kept) == ["a"]
    assert kept.damaged is None


@pytest.mark.parametrize("columns", ["query", "columns"])
def test_a_view_that_cannot_be_read_keeps_its_name_so_that_it_can_be_deleted(
    kept: SavedViews, tmp_path: Path, columns: str
) -> None:
    view_id = kept.save(ANN, "inboxes", "a", VIEW)
    connection = sqlite3.connect(tmp_path / "views.sqlite")
    connection.execute(f"update views set {columns} = 'no JSON'")
    connection.commit()
    connection.close()
    assert [(saved.name, saved.view) for saved in kept.list(ANN, "inboxes")] == [("a", None)]
    kept.delete(ANN, view_id)


def test_a_link_leads_its_account_to_the_view_also_in_the_next_process(kept: SavedViews, tmp_path: Path) -> None:
    key = kept.share(ANN, "job-1", "job-1:agents", VIEW)
    again = SavedViews(tmp_path / "views.sqlite")
    found = again.shared(ANN, key)
    assert (found.job, found.place, found.view) == ("job-1", "job-1:agents", VIEW)
    assert again.share(ANN, "job-1", "job-1:agents", VIEW) == key
    assert again.share(ANN, "job-1", "job-1:agents", OTHER) != key
    assert SECRET not in key


def test_absent_and_foreign_links_are_told_in_the_same_words(kept: SavedViews) -> None:
    key = kept.share(ANN, "job-1", "job-1", VIEW)
    told = set()
    for owner, asked in ((BOB, key), (ANN, "nope"), (ANN, "")):
        with pytest.raises(NotFoundError) as refused:
            kept.shared(owner, asked)
        told.add(str(refused.value))
    assert len(told) == 1


def test_links_live_as_long_as_their_result(kept: SavedViews) -> None:
    view_id = kept.save(ANN, "inboxes", "a", VIEW)
    old, new = kept.share(ANN, "old", "old", VIEW), kept.share(ANN, "new", "new", VIEW)
    assert kept.forget_links(lambda job: job == "old") == 1
    assert kept.forget_links(lambda job: job == "old") == 0
    assert kept.shared(ANN, new).job == "new"
    with pytest.raises(NotFoundError):
        kept.shared(ANN, old)
    kept.replace(ANN, view_id, OTHER)


def test_the_oldest_links_are_forgotten_when_there_are_too_many(
    kept: SavedViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST_LINKS", 3)
    bobs = kept.share(BOB, "job", "job", VIEW)
    keys = [kept.share(ANN, "job", "job", View(query=Query(search=str(number)))) for number in range(5)]
    found = []
    for owner, key in zip(itertools.chain([BOB], itertools.repeat(ANN)), [bobs, *keys], strict=False):
        try:
            found.append(kept.shared(owner, key).view.query.search)
        except NotFoundError:
            found.append("gone")
    assert found == ["refund", "gone", "gone", "2", "3", "4"]
