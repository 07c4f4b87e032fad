"""A list read for one action: what a run did not close is not opened again by its results."""

from __future__ import annotations

import pytest

from gladly_tools.bulk import CLOSE_CONVERSATIONS, REOPEN_CONVERSATIONS
from gladly_tools.bulk.action import Status, Target
from gladly_tools.bulk.lists import read_list
from gladly_tools.bulk.reopen import _previous

RESULTS = b"conversationId,status,error,previous inbox,previous agent\r\n" + b"".join(
    f"c{place},{status},,i1,a1\r\n".encode() for place, status in enumerate(Status)
)


def test_of_a_results_file_only_what_the_run_closed_is_opened_again() -> None:
    checked = read_list(REOPEN_CONVERSATIONS, RESULTS)
    assert [entry.id for entry in checked.entries if entry.to_do] == [f"c{list(Status).index(Status.CLOSED)}"]
    assert len(checked.set_aside) == len(Status) - 1
    assert all("did not close it" in entry.set_aside for entry in checked.set_aside)


def test_a_results_file_can_be_closed_again_whole() -> None:
    assert read_list(CLOSE_CONVERSATIONS, RESULTS).to_do == len(Status)


def test_a_list_of_somebody_elses_statuses_is_taken_as_it_is() -> None:
    assert read_list(REOPEN_CONVERSATIONS, b"conversationId,status\nc1,stale\nc2,\n").to_do == 2


@pytest.mark.parametrize(
    "cells",
    [{"previousinboxid": "i1", "previousagentid": "a1"}, {"previousinbox": "i1", "previousagent": "a1"}],
)
def test_the_previous_assignee_is_read_from_a_reopen_file_and_from_results(cells: dict[str, str]) -> None:
    assert _previous(Target(id="c1", cells=cells)) == ("i1", "a1")
