"""Kept files: whole or not at all, fetched by one at a time, nothing locked by who is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest

from gladly_tools import kept_files
from gladly_tools.errors import Cancelled, GladlyToolsError
from gladly_tools.kept_files import AccountFiles, KeptFiles
from gladly_tools.search import chunks_of

JOB, FILE = "job1", "conversation_items"


@pytest.fixture
def files(tmp_path: Path) -> AccountFiles:
    return KeptFiles(tmp_path / "kept", hours=24).of("ann")


def keep(files: AccountFiles, content: bytes, *, name: str = FILE) -> None:
    with files.writing(JOB, name) as take:
        take(content)


def content(files: AccountFiles) -> bytes | None:
    path = files.path(JOB, FILE)
    return None if path is None else b"".join(chunks_of(path))


def never() -> None:
    raise AssertionError("nobody else has the turn")


def test_an_empty_file_is_kept_as_one(files: AccountFiles) -> None:
    with files.writing(JOB, FILE):
        pass
    assert content(files) == b""
    keep(files, b"", name="topics")
    assert files.path(JOB, "topics") is not None


def test_a_file_that_lost_its_bytes_with_the_power_is_not_taken_for_an_empty_one(files: AccountFiles) -> None:
    keep(files, b"{}\n")
    path = files.path(JOB, FILE)
    assert path is not None
    path.write_bytes(b"")
    assert content(files) is None
    keep(files, b"{}\n")
    assert content(files) == b"{}\n"


def test_two_who_write_the_same_file_at_once_leave_one_whole_file(files: AccountFiles) -> None:
    together = Barrier(2)

    def write(letter: bytes) -> None:
        with files.writing(JOB, FILE) as take:
            for _ in range(50):
                together.wait(10)
                take(letter * 1000)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (b"a", b"b")))
    assert content(files) in (b"a" * 50_000, b"b" * 50_000)
    assert [path.name for path in _all_files(files) if path.suffix == ".tmp"] == []


def test_a_set_that_is_deleted_while_it_is_written_is_not_kept_and_is_no_fault(files: AccountFiles) -> None:
    with files.writing(JOB, FILE) as take:
        take(b"first")
        files.delete(JOB)
        take(b"second")
    assert files.path(JOB, FILE) is None
    keep(files, b"again")
    assert content(files) == b"again"


def test_a_full_disk_is_told_before_a_file_is_begun(files: AccountFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "LEAST_FREE_BYTES", 2**80)
    with pytest.raises(GladlyToolsError, match="MB are free"):
        keep(files, b"x")
    assert files.sizes() == {}


def test_a_file_that_is_used_lives_longer(tmp_path: Path) -> None:
    now = [1_000_000_000.0]
    kept = KeptFiles(tmp_path / "kept", hours=24, now=lambda: now[0])
    files = kept.of("ann")
    keep(files, b"x")
    path = files.path(JOB, FILE)
    assert path is not None
    os.utime(path.parent, (now[0], now[0]))
    now[0] += 25 * 3600
    os.utime(path.parent, (now[0] - 3600, now[0] - 3600))  # as asking for it does, an hour ago
    assert kept.forget_old() == 0
    now[0] += 25 * 3600
    assert kept.forget_old() == 1
    assert files.path(JOB, FILE) is None


def test_the_second_waits_for_the_first_and_finds_its_file(files: AccountFiles) -> None:
    waited: list[int] = []
    began, may_end = Event(), Event()

    def first() -> None:
        with files.turn(JOB, FILE, wait=never):
            began.set()
            assert may_end.wait(10)
            keep(files, b"fetched once")

    def wait() -> None:
        waited.append(1)
        may_end.set()
        before.result(10)

    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(first)
        assert began.wait(10)
        with files.turn(JOB, FILE, wait=wait):
            assert content(files) == b"fetched once"
    assert waited == [1]


@pytest.mark.parametrize("error", [Cancelled(), GladlyToolsError("lost"), OSError("disk")])
def test_the_second_takes_over_where_the_first_fails_or_is_stopped(files: AccountFiles, error: Exception) -> None:
    def fetch_half() -> None:
        with files.turn(JOB, FILE, wait=never), files.writing(JOB, FILE) as take:
            take(b"half")
            raise error

    with pytest.raises(type(error)):
        fetch_half()
    with files.turn(JOB, FILE, wait=never):
        assert content(files) is None
        keep(files, b"whole")
    assert content(files) == b"whole"


def test_who_waits_can_be_stopped(files: AccountFiles) -> None:
    def stop() -> None:
        raise Cancelled

    with files.turn(JOB, FILE, wait=never):
        with pytest.raises(Cancelled), files.turn(JOB, FILE, wait=stop):
            pass
        with files.turn(JOB, "topics", wait=never), files.turn("job2", FILE, wait=never):
            pass  # other files are fetched meanwhile


def test_a_turn_that_is_given_up_in_another_thread_is_given_up(files: AccountFiles) -> None:
    turn = files.turn(JOB, FILE, wait=never)
    turn.__enter__()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(turn.__exit__, None, None, None).result(10)
    with files.turn(JOB, FILE, wait=never):
        pass


def test_two_accounts_fetch_the_same_file_without_a_word_of_each_other(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", hours=24)
    with kept.of("ann").turn(JOB, FILE, wait=never), kept.of("bob").turn(JOB, FILE, wait=never):
        keep(kept.of("ann"), b"x")
        assert kept.of("bob").path(JOB, FILE) is None


def test_deleting_a_set_that_is_being_fetched_locks_nobody_out(files: AccountFiles) -> None:
    with files.turn(JOB, FILE, wait=never):
        files.delete(JOB)
        with files.turn(JOB, FILE, wait=never):
            keep(files, b"x")
    assert content(files) == b"x"
    assert list(files.sizes()) == [JOB]


def test_a_process_that_is_killed_while_it_fetches_leaves_nothing_locked_and_nothing_behind(
    tmp_path: Path, files: AccountFiles
) -> None:
    fetching = textwrap.dedent(
        f"""
        from pathlib import Path
        from gladly_tools.kept_files import KeptFiles

        files = KeptFiles(Path({str(tmp_path / "kept")!r}), hours=24).of("ann")
        with files.turn({JOB!r}, {FILE!r}, wait=lambda: None), files.writing({JOB!r}, {FILE!r}) as take:
            take(bytes(5_000_000))
            print("half", flush=True)
            input()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", fetching], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"

    def busy() -> None:
        raise BlockingIOError

    with pytest.raises(BlockingIOError), files.turn(JOB, FILE, wait=busy):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [path.suffix for path in _all_files(files) if path.suffix == ".tmp"]
    with files.turn(JOB, FILE, wait=never):
        assert not [path for path in _all_files(files) if path.suffix == ".tmp"]
        assert content(files) is None
        keep(files, b"whole")
    assert content(files) == b"whole"


def _all_files(files: AccountFiles) -> list[Path]:
    return [path for path in files._folder.rglob("*") if path.is_file()]
