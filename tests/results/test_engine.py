from __future__ import annotations

import gc
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gladly_tools.results.engine import THREADS, Engine, engine_for
from gladly_tools.results.query import Query, Sort
from gladly_tools.results.store import ResultStore
from tests.results.making import EVERY_KIND, table_of


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_stays(tmp_path: Path) -> None:
    left = tmp_path / ".spill-left"
    left.mkdir()
    (left / "temporary").write_bytes(b"x")
    first, second = Engine(tmp_path), Engine(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([first.spill, second.spill])


def test_same_folder_has_the_same_engine(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert engine_for(tmp_path) is engine_for(tmp_path / "sub" / "..")


def test_a_question_is_asked_in_utc_with_the_ends_of_files_remembered(tmp_path: Path) -> None:
    with Engine(tmp_path).cursor() as cursor:
        settings = cursor.execute("SELECT current_setting('TimeZone'), current_setting('parquet_metadata_cache')")
        assert settings.fetchone() == ("UTC", True)


def test_an_engine_is_shut_in_and_small(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    kept_in = {
        "threads": THREADS,
        "temp_directory": f"{engine.spill}/duckdb-1",
        "allowed_directories": [f"{tmp_path}/", f"{engine.spill}/duckdb-1/"],
        "enable_external_access": False,
        "lock_configuration": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "enable_external_file_cache": False,
    }
    with engine.cursor() as cursor:
        found = {
            name: (cursor.execute("SELECT current_setting($1)", [name]).fetchone() or (None,))[0] for name in kept_in
        }
        limit = cursor.execute("SELECT current_setting('memory_limit')").fetchone()
    assert found == kept_in
    assert limit == ("152.5 MiB",)  # 160 MB


def test_an_engine_takes_its_temporary_files_along(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    spill = engine.spill
    assert spill.exists()
    del engine
    gc.collect()
    assert not spill.exists()


def test_many_threads_may_ask_at_once(store: ResultStore) -> None:
    table = table_of(store, EVERY_KIND, [{"Id": str(number), "Count": str(number)} for number in range(200)])
    query = Query(search="1", sort=(Sort(column="Count", descending=True),))

    def ask(_: int) -> tuple[int, list[str]]:
        return table.count(query), table.page(query, ["Id"], limit=2)["Id"].tolist()

    with ThreadPoolExecutor(8) as pool:
        assert set(map(str, pool.map(ask, range(40)))) == {str((119, ["199", "198"]))}


def test_what_is_remembered_of_files_stays_small_however_many_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gladly_tools.results.engine.MOST_REMEMBERED", 200_000)
    engine = Engine(tmp_path)
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({f"c{number}": [number] for number in range(100)}), path)
    remembered = []
    with engine.cursor() as early:
        for number in range(200):
            copy = shutil.copy(path, tmp_path / f"{number}.parquet")
            with engine.cursor() as cursor:
                assert cursor.execute("SELECT c7 FROM read_parquet($1)", [str(copy)]).fetchall() == [(7,)]
            remembered.append(engine.remembered())
        # Somebody who began to ask before all was forgotten is answered.
        assert early.execute("SELECT c8 FROM read_parquet($1)", [str(path)]).fetchall() == [(8,)]
    each = max(after - before for before, after in pairwise(remembered))
    assert remembered[0] > 0
    assert (
        max(remembered)
        < 200_000 + 40 * each
        < sum(after - before for before, after in pairwise(remembered) if after > before)
    )
