"""An export that is killed at any step on the disk resumes to the same rows, or was never begun."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import dump_parameters
from gladly_tools.jobs import State
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import settings_for
from tests.exports.test_every_export import every_row_of, wait_for
from tests.faults.conftest import small_parameters
from tests.faults.mortal import Mortal


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    running = Mortal()
    yield running
    running.close()


@pytest.mark.parametrize("kills", [1, pytest.param(25, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_killed_at_any_step_resumes_to_the_same_rows(
    name: str,
    kills: int,
    mortal: Mortal,
    server: DemoServer,
    tmp_path: Path,
    open_runs: Callable[[Settings], Runs],
    client: Client,
    account: Account,
    company: Company,
) -> None:
    parameters = small_parameters(name, company)
    order = {
        "name": name,
        "parameters": dump_parameters(parameters),
        "url": server.url,
        "username": server.username,
        "token": server.api_token,
        "instance": account.instance,
    }
    calm = open_runs(settings_for(server, tmp_path / "calm"))
    steps = mortal.run(**order, folder=str(tmp_path / "calm"), at=0)
    (whole,) = calm.jobs(account)
    assert whole.state is State.DONE
    expected = every_row_of(calm, account, whole)
    assert steps > 3

    for at in random.Random(name).sample(range(1, steps + 1), min(kills, steps)):
        settings = settings_for(server, tmp_path / f"killed {at}")
        assert mortal.run(**order, folder=str(settings.data_dir), at=at) == 0
        again = open_runs(settings)
        (job,) = again.jobs(account)
        # The last steps only tidy up behind a result that is whole.
        assert job.state in (State.INTERRUPTED, State.DONE), f"killed at step {at} of {steps}"
        if job.state is State.INTERRUPTED:
            again.resume(account, client, job.id)
        assert wait_for(again, account, job.id).state is State.DONE
        assert every_row_of(again, account, job) == expected
