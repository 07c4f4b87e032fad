"""The page Compare: what it shows is what changed, for the account alone, and hostile text in it does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gladly_tools.comparing.configuration import SHAPES, compare
from gladly_tools.comparing.numbers import GROUPS, MEASURES
from gladly_tools.comparing.texts import difference
from gladly_tools.demo import DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange, Parameters
from gladly_tools.jobs import Job
from gladly_tools.results.manifest import Note
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from gladly_tools.ui.compare_texts import difference_html
from gladly_tools.web.portal import Portal
from gladly_tools.web.vault import Session
from tests.results.making import manifest_of
from tests.ui.conftest import SID, open_page

Rows = list[dict[str, Any]]
Earlier = Callable[..., str]
HOSTILE = '<img src=x onerror="alert(1)"><script>window.hacked = 1</script> **bold** [link](https://evil.test) :red[x]'


def export(here: Portal, session: Session, name: str, **given: Any) -> Job:
    parameters: Parameters = EXPORTS[name].parameters(**given)
    return here.runs.run_here(session.account, session.client, EXPORTS[name], parameters, lambda _ticket: None)


@pytest.fixture
def earlier(here: Portal, session: Session, tmp_path: Any) -> Earlier:
    """Keeps an earlier state of an export: that of now, changed; returns the snapshot's id."""
    store = ResultStore(tmp_path / "earlier")

    def earlier_(name: str, change: Callable[[Rows], Rows], *, days: int = 30) -> str:
        export(here, session, name)
        mine = here.runs.snapshots.of(session.account.owner)
        now = mine.list(name)[0]
        table = mine.open(now.id)
        rows = [row for batch in table.batches() for row in batch.to_pylist()]
        result = store.create(f"r{len(store.ids())}", replace(manifest_of(table.columns), export=name))
        result.write_slice(0, "all", change(rows), zone="UTC")
        result.finish()
        return mine.keep(Table(result), now.asked, at=now.first_at - timedelta(days=days)).id

    return earlier_


def other_names(rows: Rows) -> Rows:
    """Three inboxes had other names, one was not there, one was disabled."""
    for row in rows[:3]:
        row["name"] = f"{row['name']} before"
    rows[4]["disabled"] = True
    return rows[:-1]


def shown(at: AppTest) -> list[str]:
    return [element.value for kind in ("markdown", "caption", "info", "warning", "success") for element in at.get(kind)]


def test_without_a_snapshot_it_says_how_to_get_one(session: Session) -> None:
    at = open_page("compare", export="inboxes")
    assert not at.exception
    assert any("No snapshot of the inboxes yet" in text for text in shown(at))
    assert any("Every complete export of the inboxes keeps a small snapshot" in text for text in shown(at))
    assert session.account.demo is False
    assert not [button for button in at.button if "last month" in button.label]


def test_with_one_state_there_is_nothing_to_compare_yet(here: Portal, session: Session) -> None:
    export(here, session, "audiences")
    at = open_page("compare", export="audiences")
    assert not at.exception
    assert any("Only one state of the audiences is known" in text for text in shown(at))


def test_cards_and_table_show_what_changed(here: Portal, session: Session, earlier: Earlier) -> None:
    before_id = earlier("inboxes", other_names)
    mine = here.runs.snapshots.of(session.account.owner)
    after, before = mine.list("inboxes")
    assert before.id == before_id
    found = compare(mine.open(before.id), mine.open(after.id), SHAPES["inboxes"])
    at = open_page("compare", export="inboxes")
    assert not at.exception
    assert {metric.label: metric.value for metric in at.metric} == {
        kind.value: f"{count:,}" for kind, count in found.counts.items()
    }
    assert {metric.label: metric.value for metric in at.metric}["Renamed"] == "3"
    assert at.dataframe[0].value.to_dict("records") == found.frame.to_dict("records")


def test_a_kind_of_change_can_be_chosen(earlier: Earlier) -> None:
    earlier("inboxes", other_names)
    at = open_page("compare", export="inboxes")
    (pills,) = (group for group in at.get("button_group") if group.label == "Show only")
    assert pills.options == ["Added", "Renamed", "Enabled"]
    pills.set_value(["Renamed"]).run()
    assert not at.exception
    assert set(at.dataframe[0].value["Change"]) == {"Renamed"}
    assert len(at.dataframe[0].value) == 3


def test_states_that_are_chosen_the_wrong_way_round_are_turned(earlier: Earlier) -> None:
    earlier("inboxes", other_names)
    at = open_page("compare", export="inboxes")
    right = at.dataframe[0].value
    before, after = at.selectbox[0], at.selectbox[1]
    assert after.options[0].startswith("Newest: ")
    chosen = before.value, after.value
    before.set_value(chosen[1])
    at.selectbox[1].set_value(chosen[0]).run()
    assert not at.exception
    assert at.dataframe[0].value.equals(right)
    at.selectbox[0].set_value(chosen[0]).run()
    assert any("the same state" in text for text in shown(at))


def test_a_newest_state_that_is_old_says_so(here: Portal, session: Session, earlier: Earlier) -> None:
    for days in (10, 20):
        earlier("inboxes", other_names if days == 20 else lambda rows: rows[1:], days=days)
    mine = here.runs.snapshots.of(session.account.owner)
    assert not any("days old" in text for text in shown(open_page("compare", export="inboxes")))
    mine.delete(mine.list("inboxes")[0].id)
    for job in here.runs.jobs(session.account):
        here.runs.delete(session.account, job.id)
    at = open_page("compare", export="inboxes")
    assert not at.exception
    assert any("The newest state is 10 days old" in text for text in shown(at))


def test_nothing_changed_is_said(earlier: Earlier) -> None:
    def twice(rows: Rows) -> Rows:
        rows[0]["disabled"] = not rows[0]["disabled"]
        return rows

    earlier("inboxes", twice, days=10)
    earlier("inboxes", lambda rows: rows, days=20)
    at = open_page("compare", export="inboxes")
    keys = at.selectbox[0].options
    assert len(keys) == 3
    at.selectbox[0].select_index(2).run()
    assert not at.exception
    assert any("Nothing changed in the inboxes" in text for text in shown(at))


def test_another_account_sees_nothing(here: Portal, session: Session, server: DemoServer, earlier: Earlier) -> None:
    earlier("inboxes", other_names)
    assert len(here.runs.snapshots.of(session.account.owner).list()) == 2
    username, token = server.accounts[1]
    here.sign_in(SID, url=server.url, username=username, api_token=token)
    at = open_page("compare", export="inboxes")
    assert not at.exception
    assert any("No snapshot of the inboxes yet" in text for text in shown(at))
    assert at.dataframe.len == 0


def test_chosen_snapshots_are_deleted_and_so_are_all(here: Portal, session: Session, earlier: Earlier) -> None:
    before_id = earlier("inboxes", other_names)
    mine = here.runs.snapshots.of(session.account.owner)
    at = open_page("compare", export="inboxes")
    assert list(at.dataframe[-1].value["Rows"]) == [each.rows for each in mine.list("inboxes")]
    (chooser,) = (each for each in at.multiselect if each.label == "Snapshots to delete")
    chooser.set_value([before_id]).run()
    at.button(key="compare:delete:inboxes").click().run()
    assert not at.exception
    assert [each.id for each in mine.list()] != []
    assert before_id not in {each.id for each in mine.list()}
    export(here, session, "audiences")
    at.button(key="compare:delete all:inboxes").click().run()
    assert not at.exception
    assert [each.export for each in mine.list()] == ["audiences"]


def test_a_result_whose_snapshot_was_deleted_can_still_be_compared(
    here: Portal, session: Session, earlier: Earlier
) -> None:
    earlier("inboxes", other_names)
    mine = here.runs.snapshots.of(session.account.owner)
    mine.delete(mine.list("inboxes")[0].id)
    at = open_page("compare", export="inboxes")
    assert not at.exception
    assert {metric.label: metric.value for metric in at.metric}["Renamed"] == "3"


def test_a_partial_result_is_called_partial(here: Portal, session: Session, earlier: Earlier) -> None:
    earlier("inboxes", other_names)
    job = export(here, session, "inboxes")
    result = here.runs.result(session.account, job.id)
    assert result is not None
    result.write_manifest(replace(result.manifest, notes=(Note(level="partial", text="Some are missing"),)))
    at = open_page("compare", export="inboxes")
    assert not at.exception
    assert "partial: data is missing" in at.selectbox[1].options[0]
    assert any("Data is missing" in text and "after" in text for text in shown(at))


def test_answers_that_were_exported_differently_are_not_mixed(here: Portal, session: Session, earlier: Earlier) -> None:
    earlier("answers", lambda rows: rows[1:])
    export(here, session, "answers", languages=("en-us", "fr-ca"))
    at = open_page("compare", export="answers")
    assert not at.exception
    (kinds,) = (box for box in at.selectbox if box.label == "Exported with")
    assert len(kinds.options) == 2
    assert any("Only one state of the answers" in text for text in shown(at))
    kinds.select_index(1).run()
    assert {metric.label: metric.value for metric in at.metric}["Added"] == "1"


def hostile(rows: Rows) -> Rows:
    (row, *_rest) = (row for row in rows if row["Response Content - Email"])
    row["Response Content - Email"] = HOSTILE
    row["Title"] = HOSTILE
    return rows


@pytest.mark.parametrize("layout", ["Side by side", "Inline"])
@pytest.mark.parametrize("form", ["As text", "As HTML"])
def test_hostile_answers_are_shown_as_text(earlier: Earlier, layout: str, form: str) -> None:
    earlier("answers", hostile)
    at = open_page("compare", export="answers")
    at.session_state["compare:layout"] = layout
    at.session_state["compare:form"] = form
    at.run()
    assert not at.exception
    drawn = [element.proto.body for element in at.get("html") if "<del" in element.proto.body]
    assert len(drawn) == 1
    assert "<script" not in drawn[0]
    assert "<img" not in drawn[0]
    if form == "As HTML":
        assert "onerror=" in unescape(drawn[0])
    for text in shown(at):
        assert "<img" not in text
        assert "](https" not in text


@pytest.mark.parametrize("side_by_side", [False, True])
def test_the_difference_is_our_own_html_with_every_text_escaped(side_by_side: bool) -> None:
    texts = "<b>a</b>\n'\"&<!--\n</div></div>", "<i>b</i>\n'\"&<!--\n<script>x</script>\nnew"
    drawn = difference_html(difference(*texts), side_by_side=side_by_side, source=True)
    tags = {part.split(">")[0].split()[0].strip("/") for part in drawn.split("<")[1:]}
    assert tags <= {"div", "span", "del", "ins"}
    assert drawn.count("<div") == drawn.count("</div")
    assert "removed: " in drawn
    assert "added: " in drawn


def days(first: int, last: int) -> DateRange:
    return DateRange(first=date(2026, 3, first), last=date(2026, 3, last), zone="America/New_York")


def test_two_results_are_compared_the_newest_with_the_one_before(here: Portal, session: Session) -> None:
    old = export(here, session, "contact-information", dates=days(2, 8), customers=False)
    new = export(here, session, "contact-information", dates=days(9, 12), customers=False)
    at = open_page("compare", export="contact-information")
    assert not at.exception
    metrics = {metric.label: metric for metric in at.metric}
    assert metrics["Conversations per day"].value == f"{new.row_count / 4:,.1f}"
    assert [label.label for label in at.metric][1:] == [measure.short for measure in MEASURES][1:]
    assert any("7 days" in text and "4 days" in text and "America/New" in text for text in shown(at))
    (toggle,) = at.toggle
    toggle.set_value(False).run()
    metrics = {metric.label: metric for metric in at.metric}
    assert metrics["First contact resolution"].delta.endswith(" points")
    told = [bare for caption in at.caption if (bare := caption.value.replace("\\", "")).startswith("before ")]
    assert len(told) == len(MEASURES)
    assert [text.count("%") for text in told] == [1, 1, 1, 1, 1], "a percentage is told with its change in points alone"
    assert metrics["Conversations"].value == f"{new.row_count:,}"
    assert metrics["Conversations"].delta.lstrip("+-") == f"{abs(new.row_count - old.row_count):,}"
    frame = at.dataframe[0].value
    assert frame["Before, conversations"].sum() == old.row_count
    assert frame["After, conversations"].sum() == new.row_count


@pytest.mark.parametrize("group", list(GROUPS))
def test_every_measure_can_be_seen_by_every_group(here: Portal, session: Session, group: str) -> None:
    export(here, session, "topics")
    export(here, session, "contact-information", dates=days(9, 12), customers=False)
    at = open_page("compare", export="contact-information")
    for measure in MEASURES:
        at.session_state["compare:group"] = group
        at.session_state["compare:measure"] = measure.label
        at.run()
        assert not at.exception
        assert at.dataframe[0].value.columns[0] == group
        assert len(at.dataframe[0].value) > 1
        if group == "Topic":
            assert "Orders>>Change an order>>Cancel, before dispatch" in set(at.dataframe[0].value[group])


def test_two_halves_of_the_only_result_are_compared(here: Portal, session: Session) -> None:
    job = export(here, session, "contact-information", dates=days(9, 12), customers=False)
    at = open_page("compare", export="contact-information")
    assert not at.exception
    assert [each.value for each in at.date_input] == [
        (date(2026, 3, 9), date(2026, 3, 10)),
        (date(2026, 3, 11), date(2026, 3, 12)),
    ]
    frame = at.dataframe[0].value
    assert frame["Before, conversations"].sum() + frame["After, conversations"].sum() == job.row_count
    assert at.toggle.len == 0
    at.date_input[0].set_value((date(2026, 3, 9), date(2026, 3, 11))).run()
    assert not at.exception
    assert any("1 day belongs to both" in text for text in shown(at))
    assert at.toggle.len == 1


def test_a_partial_result_of_conversations_is_called_partial(here: Portal, session: Session) -> None:
    export(here, session, "contact-information", dates=days(2, 4), customers=False)
    job = export(here, session, "contact-information", dates=days(9, 11), customers=False)
    result = here.runs.result(session.account, job.id)
    assert result is not None
    result.write_manifest(replace(result.manifest, notes=(Note(level="partial", text="Some are missing"),)))
    at = open_page("compare", export="contact-information")
    assert not at.exception
    assert any("Data is missing" in text and "the result after" in text for text in shown(at))


def test_results_that_were_asked_differently_are_told(here: Portal, session: Session) -> None:
    inbox_id = session.client.inboxes.list()[0].id
    export(here, session, "contact-information", dates=days(2, 4), customers=False)
    export(here, session, "contact-information", dates=days(9, 11), customers=False, inbox_ids=(inbox_id,))
    at = open_page("compare", export="contact-information")
    assert not at.exception
    assert any("not asked alike" in text for text in shown(at))


def test_without_results_it_says_what_to_export(session: Session) -> None:
    assert session.account.username
    at = open_page("compare", export="freeform-topics")
    assert not at.exception
    assert any("No result of" in text for text in shown(at))
