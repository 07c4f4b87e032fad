"""The uploaded list of an action as it was read, and the order that it makes together with what was chosen."""

from __future__ import annotations

import streamlit as st

from gladly_tools.bulk import Action, Choices
from gladly_tools.bulk.id_file import Checked
from gladly_tools.bulk.lists import read_list
from gladly_tools.bulk.uploads import Upload
from gladly_tools.bulk_runs import Order
from gladly_tools.errors import InputError
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session


def checked_list(upload: Upload, action: Action) -> Checked | InputError:
    """The list as it was read; kept for the browser session, since reading a long one takes a moment."""
    key = f"bulk:checked:{action.name}"
    kept = st.session_state.get(key)
    if kept is not None and kept[0] == upload.key:
        return kept[1]  # type: ignore[no-any-return]
    found: Checked | InputError
    with st.spinner("Checking the file…"):
        try:
            found = read_list(action, upload.data)
        except InputError as error:
            found = error
    st.session_state[key] = (upload.key, found)
    return found


def current_order(session: Session, action: Action, key: str, choices: Choices, topic_name: str) -> Order:
    """The order that the form stands for. Raises InputError when its list was changed since, in another tab."""
    upload = portal().bulk.uploads.get(session.account.owner, action.name)
    if upload is None or upload.key != key:
        raise InputError("The list was changed in another tab.", "Look at it again, then start.", field="file")
    checked = checked_list(upload, action)
    if isinstance(checked, InputError):
        raise checked
    return Order(
        action=action,
        checked=checked,
        choices=choices,
        file_name=upload.name,
        topic_name=topic_name,
        source=upload.source,
    )
