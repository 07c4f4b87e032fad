"""Look-ups are remembered for a while, and only for the account that made them."""

from __future__ import annotations

from pathlib import Path

from gladly_tools.memory import Remembered


def test_a_look_up_is_remembered_for_its_account_until_it_is_too_old(tmp_path: Path) -> None:
    now = [1000.0]
    remembered = Remembered(tmp_path / "lookups.sqlite", hours=1, now=lambda: now[0])
    ann, bob = remembered.of("ann"), remembered.of("bob")
    ann.put("customer", "c1", {"Name": "É"})
    ann.put("customer", "gone", {})
    assert ann.get("customer", "c1") == {"Name": "É"}
    assert ann.get("customer", "gone") == {}, "known to be gone is not the same as unknown"
    assert bob.get("customer", "c1") is None
    assert ann.get("agent", "c1") is None
    now[0] += 3599
    assert ann.get("customer", "c1") is not None
    now[0] += 2
    assert ann.get("customer", "c1") is None
    assert remembered.forget_old() == 2
    remembered.close()
