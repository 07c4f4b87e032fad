"""The form of a bulk action: a list of IDs, what was set aside of it, the topic, and the two ways to begin."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from gladly_tools.api import Impatient
from gladly_tools.bulk import Action, Choices
from gladly_tools.bulk.id_file import LARGEST_FILE, Checked, template
from gladly_tools.bulk.uploads import Upload
from gladly_tools.bulk_runs import Order
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports.topics import topic_path
from gladly_tools.ui.bulk_confirm import ask_to_confirm
from gladly_tools.ui.bulk_list import checked_list
from gladly_tools.ui.words import counted, duration, plain, size
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

NAMES_SECONDS = 10.0
MOST_SET_ASIDE = 500


def bulk_form(session: Session, action: Action) -> None:
    """Everything of the form."""
    st.markdown(action.summary)
    problem: InputError | None = st.session_state.pop(f"bulk:problem:{action.name}", None)
    upload = portal().bulk.uploads.get(session.account.owner, action.name)
    if upload is None:
        _uploader(session, action, problem)
        return
    checked = checked_list(upload, action)
    if isinstance(checked, InputError):
        st.error(f"**{plain(checked.what)}** {plain(checked.advice)}", icon=":material/error:")
        _remove(session, action, upload)
        return
    _summary(session, action, upload, checked)
    if not checked.to_do:
        st.error("**No ID in this file can be used.** See what was set aside, and why.", icon=":material/error:")
        return
    choices, topic_name = _choices(session, action)
    if choices is None:
        return
    if problem is not None:
        st.error(f"**{plain(problem.what)}** {plain(problem.advice)}", icon=":material/error:")
    _begin(session, action, upload, checked, choices, topic_name)


def topic_names(session: Session) -> Mapping[str, str]:
    """The topics that can be applied, by ID, with their whole names; asked for once in a browser session."""
    names, until = st.session_state.get("topic_names", ({}, 0.0))
    if time.monotonic() < until:
        return names  # type: ignore[no-any-return]
    try:
        with st.spinner("Reading the topics…"):
            topics = session.client.watched_by(Impatient(NAMES_SECONDS)).topics.list()
    except GladlyToolsError as error:
        st.caption(f"The topics could not be read: {plain(error)}")
        st.session_state["topic_names"] = ({}, time.monotonic() + 60)
        return {}
    by_id = {topic.id: topic for topic in topics}
    joined = {topic.id: " › ".join(topic_path(topic, by_id)[0]) for topic in topics if not topic.disabled}  # noqa: RUF001
    names = dict(sorted(joined.items(), key=lambda item: item[1].lower()))
    # A few minutes, since topics are made and disabled meanwhile; the run itself asks again.
    st.session_state["topic_names"] = (names, time.monotonic() + 300)
    return names


def _uploader(session: Session, action: Action, problem: InputError | None) -> None:
    if problem is not None:
        st.error(f"**{plain(problem.what)}** {plain(problem.advice)}", icon=":material/error:")
    file = st.file_uploader(
        f"CSV or XLSX with a column {action.column}",
        type=["csv", "txt", "tsv", "xlsx"],
        max_upload_size=LARGEST_FILE // 1024**2,
        help="One ID a line. Other columns are kept and come back in the results. "
        "The file is checked here first; nothing is sent by uploading it.",
        key=f"bulk:file:{action.name}",
    )
    st.download_button(
        "Sample template",
        template(action.column),
        file_name=f"{action.name}-template.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=f"bulk:template:{action.name}",
    )
    if action.verb == "reopen":
        st.caption(":material/info: A run that closed something offers its reopen file, which says who had each.")
    if file is not None:
        try:
            portal().bulk.uploads.put(session.account.owner, action.name, name=file.name, data=file.getvalue())
        except InputError as error:
            st.session_state[f"bulk:problem:{action.name}"] = error
        st.rerun()


def _summary(session: Session, action: Action, upload: Upload, checked: Checked) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f":material/checklist: **{counted(checked.to_do, action.noun)} to {action.verb}**")
            _remove(session, action, upload)
        facts = [upload.name, checked.read_as, size(len(upload.data))]
        notes = list(checked.remarks)
        if checked.repeated:
            notes.append(f"{counted(len(checked.repeated), 'line repeats', 'lines repeat')} an ID, which is done once")
        if checked.blank_lines:
            notes.append(f"{counted(checked.blank_lines, 'blank line')} left out")
        st.caption("  \n".join(plain(line) for line in (" · ".join(facts), " · ".join(notes)) if line))
    if checked.set_aside or checked.repeated:
        _set_aside(checked)


def _set_aside(checked: Checked) -> None:
    lines = [(entry.line, entry.set_aside, entry.id) for entry in checked.set_aside]
    repeated = [(entry.line, f"same ID as line {entry.repeats}", entry.id) for entry in checked.repeated]
    parts = [f"{counted(len(lines), 'line')} set aside"] if lines else []
    if repeated:
        parts.append(counted(len(repeated), "line repeats an ID", "lines repeat an ID"))
    title = ", ".join(parts)
    with st.expander(title, icon=":material/rule:", expanded=bool(lines)):
        shown = sorted(lines + repeated)[:MOST_SET_ASIDE]
        st.dataframe(
            pd.DataFrame(shown, columns=["Line", "Why", "ID"]),
            hide_index=True,
            height=min(38 + 35 * len(shown), 250),
            column_config={"Line": st.column_config.NumberColumn(width="small")},
            alt="Lines of the file that are not done, and why",
        )
        more = len(lines) + len(repeated) - len(shown)
        st.caption("Lines set aside come back in the results as skipped." + (f" {more:,} more." if more else ""))


def _remove(session: Session, action: Action, upload: Upload) -> None:
    if st.button("Remove", icon=":material/close:", type="tertiary", key=f"bulk:remove:{action.name}"):
        portal().bulk.uploads.drop(session.account.owner, action.name)
        st.session_state.pop(f"bulk:checked:{action.name}", None)
        st.rerun()


def _choices(session: Session, action: Action) -> tuple[Choices | None, str]:
    """What was chosen and the topic's name; None while there is a topic that cannot be applied."""
    topic_id, topic_name = None, ""
    if action.takes_topic:
        names = topic_names(session)
        topic_id = st.selectbox(
            "Topic to add before closing, if any",
            list(names),
            index=None,
            format_func=lambda topic_id: names.get(topic_id, topic_id),
            accept_new_options=True,
            placeholder="No topic; pick one, or paste a topic ID",
            help="Added to each conversation that does not have it yet; closed ones are left as they are. "
            "A disabled or unknown topic stops the run before the first row.",
            key=f"bulk:topic:{action.name}",
            persist_state="session",
        )
        topic_id = _read_topic(topic_id or "", names)
        topic_name = names.get(topic_id or "", "")
        if topic_id and names and topic_id not in names:
            st.error("**No topic in use has this ID.** Pick one from the list, or clear it.", icon=":material/label:")
            if st.button("Read the topics again", icon=":material/refresh:", key=f"bulk:topics:{action.name}"):
                st.session_state.pop("topic_names", None)
                st.rerun()
            return None, ""
    force = False
    if action.takes_force:
        force = st.toggle(
            "Also close while the customer is waiting for an answer",
            value=False,
            help="Off: such conversations are skipped and listed. Check without closing counts them first.",
            key=f"bulk:force:{action.name}",
            persist_state="session",
        )
    return Choices(topic_id=topic_id, force=force), topic_name


def _read_topic(text: str, names: Mapping[str, str]) -> str | None:
    """The ID of a topic that was picked, pasted, or typed by its name; None for none."""
    text = text.strip()
    if text in names:
        return text
    called = [topic_id for topic_id, name in names.items() if name.lower() == text.lower()]
    return called[0] if len(called) == 1 else text or None


def _begin(
    session: Session, action: Action, upload: Upload, checked: Checked, choices: Choices, topic_name: str
) -> None:
    bulk = portal().bulk
    order = Order(action=action, checked=checked, choices=choices)
    check_only = Order(
        action=action,
        checked=checked,
        choices=choices,
        is_check=True,
        file_name=upload.name,
        topic_name=topic_name,
        source=upload.source,
    )
    st.caption(
        f":material/schedule: About {duration(bulk.seconds(order))}; a check, which changes nothing, "
        f"about {duration(bulk.seconds(check_only))}."
    )
    verbing = {"close": "closing", "reopen": "reopening"}[action.verb]
    with st.container(horizontal=True):
        if st.button(
            f"Check without {verbing}", icon=":material/fact_check:", key=f"bulk:check:{action.name}", type="secondary"
        ):
            try:
                run = bulk.start(session.account, session.client, check_only)
            except InputError as error:
                st.session_state[f"bulk:problem:{action.name}"] = error
            else:
                st.session_state["bulk:run"] = run.id
            st.rerun()
        title = "Start Bulk Close" if action.verb == "close" else "Start reopening"
        if st.button(title, icon=":material/done_all:", type="primary", key=f"bulk:start:{action.name}"):
            ask_to_confirm(action, list_key=upload.key, choices=choices, topic_name=topic_name)
            st.rerun()
