"""A run at work: what it tells of its progress, and what becomes of rows that somebody else holds."""

from __future__ import annotations

from typing import Any

import pytest

from gladly_tools.api import Patient
from gladly_tools.bulk import ACTIONS, CLOSE_CONVERSATIONS, Action, Choices, Outcome, Status
from gladly_tools.bulk.action import heading_key
from gladly_tools.bulk.id_file import check
from gladly_tools.bulk.locks import Locks
from gladly_tools.bulk.records import BulkRun
from gladly_tools.bulk.worker import Worker
from gladly_tools.errors import InputError
from tests.bulk.conftest import Shop, listed, open_conversations, usable_topic

Told = list[tuple[float, str, int]]


def begin(shop: Shop, ids: list[str], **other: Any) -> BulkRun:
    usual: dict[str, Any] = {"is_check": False, "choices": Choices(), "action": CLOSE_CONVERSATIONS.name}
    return shop.bulk.journal.create(
        "r1", owner="ann", username="ann", organization="acme", topic_name="", source="", file_name="",
        checked=check(listed("conversationId", ids), column="conversationId"), **(usual | other),
    )  # fmt: skip


def worker(shop: Shop, run: BulkRun, told: Told, locks: Locks | None = None) -> Worker:
    return Worker(
        run=run, action=CLOSE_CONVERSATIONS, journal=shop.bulk.journal, locks=locks or Locks(), client=shop.client,
        watch=Patient(), progress=lambda *said: told.append(said), settle_seconds=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(("is_check", "verb"), [(False, "done"), (True, "checked")])
def test_every_row_that_is_dealt_with_is_told_as_progress(shop: Shop, is_check: bool, verb: str) -> None:
    ids, told = open_conversations(shop.company, 4), Told()
    run = begin(shop, ids, is_check=is_check)
    shop.bulk.journal.settle(run, {0: Outcome(status=Status.CLOSED)})
    worker(shop, run, told).work()
    assert told == [(done / 4, f"{done} of 4 conversations {verb}", done) for done in (1, 2, 3, 4)]


def test_a_run_with_nothing_left_is_at_its_end(shop: Shop) -> None:
    told = Told()
    worker(shop, begin(shop, ["1.23E+15"]), told).work()
    assert told == [(1.0, "0 of 0 conversations done", 0)]


@pytest.mark.parametrize("kind", ["unknown", "disabled"])
def test_a_topic_is_checked_first_and_its_refusal_names_it(shop: Shop, kind: str) -> None:
    disabled = next(topic for topic in shop.company.topics if topic.disabled)
    topic_id = disabled.id if kind == "disabled" else "none-such"
    told = Told()
    with pytest.raises(InputError) as caught:
        worker(shop, begin(shop, ["a"], choices=Choices(topic_id=topic_id)), told).work()
    assert told == [(0.0, "checking the topic", 0)]
    assert (caught.value.what, caught.value.advice) == {
        "unknown": ("There is no topic none-such.", "Pick one from the list."),
        "disabled": (f"The topic {disabled.name} is disabled.", "Pick one that is in use."),
    }[kind]


def test_only_what_another_run_holds_is_skipped_and_a_check_holds_nothing(shop: Shop) -> None:
    ids, locks = open_conversations(shop.company, 3), Locks()
    locks.claim("acme", "conversation", ids[:1], run="other")
    run = begin(shop, ids, choices=Choices(topic_id=usable_topic(shop.company)))
    worker(shop, run, Told(), locks).work()
    assert [(row.status, row.error) for row in shop.bulk.journal.result_rows("r1")] == [
        (Status.SKIPPED, "Run other is working on this conversation."),
        (Status.CLOSED, ""),
        (Status.CLOSED, ""),
    ]
    assert locks.claim("acme", "conversation", ids, run="next") == {ids[0]: "other"}


def test_an_id_that_gladly_does_not_have_is_told_in_words(shop: Shop) -> None:
    worker(shop, begin(shop, ["none-such"]), Told()).work()
    (row,) = shop.bulk.journal.result_rows("r1")
    assert (row.status, row.error) == (Status.NOT_FOUND, "Gladly has no conversation with this ID.")


def test_the_statuses_are_the_words_that_results_files_already_hold() -> None:
    assert [status.value for status in Status] == [
        "closed", "already closed", "reopened", "already open", "skipped", "not found", "failed", "not attempted",
        "will close", "will reopen", "needs force: customer is waiting", "topic may be required",
    ]  # fmt: skip
    good = {Status.CLOSED, Status.ALREADY_CLOSED, Status.REOPENED, Status.ALREADY_OPEN}
    assert {status for status in Status if status.good} == good


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_an_action_is_what_its_name_says_and_is_taken_back_by_its_opposite(action: Action) -> None:
    verb, nouns = action.name.split("-")
    assert (action.verb, action.nouns) == (verb, nouns)
    assert action.title == f"{verb.capitalize()} {nouns.capitalize()}"
    assert action.column == f"{action.noun}Id"
    assert action.summary.startswith(("Close ", "Open "))
    assert action.summary.endswith(".")
    assert action.takes_back is (verb == "reopen")
    assert action.undo == ("" if verb == "reopen" else f"reopen-{nouns}")
    assert action.takes_topic is action.takes_force is (action is CLOSE_CONVERSATIONS)
    aim = Status.WILL_CLOSE if verb == "close" else Status.WILL_REOPEN
    assert action.would_change == (aim, Status.NEEDS_TOPIC, Status.NEEDS_FORCE)
    assert action.done is (Status.CLOSED if verb == "close" else Status.REOPENED)
    assert action.requests(Choices(topic_id="t")) - action.requests(Choices()) == action.takes_topic


def test_headings_are_compared_by_their_letters_and_digits() -> None:
    assert heading_key(" Previous_Agent-ID 2 ") == heading_key("previousAgentId2") == "previousagentid2"
