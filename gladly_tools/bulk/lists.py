"""A list of IDs as the input of one action."""

from __future__ import annotations

from dataclasses import replace

from gladly_tools.bulk.action import Action, Status
from gladly_tools.bulk.id_file import Checked, check

_OUTCOMES = frozenset(Status)


def read_list(action: Action, data: bytes) -> Checked:
    """The list for the action. Raises InputError with `field="file"`.

    To be taken back are only the rows that a run has closed: of its Results CSV the others are set aside.
    """
    checked = check(data, column=action.column)
    if not action.takes_back:
        return checked
    entries = []
    for entry in checked.entries:
        status = checked.value(entry, "status")
        not_ours = status in _OUTCOMES and status != Status.CLOSED
        entries.append(replace(entry, set_aside=f"that run did not close it: {status}") if not_ours else entry)
    return replace(checked, entries=tuple(entries))
