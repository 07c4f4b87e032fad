"""One widget for each kind of question that an export asks. Values last while the person moves between pages."""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from gladly_tools.api import Client, Impatient
from gladly_tools.api.customers import MOST_FOUND
from gladly_tools.errors import GladlyToolsError, InputError
from gladly_tools.exports import Export
from gladly_tools.exports.call_question import CallQuestion
from gladly_tools.exports.choices import ChoiceQuestion, ChoicesQuestion
from gladly_tools.exports.identifiers import (
    CustomerKey,
    CustomerQuestion,
    IdQuestion,
    KnownBy,
    customers_matching,
    nobody_has,
)
from gladly_tools.exports.inputs import (
    DateRange,
    DateRangeQuestion,
    IdsQuestion,
    LanguagesQuestion,
    Question,
    SwitchQuestion,
    questions,
)
from gladly_tools.exports.moments import MomentRangeQuestion
from gladly_tools.exports.search_questions import ContactsQuestion, PhrasesQuestion, WhereQuestion
from gladly_tools.results.download import unguard
from gladly_tools.ui.call_choice import call_choice
from gladly_tools.ui.choices import choices
from gladly_tools.ui.moments import moment_range, zone_select
from gladly_tools.ui.where_to_search import where_to_search
from gladly_tools.ui.words import plain
from gladly_tools.web.vault import Session

FIRST_DAYS = 7
NAMES_SECONDS = 10.0


def ask(export: Export[Any], session: Session, problem: InputError | None) -> dict[str, Any]:
    """Show every question of an export and return the answers as they stand; a problem is shown at its question."""
    answers: dict[str, Any] = {}
    for name, question in questions(export.parameters).items():
        is_refused = problem is not None and problem.field == name
        answers[name] = _widget(question, f"{export.name}:{name}", session, answers, is_refused=is_refused)
        if problem is not None and is_refused:
            _tell(problem)
    return answers


def _tell(problem: InputError) -> None:
    """Show at a question why its answer cannot be taken."""
    st.error(f"{plain(problem.what)} {plain(problem.advice)}", icon=":material/error:")


def _widget(
    question: Question, key: str, session: Session, answers: Mapping[str, Any], *, is_refused: bool = False
) -> Any:
    match question:
        case CallQuestion():
            return call_choice(question, key, session, is_told=is_refused)
        case ChoiceQuestion():
            return st.segmented_control(
                question.label,
                list(question.choices),
                default=next(iter(question.choices)),
                required=True,
                format_func=lambda name: question.choices[name],
                help=question.help,
                key=key,
                persist_state="session",
                wrap=True,
            )
        case ChoicesQuestion():
            return choices(question, key, answers)
        case MomentRangeQuestion():
            return moment_range(question, key)
        case DateRangeQuestion(optional=True):
            wanted = st.toggle(question.label, help=question.help, key=f"{key}:wanted", persist_state="session")
            return _date_range(question, key) if wanted else None
        case DateRangeQuestion():
            return _date_range(question, key)
        case WhereQuestion():
            return where_to_search(question, key, session)
        case ContactsQuestion() | PhrasesQuestion():
            return _lines(question, key)
        case IdsQuestion(of="inboxes"):
            return _named(question, key, _inbox_names(session), "All inboxes")
        case IdsQuestion(of="agents"):
            return _named(question, key, _agent_names(session), "All agents")
        case IdsQuestion():
            return _pasted_ids(question, key)
        case LanguagesQuestion():
            return st.multiselect(
                question.label,
                ["en-us"],
                default=[],
                accept_new_options=True,
                placeholder="Default languages; type a code to add one",
                help=question.help,
                key=key,
                persist_state="session",
            )
        case SwitchQuestion():
            return st.toggle(question.label, value=question.usual, help=question.help, key=key, persist_state="session")
        case IdQuestion():
            return st.text_input(
                question.label,
                placeholder=f"ID or address of the {question.of}",
                help=question.help,
                key=key,
                persist_state="session",
            )
        case CustomerQuestion():
            return _customer(question, key, session, is_refused=is_refused)
        case _:
            raise TypeError(question)


def _date_range(question: DateRangeQuestion, key: str) -> DateRange | None:
    days, zone_place = st.columns([3, 2])
    with zone_place:
        zone = zone_select(key, help="Days begin and end in this time zone. Your browser's, unless you change it.")
    today = datetime.now(ZoneInfo(zone)).date()
    with days:
        chosen = st.date_input(
            f"{question.label}, from and to",
            value=(today - timedelta(days=FIRST_DAYS), today - timedelta(days=1)),
            help=question.help,
            format="YYYY-MM-DD",
            key=f"{key}:days",
            persist_state="session",
        )
    if isinstance(chosen, tuple) and len(chosen) == 2:
        return DateRange(first=chosen[0], last=chosen[1], zone=zone)
    return None


def _named(question: IdsQuestion, key: str, names: Mapping[str, str], none: str) -> list[str]:
    """Any number of what has a name."""
    return st.multiselect(
        question.label,
        list(names),
        format_func=lambda each: names.get(each, each),
        placeholder=none,
        help=question.help,
        key=key,
        persist_state="session",
    )


def _inbox_names(session: Session) -> Mapping[str, str]:
    def read(client: Client) -> dict[str, str]:
        return {
            inbox.id: f"{inbox.name or inbox.id} (disabled)" if inbox.disabled else inbox.name or inbox.id
            for inbox in client.inboxes.list()
        }

    return _read_once("inboxes", read, session)


def _agent_names(session: Session) -> Mapping[str, str]:
    def read(client: Client) -> dict[str, str]:
        agents = client.agents.list()
        often = Counter(agent.name for agent in agents)
        # Names repeat; the address then tells who is meant.
        return {
            agent.id: f"{agent.name} ({agent.email_address})" if often[agent.name] > 1 else agent.name or agent.id
            for agent in sorted(agents, key=lambda agent: (agent.name or "").casefold())
        }

    return _read_once("agents", read, session)


def _read_once(what: str, read: Callable[[Client], dict[str, str]], session: Session) -> Mapping[str, str]:
    """Names by id, asked for once in a browser session; none, for a minute, when Gladly cannot be reached."""
    key = f"names of {what}"
    names, until = st.session_state.get(key, ({}, 0.0))
    if time.monotonic() < until:
        return names  # type: ignore[no-any-return]
    try:
        with st.spinner(f"Reading the {what}…"):
            names = read(session.client.watched_by(Impatient(NAMES_SECONDS)))
    except GladlyToolsError as error:
        st.caption(f"The {what} could not be read: {plain(error)}")
        st.session_state[key] = ({}, time.monotonic() + 60)
        return {}
    st.session_state[key] = (names, float("inf"))
    return names


def _lines(question: ContactsQuestion | PhrasesQuestion, key: str) -> str:
    """Lines of text, and how each contact is understood."""
    example = "ann@example.com, +16505550123, @example.com"
    text = st.text_area(
        question.label,
        placeholder=example if isinstance(question, ContactsQuestion) else "One phrase a line, such as refund",
        help=question.help,
        height=90,
        key=key,
        persist_state="session",
    )
    if isinstance(question, ContactsQuestion):
        for words in question.understood(text):
            st.caption(f":material/{'error' if words.startswith('not') else 'check'}: {plain(words)}")
    return text


def _customer(question: CustomerQuestion, key: str, session: Session, *, is_refused: bool) -> CustomerKey | str:
    """What was typed; where an e-mail address or a number belongs to several customers, the one chosen among them.

    What cannot be right is told at once, and not a second time where the export's own refusal follows.
    """
    text = st.text_input(
        question.label,
        placeholder="ID, address in Gladly, e-mail or phone number",
        help=question.help,
        key=key,
        persist_state="session",
    )
    try:
        asked: CustomerKey = question.check(text, name="")
    except InputError as error:
        if text.strip() and not is_refused:
            _tell(error)
        return text
    if asked.by is KnownBy.ID:
        return text
    names = _customers_found(asked, key, session)
    if names is not None and not names and not is_refused:
        _tell(nobody_has(asked, name=""))
    if names is None or len(names) < 2:
        return text
    chosen = st.selectbox(
        plain(f"{len(names)}{' or more' if len(names) >= MOST_FOUND else ''} customers have {asked.words}"),
        list(names),
        index=None,
        placeholder="Choose one of them",
        format_func=names.__getitem__,
        key=f"{key}:which:{asked.value}",
        persist_state="session",
    )
    # None chosen: what was typed is refused, as it names several.
    return text if chosen is None else CustomerKey(by=KnownBy.ID, value=chosen)


def _customers_found(asked: CustomerKey, key: str, session: Session) -> Mapping[str, str] | None:
    """The customers found, what tells them apart by id; asked for once while the text stays.

    None when Gladly could not be asked, which is said.
    """
    before, names = st.session_state.get(f"{key}:found", (None, {}))
    if before == asked:
        return names  # type: ignore[no-any-return]
    try:
        with st.spinner("Asking Gladly…"):
            found = customers_matching(session.client.watched_by(Impatient(NAMES_SECONDS)), asked)
    except GladlyToolsError as error:
        st.caption(f"The customers could not be read: {plain(error)}")
        return None
    names = {
        customer.id: " · ".join(
            part
            for part in (
                customer.name or "no name",
                customer.email.original if customer.email else "",
                asked.value if asked.by is KnownBy.PHONE else customer.phone.normalized if customer.phone else "",
                customer.id,
            )
            if part
        )
        for customer in found
    }
    st.session_state[f"{key}:found"] = (asked, names)
    return names


def _pasted_ids(question: IdsQuestion, key: str) -> list[str]:
    text = st.text_area(
        question.label,
        help=question.help,
        height=90,
        placeholder="One ID a line, if any",
        key=key,
        persist_state="session",
    )
    file = st.file_uploader(
        f"{question.label}, from a file",
        type=["csv", "txt"],
        max_upload_size=5,
        help="A CSV or text file with one ID a line, in its first column.",
        key=f"{key}:file",
    )
    return read_ids(text) + ([] if file is None else read_ids(file.getvalue().decode("utf-8-sig", "replace")))


def read_ids(text: str) -> list[str]:
    """The first cell of each line, without our own Excel guard; a heading such as `Id` or `answerId` is none."""
    cells = [unguard(cells[0].strip()) for cells in csv.reader(text.splitlines()) if cells and cells[0].strip()]
    return cells[1:] if cells and re.fullmatch(r"(\w+[ _-]?)?ids?", cells[0], re.IGNORECASE) else cells
