"""The dialog before anything is changed: what, where, how many, how long; a large number has to be typed."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gladly_tools.bulk import ACTIONS, Action, Choices
from gladly_tools.bulk_runs import Order
from gladly_tools.errors import GladlyToolsError
from gladly_tools.ui.bulk_list import current_order
from gladly_tools.ui.words import counted, duration, plain
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session

TYPED_FROM = 51
KEY = "bulk:confirming"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be confirmed: the uploaded list (`list_key`), or what a check looked at (`plan_id`).

    `run_id` is that of the run to be: pressing the button twice starts it once.
    """

    run_id: str
    action: str
    choices: Choices
    topic_name: str
    list_key: str = ""
    plan_id: str = ""


def ask_to_confirm(action: Action, *, choices: Choices, topic_name: str, list_key: str = "", plan_id: str = "") -> None:
    """Open the dialog at the next drawing of the page."""
    st.session_state[KEY] = Asked(
        run_id=portal().bulk.new_id(),
        action=action.name,
        choices=choices,
        topic_name=topic_name,
        list_key=list_key,
        plan_id=plan_id,
    )


def confirmation(session: Session) -> None:
    """The dialog, while there is something to confirm."""
    asked: Asked | None = st.session_state.get(KEY)
    if asked is None:
        return
    action = ACTIONS[asked.action]

    @st.dialog(f"{action.title}", on_dismiss=_forget, icon=":material/done_all:")
    def dialog() -> None:
        try:
            order = _order(session, asked)
        except GladlyToolsError as error:
            st.error(f"**{plain(error.what)}** {plain(error.advice)}", icon=":material/error:")
            return
        _body(session, asked, order)

    dialog()


def _order(session: Session, asked: Asked) -> Order:
    if asked.plan_id:
        return portal().bulk.order_of_plan(session.account, asked.plan_id, force=asked.choices.force)
    return current_order(session, ACTIONS[asked.action], asked.list_key, asked.choices, asked.topic_name)


def _body(session: Session, asked: Asked, order: Order) -> None:
    action, count = order.action, order.checked.to_do
    facts = [
        ("Organization", plain(session.account.organization)),
        (f"{action.nouns.capitalize()} to {action.verb}", f"{count:,}"),
    ]
    if action.takes_topic:
        facts.append(("Topic added first", plain(order.topic_name or order.choices.topic_id or "none")))
    if action.takes_force:
        waiting = "closed too" if order.choices.force else "skipped"
        facts.append(("If the customer is waiting", waiting))
    facts.append(("Takes about", duration(portal().bulk.seconds(order))))
    with st.container(gap="xsmall"):
        for name, value in facts:
            with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
                st.markdown(f":gray[{name}]", width="content")
                st.markdown(f"**{value}**", width="content")
    st.warning(f"**This changes live data in Gladly.** {plain(action.way_back)}".strip(), icon=":material/warning:")
    typed = str(count)
    if count >= TYPED_FROM:
        typed = st.text_input(f"Type {count} to confirm", key=f"bulk:typed:{asked.run_id}", autocomplete="off")
    # What is wrong is told at the field, above the buttons.
    told = st.container()
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key="bulk:cancel"):
            _forget()
            st.rerun()
        words = f"{action.verb.capitalize()} {counted(count, action.noun)}"
        pressed = st.button(words, icon=":material/done_all:", type="primary", key="bulk:confirm")
    if pressed and (typed or "").strip().replace(",", "") != str(count):
        told.error(f"Type {count} here; it is the number of {action.nouns}.", icon=":material/error:")
    elif pressed:
        with told:
            _start(session, asked, order)


def _start(session: Session, asked: Asked, order: Order) -> None:
    try:
        run = portal().bulk.start(session.account, session.client, order, run_id=asked.run_id)
    except GladlyToolsError as error:
        st.error(f"**{plain(error.what)}** {plain(error.advice)}", icon=":material/error:")
        return
    _forget()
    # The list is the run's now; the next one begins with an empty form.
    portal().bulk.uploads.drop(session.account.owner, asked.action)
    st.session_state["bulk:run"] = run.id
    st.rerun()


def _forget() -> None:
    st.session_state.pop(KEY, None)
