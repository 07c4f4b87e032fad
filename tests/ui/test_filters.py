"""The filter bar on the page: what each control makes, and the way back from every change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.demo import Company
from gladly_tools.jobs import Job
from gladly_tools.results.query import Condition, Operator, Query
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.table import Table
from gladly_tools.ui.filters import state
from gladly_tools.ui.filters.editor import ways
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.ui.conftest import SID, open_page
from tests.ui.test_pages import run_export

HANDLE_TIME = "Conversation Handle Time in seconds"


@pytest.fixture
def job(here: Portal, session: Session, company: Company) -> Job:
    return run_export(here, session, "contact-information", company)


@pytest.fixture
def table(here: Portal, session: Session, job: Job) -> Table:
    result = here.runs.result(session.account, job.id)
    assert result is not None
    return Table(result)


def page_of(job: Job, **query: str) -> AppTest:
    at = open_page("conversations", export="contact-information", job=job.id, **query)
    assert not at.exception
    return at


def only(found: Any, **wanted: Any) -> Any:
    (one,) = (each for each in found if all(getattr(each, name) == value for name, value in wanted.items()))
    return one


def shown_rows(at: AppTest) -> int:
    """How many rows the table says that it shows of."""
    for caption in at.caption:
        text = caption.value.replace("\\", "")
        if text.startswith("Showing "):
            return int(text.split(" of ")[1].split()[0].replace(",", ""))
    assert any("No row meets these filters" in info.value for info in at.info)
    return 0


def kept(at: AppTest, job: Job) -> tuple[Condition, ...]:
    found: tuple[Condition, ...] = at.session_state[state.conditions_key(job.id)]
    return found


def revision(at: AppTest, job: Job) -> int:
    key = f"filters revision:{job.id}"
    return int(at.session_state[key]) if key in at.session_state else 0


def start_adding(at: AppTest, job: Job, column: str, way: str | None = None) -> AppTest:
    """Open the box that adds a filter, choose a column, and how to ask."""
    at.session_state[f"add:{job.id}:{revision(at, job)}"] = True
    at.run()
    only(at.selectbox, label="Column").set_value(column).run()
    if way is not None:
        only(at.pills, label="How").set_value(Operator(way)).run()
    assert not at.exception
    return at


def add(at: AppTest) -> AppTest:
    only(at.button, label="Add").click().run()
    assert not at.exception
    return at


def start_editing(at: AppTest, job: Job, position: int) -> AppTest:
    at.session_state[f"edit:{job.id}:{revision(at, job)}:{position}"] = True
    at.run()
    assert not at.exception
    return at


def pills(at: AppTest) -> list[str]:
    """What can be removed, in words."""
    crosses = [button for button in at.button if (button.key or "").startswith("remove:")]
    return [button.help.replace("\\", "").removeprefix("Remove: ") for button in crosses]


def press(at: AppTest, label: str) -> AppTest:
    only(at.button, label=label).click().run()
    assert not at.exception
    return at


def test_values_are_chosen_by_their_counts_under_the_other_filters(job: Job, table: Table) -> None:
    at = page_of(job)
    start_adding(at, job, "Status")
    choices = dict(table.choices("Status"))
    box = only(at.multiselect, label="Values")
    assert set(box.options) == {f"{value} ({rows:,})" for value, rows in choices.items()}
    box.set_value(["CLOSED"]).run()
    add(at)
    assert shown_rows(at) == choices["CLOSED"]
    closed = Query(conditions=kept(at, job))
    start_adding(at, job, "First Channel")
    found = dict(table.choices("First Channel", closed))
    assert only(at.multiselect, label="Values").options[0].endswith(f"({max(found.values()):,})")
    channel = next(value for value in found if value)
    only(at.multiselect, label="Values").set_value([channel]).run()
    assert f"Leaves {found[channel]:,} of {choices['CLOSED']:,} rows." in [each.value for each in at.caption]
    add(at)
    assert shown_rows(at) == found[channel]
    assert pills(at) == ["Status is one of CLOSED", f"First Channel is one of {channel}"]


def test_ids_are_chosen_and_told_by_their_names(job: Job, table: Table) -> None:
    at = page_of(job)
    column, name = "Inbox ID - Current", "Inbox Name - Current"
    start_adding(at, job, column)
    first = table.page(columns=[column, name], limit=1).iloc[0]
    id_, called = str(first[column]), str(first[name])
    (option,) = (each for each in only(at.multiselect, label="Values").options if id_ in each)
    rows = dict(table.choices(column))[id_]
    assert option == f"{called} · {id_} ({rows:,})"
    only(at.multiselect, label="Values").set_value([id_]).run()
    add(at)
    assert pills(at) == [f"{column} is one of {called} ({id_[:6]}…)"]
    assert shown_rows(at) == rows


@pytest.mark.parametrize(
    ("column", "way", "text"),
    [("Inbox Name - Current", "contains", "PHO"), ("Status", "starts_with", "c"), ("Status", "equals", "closed")],
)
def test_text_is_looked_for(job: Job, table: Table, column: str, way: str, text: str) -> None:
    at = page_of(job)
    start_adding(at, job, column, way)
    only(at.text_input, label="Text").set_value(text).run()
    add(at)
    condition = Condition(column=column, operator=Operator(way), values=(text,))
    assert kept(at, job) == (condition,)
    assert 0 < shown_rows(at) == table.count(Query(conditions=(condition,)))


def test_a_range_of_numbers_is_typed_and_a_turned_one_refused(job: Job, table: Table) -> None:
    at = page_of(job)
    start_adding(at, job, HANDLE_TIME)
    only(at.number_input, label="From").set_value(900).run()
    only(at.number_input, label="To, included").set_value(300).run()
    only(at.button, label="Add").click().run()
    assert [error.value for error in at.error] == ["It ends before it begins: swap the two."]
    only(at.number_input, label="From").set_value(100).run()
    add(at)
    condition = Condition(column=HANDLE_TIME, operator=Operator.BETWEEN, values=(100, 300))
    assert kept(at, job) == (condition,)
    assert shown_rows(at) == table.count(Query(conditions=(condition,)))


def test_days_are_those_of_the_results_zone(job: Job, table: Table) -> None:
    at = page_of(job)
    start_adding(at, job, "Created At", "between")
    only(at.date_input, label="From").set_value(date(2026, 3, 10)).run()
    only(at.date_input, label="To, included").set_value(date(2026, 3, 10)).run()
    add(at)
    assert pills(at) == ["Created At is 10 Mar 2026"]
    days = table.frame("SELECT CAST(timezone('America/New_York', \"Created At\") AS DATE) AS day FROM rows")["day"]
    assert shown_rows(at) == sum(str(day).startswith("2026-03-10") for day in days) > 0
    assert any("America/New_York" in each.value.replace("\\", "") for each in at.caption)


def test_a_span_back_from_now_says_its_days(job: Job, table: Table) -> None:
    at = page_of(job)
    start_adding(at, job, "Created At")
    assert any("14 to 20 Mar 2026, in America/New_York" in each.value.replace("\\", "") for each in at.caption)
    only(at.pills, label="Span").set_value("Other").run()
    only(at.number_input, label="Last").set_value(9).run()
    add(at)
    condition = Condition(column="Created At", operator=Operator.LAST, values=("America/New_York", 9, "days"))
    assert kept(at, job) == (condition,)
    assert pills(at) == ["Created At is in the last 9 days (12 to 20 Mar 2026)"]
    assert shown_rows(at) == table.count(Query(conditions=(condition,)))


@pytest.mark.parametrize(
    ("way", "kind", "label", "chosen"),
    [("on_weekdays", "pills", "Weekdays", [1, 3]), ("at_hours", "box", "Hours", [9])],
)
def test_weekdays_and_hours_are_those_of_the_results_zone(
    job: Job, table: Table, way: str, kind: str, label: str, chosen: list[int]
) -> None:
    at = page_of(job)
    start_adding(at, job, "Created At", way)
    only(at.pills if kind == "pills" else at.multiselect, label=label).set_value(chosen).run()
    add(at)
    condition = Condition(column="Created At", operator=Operator(way), values=("America/New_York", *chosen))
    assert kept(at, job) == (condition,)
    assert 0 < shown_rows(at) == table.count(Query(conditions=(condition,))) < table.rows


@pytest.mark.parametrize("way", ["is_true", "is_false", "is_empty"])
def test_yes_no_and_empty_and_not_of_each_are_all_rows_together(job: Job, table: Table, way: str) -> None:
    at = page_of(job)
    start_adding(at, job, "Is FCR Eligible", way)
    only(at.toggle, label="Not").set_value(True).run()
    add(at)
    condition = Condition(column="Is FCR Eligible", operator=Operator(way))
    assert shown_rows(at) == table.rows - table.count(Query(conditions=(condition,)))


@pytest.mark.parametrize(
    ("column", "way", "problem"),
    [
        ("Status", "one_of", "Choose at least one value."),
        ("Status", "contains", "Type the text to look for."),
        (HANDLE_TIME, "between", "Type where the range begins, where it ends, or both."),
        ("Created At", "between", "Choose the first day, the last day, or both."),
        ("Created At", "on_weekdays", "Choose at least one weekday."),
        ("Created At", "at_hours", "Choose at least one hour."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_added(job: Job, column: str, way: str, problem: str) -> None:
    at = page_of(job)
    start_adding(at, job, column, way)
    only(at.button, label="Add").click().run()
    assert [error.value for error in at.error] == [problem]
    assert kept(at, job) == ()


def test_every_kind_of_column_can_be_asked_in_every_way_that_is_offered(job: Job, table: Table) -> None:
    at = page_of(job)
    kinds: dict[Kind, Column] = {}
    for column in table.columns:
        kinds.setdefault(column.kind, column)
    assert {Kind.ID, Kind.TEXT, Kind.CHOICE, Kind.TIME, Kind.INTEGER, Kind.BOOLEAN} <= kinds.keys()
    for column in kinds.values():
        for way in ways(table, column, None):
            start_adding(at, job, column.name, way)
            assert not at.error


def test_a_pill_opens_with_its_condition_and_changes_it_in_its_place(here: Portal, job: Job, table: Table) -> None:
    first = Condition(column="Status", operator=Operator.ONE_OF, values=("CLOSED", "GONE"), negated=True)
    second = Condition(column=HANDLE_TIME, operator=Operator.BETWEEN, values=(60, None))
    here.views.remember(SID, job.id, Query(conditions=(first, second)))
    at = page_of(job)
    start_editing(at, job, 0)
    box = only(at.multiselect, label="Values")
    assert box.value == ["CLOSED", "GONE"]
    assert "GONE (0)" in box.options
    assert only(at.toggle, label="Not").value is True
    only(at.toggle, label="Not").set_value(False).run()
    press(at, "Apply")
    changed = Condition(column="Status", operator=Operator.ONE_OF, values=("CLOSED", "GONE"))
    assert kept(at, job) == (changed, second)
    assert shown_rows(at) == table.count(Query(conditions=(changed, second)))
    start_editing(at, job, 1)
    assert only(at.number_input, label="From").value == 60
    only(at.number_input, label="To, included").set_value(600).run()
    press(at, "Apply")
    assert kept(at, job)[1].values == (60, 600)


def test_items_of_a_joined_text_are_edited_as_items(here: Portal, job: Job, table: Table) -> None:
    condition = Condition(column="Status", operator=Operator.LISTS, values=("O", "CL"))
    here.views.remember(SID, job.id, Query(conditions=(condition,)))
    at = page_of(job)
    start_editing(at, job, 0)
    assert only(at.multiselect, label="Values").value == ["CL"]
    closed = table.count(Query(conditions=(Condition(column="Status", operator=Operator.EQUALS, values=("closed",)),)))
    assert f"CL ({closed:,})" in only(at.multiselect, label="Values").options
    press(at, "Apply")
    assert kept(at, job) == (condition,)


def test_every_change_is_taken_back_one_by_one_the_last_first(here: Portal, job: Job) -> None:
    at = page_of(job)
    states: list[tuple[tuple[Condition, ...], str]] = []

    def note() -> None:
        states.append((kept(at, job), at.session_state[state.search_key(job.id)]))

    note()
    start_adding(at, job, "Status")
    only(at.multiselect, label="Values").set_value(["CLOSED"]).run()
    add(at)
    note()
    start_editing(at, job, 0)
    only(at.toggle, label="Not").set_value(True).run()
    press(at, "Apply")
    note()
    start_adding(at, job, HANDLE_TIME, "is_empty")
    add(at)
    note()
    at.button(key=f"remove:{job.id}:{revision(at, job)}:0").click().run()
    only(at.text_input, label="Search").set_value("a").run()
    note()
    press(at, "Clear all")
    assert kept(at, job) == ()
    assert only(at.text_input, label="Search").value == ""
    said = []
    for conditions, search in reversed(states[1:]):
        said.append(only(at.button, label="Undo").help.replace("\\", ""))
        press(at, "Undo")
        assert kept(at, job) == conditions
        if conditions == states[-1][0]:
            assert only(at.text_input, label="Search").value == search == "a"
    said.append(only(at.button, label="Undo").help.replace("\\", ""))
    press(at, "Undo")
    assert kept(at, job) == ()
    assert not [button for button in at.button if button.label == "Undo"]
    assert said == [
        "Take back: Cleared all filters",
        "Take back: Removed Status is none of CLOSED",
        f"Take back: Added {HANDLE_TIME} is empty",
        "Take back: Changed Status is one of CLOSED",
        "Take back: Added Status is one of CLOSED",
    ]


def test_narrowing_from_elsewhere_is_a_filter_and_can_be_undone() -> None:
    def script() -> None:
        import streamlit as st

        from gladly_tools.results.query import Condition, Operator
        from gladly_tools.ui.filters import narrow, state

        first = Condition(column="a", operator=Operator.ONE_OF, values=("x",))
        second = Condition(column="a", operator=Operator.ONE_OF, values=("y",))
        other = Condition(column="b", operator=Operator.IS_TRUE)
        results = [narrow("p", [other, first]), narrow("p", [second]), narrow("p", [second]), narrow("p", [])]
        st.text(str(results))
        st.text(" ".join(str(each.values) for each in state.conditions_of("p")))
        state.undo("p")
        st.text(" ".join(str(each.values) for each in state.conditions_of("p")))
        state.undo("p")
        state.undo("p")
        st.text(str(state.conditions_of("p")))

    at = AppTest.from_function(script).run()
    assert not at.exception
    assert [text.value for text in at.text] == [
        "[True, True, False, False]",
        "() ('y',)",
        "() ('x',)",
        "()",
    ]


def test_only_so_many_steps_are_kept() -> None:
    def script() -> None:
        import streamlit as st

        from gladly_tools.results.query import Condition, Operator
        from gladly_tools.ui.filters import state

        for number in range(state.MOST_STEPS + 5):
            state.add("p", Condition(column=str(number), operator=Operator.IS_EMPTY))
        while state.last_step("p"):
            state.undo("p")
        st.text(str(len(state.conditions_of("p"))))

    at = AppTest.from_function(script).run()
    assert not at.exception
    assert at.text[0].value == "5"


def test_a_filter_that_the_column_does_not_know_is_cleared_with_a_button(here: Portal, job: Job) -> None:
    broken = Condition(column="Status", operator=Operator.BETWEEN, values=(1, 2))
    here.views.remember(SID, job.id, Query(conditions=(broken,)))
    at = page_of(job)
    press(at, "Clear filters")
    assert at.dataframe.len == 1
    assert kept(at, job) == ()
