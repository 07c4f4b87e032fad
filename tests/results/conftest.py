"""One store for the tests of this folder; every test makes its own results in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gladly_tools.results.store import ResultStore


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    folder: Path = tmp_path_factory.mktemp("results")
    return ResultStore(folder)
