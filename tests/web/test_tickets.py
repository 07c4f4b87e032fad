"""Tickets from the session id of before the sign-in to the one of after."""

from __future__ import annotations

import pytest

from gladly_tools.web import tickets as module
from gladly_tools.web.tickets import Tickets


def test_a_ticket_leads_to_the_new_id_once() -> None:
    tickets = Tickets()
    ticket = tickets.issue("before", "after")
    assert tickets.redeem("before", ticket) == "after"
    assert tickets.redeem("before", ticket) is None


@pytest.mark.parametrize("before", ["somebody else", "", "after", "befor\u00e9"])
def test_another_browser_gets_nothing_and_spoils_the_ticket(before: str) -> None:
    tickets = Tickets()
    ticket = tickets.issue("before", "after")
    assert tickets.redeem(before, ticket) is None
    assert tickets.redeem("before", ticket) is None


@pytest.mark.parametrize("ticket", ["", "made-up", "\u00e9"])
def test_an_unknown_ticket_leads_nowhere(ticket: str) -> None:
    tickets = Tickets()
    tickets.issue("before", "after")
    assert tickets.redeem("before", ticket) is None
    assert tickets.redeem("", ticket) is None


def test_a_ticket_is_good_for_a_minute() -> None:
    now = [0.0]
    tickets = Tickets(clock=lambda: now[0])
    late, just = tickets.issue("a", "b"), tickets.issue("c", "d")
    now[0] = module.SECONDS - 1
    assert tickets.redeem("c", just) == "d"
    now[0] = module.SECONDS
    assert tickets.redeem("a", late) is None


def test_tickets_that_nobody_redeems_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    tickets = Tickets()
    first, *others = [tickets.issue("before", f"after {number}") for number in range(3)]
    assert tickets.redeem("before", first) is None
    assert [tickets.redeem("before", ticket) for ticket in others] == ["after 1", "after 2"]
