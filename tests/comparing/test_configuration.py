"""What became of a configuration: against a slow reference on generated tables, and case by case."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gladly_tools.comparing.configuration import COLUMNS, SHAPES, Change, Changes, compare
from gladly_tools.exports import EXPORTS
from gladly_tools.results.schema import Column, Kind
from gladly_tools.results.store import ResultStore
from gladly_tools.results.table import Table
from tests.comparing import reference
from tests.results.making import result_of

Rows = list[dict[str, Any]]
TOPICS = EXPORTS["topics"].columns
INBOXES = EXPORTS["inboxes"].columns
ANSWERS = EXPORTS["answers"].columns
NAMES = ("Orders", "Refund, late", "Ünïcode 🌱", "", "=1+1", "orders", "'quoted\"", "a>b")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    return ResultStore(tmp_path_factory.mktemp("results"))


Compared = Callable[..., Changes]


@pytest.fixture
def compared(store: ResultStore) -> Compared:
    def compared_(export: str, before: Rows, after: Rows, **more: Any) -> Changes:
        tables = [finished(store, EXPORTS[export].columns, rows) for rows in (before, after)]
        return compare(*tables, SHAPES[export], **more)

    return compared_


def finished(store: ResultStore, columns: Sequence[Column], rows: Rows) -> Table:
    result = result_of(store, columns, rows)
    result.finish()
    return Table(result)


def found_in(changes: Changes) -> list[reference.Found]:
    frame = changes.frame if "Language" in changes.frame else changes.frame.assign(Language="")
    return [tuple(row) for row in frame[list(COLUMNS)].itertuples(index=False, name=None)]


def counts_of(found: Sequence[reference.Found]) -> Counter[str]:
    """Different things by kind; what has no id is one each."""
    things = {(kind, key or str(number)) for number, (kind, _name, key, *_) in enumerate(found)}
    return Counter(kind for kind, _key in things)


def made_topics(chance: random.Random) -> Rows:
    rows: Rows = []
    paths = [""]
    for number in range(chance.randrange(1, 14)):
        above = chance.choice(paths)
        path = f"{above}>>{chance.choice(NAMES)}" if above else chance.choice(NAMES)
        paths.append(path)
        topic_id = None if chance.random() < 0.05 else f"t{chance.randrange(12) if chance.random() < 0.1 else number}"
        rows.append({"Id": topic_id, "Name": path, "Disabled": chance.choice((True, False, False, None))})
    return rows


def changed_topics(chance: random.Random, rows: Rows) -> Rows:
    """The same topics with some renamed, moved, switched, swapped, gone and come; those below follow a new path."""
    rows = [dict(row) for row in rows]
    for row in list(rows):
        what = chance.random()
        above, _, own = row["Name"].rpartition(">>")
        if what < 0.12:
            new = f"{above}>>{own} II" if above else f"{own} II"
            for other in rows:
                if other["Name"] == row["Name"] or other["Name"].startswith(f"{row['Name']}>>"):
                    other["Name"] = new + other["Name"].removeprefix(row["Name"])
        elif what < 0.2:
            row["Name"] = f"{chance.choice(rows)['Name']}>>{own}"
        elif what < 0.3:
            row["Disabled"] = chance.choice((True, False, None))
        elif what < 0.36:
            rows.remove(row)
        elif what < 0.44:
            other = chance.choice(rows)
            row["Name"], other["Name"] = other["Name"], row["Name"]
    rows += [{"Id": f"n{n}", "Name": chance.choice(NAMES), "Disabled": False} for n in range(chance.randrange(3))]
    chance.shuffle(rows)
    return rows


@pytest.mark.parametrize("seed", range(60))
def test_changes_of_topics_are_those_of_the_slow_reference(compared: Compared, seed: int) -> None:
    chance = random.Random(seed)
    before = made_topics(chance)
    after = changed_topics(chance, before)
    changes = compared("topics", before, after)
    expected, carried = reference.topics(before, after)
    assert sorted(found_in(changes)) == sorted(expected)
    assert changes.carried == len(carried)
    assert {kind.value: count for kind, count in changes.counts.items() if count} == counts_of(expected)
    assert (changes.before, changes.after) == (len(before), len(after))


def made_answers(chance: random.Random) -> Rows:
    rows: Rows = []
    for number in range(chance.randrange(1, 8)):
        whole = {"Id": f"a{number}", "Title": chance.choice(NAMES), "Description": chance.choice((None, "", "x"))}
        whole["Audiences"] = chance.choice(("", "Pro", "Pro,Outlet"))
        languages = chance.sample(["en-us", "fr-ca", "es-419"], chance.randrange(4)) or [None]
        rows += [
            {
                **whole,
                "Language": language,
                "Response Content - Email": chance.choice((None, "", "<p>a</p>", "<p>b</p>")),
                "Info Content": chance.choice((None, "i")),
                "Internal": chance.choice((True, False, None)),
            }
            for language in languages
        ]
    return rows


@pytest.mark.parametrize("seed", range(40))
def test_changes_of_answers_are_those_of_the_slow_reference(compared: Compared, seed: int) -> None:
    chance = random.Random(seed)
    before, after = made_answers(chance), made_answers(chance)
    changes = compared("answers", before, after)
    expected = reference.answers(before, after)
    assert sorted(found_in(changes)) == sorted(expected)
    assert {kind.value: count for kind, count in changes.counts.items() if count} == counts_of(expected)


def topic(topic_id: str, name: str, disabled: bool | None = False) -> dict[str, Any]:
    return {"Id": topic_id, "Name": name, "Disabled": disabled}


def inbox(inbox_id: str | None, name: str, disabled: bool | None = False) -> dict[str, Any]:
    return {"id": inbox_id, "name": name, "disabled": disabled}


def words(changes: Changes) -> list[tuple[str, str, str, str]]:
    frame = changes.frame
    return list(zip(frame["Change"], frame["ID"], frame["Before"], frame["After"], strict=True))


def test_nothing_changed_is_no_row(compared: Compared) -> None:
    rows = [topic("1", "A"), topic("2", "A>>B", None)]
    changes = compared("topics", rows, list(reversed(rows)))
    assert changes.frame.empty
    assert set(changes.counts.values()) == {0}


def test_two_that_swap_their_names_are_both_renamed(compared: Compared) -> None:
    changes = compared("inboxes", [inbox("1", "A"), inbox("2", "B")], [inbox("1", "B"), inbox("2", "A")])
    assert words(changes) == [("Renamed", "2", "B", "A"), ("Renamed", "1", "A", "B")]
    assert changes.counts[Change.RENAMED] == 2


def test_a_topic_that_is_renamed_and_disabled_is_both(compared: Compared) -> None:
    changes = compared("topics", [topic("1", "Fax")], [topic("1", "Fax (old)", True)])
    assert words(changes) == [("Renamed", "1", "Fax", "Fax (old)"), ("Disabled", "1", "false", "true")]


def test_what_lies_below_a_renamed_topic_is_carried_along_and_not_changed(compared: Compared) -> None:
    before = [topic("1", "A"), topic("2", "A>>B"), topic("3", "A>>B>>C")]
    after = [topic("1", "Z"), topic("2", "Z>>B"), topic("3", "Z>>B>>C")]
    changes = compared("topics", before, after)
    assert words(changes) == [("Renamed", "1", "A", "Z")]
    assert changes.carried == 2


def test_a_moved_topic_says_from_where_to_where(compared: Compared) -> None:
    before = [topic("1", "A"), topic("2", "B"), topic("3", "A>>C"), topic("4", "A>>C>>D")]
    after = [topic("1", "A"), topic("2", "B"), topic("3", "B>>C"), topic("4", "B>>C>>D")]
    changes = compared("topics", before, after)
    assert words(changes) == [("Moved", "3", "A", "B")]
    assert changes.carried == 1
    to_the_top = compared("topics", before, [*before[:2], topic("3", "C"), topic("4", "C>>D")])
    assert words(to_the_top) == [("Moved", "3", "A", "(top level)")]


def test_parents_that_swap_names_move_nothing(compared: Compared) -> None:
    before = [topic("1", "A"), topic("2", "B"), topic("3", "A>>C")]
    after = [topic("1", "B"), topic("2", "A"), topic("3", "B>>C")]
    assert words(compared("topics", before, after)) == [("Renamed", "2", "B", "A"), ("Renamed", "1", "A", "B")]


def test_another_separator_is_read(compared: Compared) -> None:
    before, after = [topic("1", "A"), topic("2", "A > B")], [topic("1", "Z"), topic("2", "Z > B")]
    assert compared("topics", before, after, separator=" > ").carried == 1


@pytest.mark.parametrize(
    ("was", "is_", "kind"),
    [(None, True, "Disabled"), (True, None, "Enabled"), (None, False, "Changed"), (True, False, "Enabled")],
)
def test_a_switch_that_was_not_known_counts_as_off(
    compared: Compared, was: bool | None, is_: bool | None, kind: str
) -> None:
    changes = compared("inboxes", [inbox("1", "A", was)], [inbox("1", "A", is_)])
    assert list(changes.frame["Change"]) == [kind]


def test_an_id_that_occurs_twice_loses_no_row(compared: Compared) -> None:
    changes = compared(
        "inboxes", [inbox("1", "A"), inbox("1", "B")], [inbox("1", "B"), inbox("1", "C"), inbox("1", "D")]
    )
    assert words(changes) == [("Added", "1", "", "D"), ("Renamed", "1", "A", "C")]


def test_rows_without_an_id_only_come_and_go(compared: Compared) -> None:
    changes = compared("inboxes", [inbox(None, "A"), inbox("", "S")], [inbox("", "B"), inbox(None, "S")])
    assert words(changes) == [("Added", "", "", "B"), ("Removed", "", "A", "")]


def test_ids_that_differ_only_in_case_are_two(compared: Compared) -> None:
    changes = compared("inboxes", [inbox("ab", "A")], [inbox("aB", "A")])
    assert words(changes) == [("Added", "aB", "", "A"), ("Removed", "ab", "A", "")]


def answer(answer_id: str, language: str | None, body: str | None = None, **more: Any) -> dict[str, Any]:
    return {"Id": answer_id, "Title": "T", "Language": language, "Response Content - Email": body, **more}


def test_a_renamed_answer_is_renamed_once_in_all_its_languages(compared: Compared) -> None:
    before = [answer("1", language, "x") for language in ("en-us", "fr-ca")]
    changes = compared("answers", before, [{**row, "Title": "New"} for row in before])
    assert words(changes) == [("Renamed", "1", "T", "New")]
    assert list(changes.frame["Language"]) == [""]


def test_an_answer_gets_its_first_language(compared: Compared) -> None:
    changes = compared("answers", [answer("1", None)], [answer("1", "en-us", "Hello")])
    assert words(changes) == [("Language added", "1", "", "en-us")]


def test_a_changed_text_is_there_whole_before_and_after(compared: Compared) -> None:
    old, new = "<p>é" + "x" * 100_000, "<script>alert(1)</script>"
    changes = compared("answers", [answer("1", "en-us", old)], [answer("1", "en-us", new)])
    (row,) = found_in(changes)
    assert row == ("Changed", "T", "1", "en-us", "Response Content - Email", old, new)


def test_a_column_that_an_older_snapshot_lacks_is_no_change(store: ResultStore) -> None:
    older = [column for column in ANSWERS if column.name != "Email Subject"]
    before = finished(store, older, [answer("1", "en-us", "x")])
    after = finished(store, ANSWERS, [answer("1", "en-us", "x", **{"Email Subject": "new"})])
    assert compare(before, after, SHAPES["answers"]).frame.empty


def test_a_name_beside_an_id_is_no_change(store: ResultStore) -> None:
    columns = (*INBOXES, Column(name="team", kind=Kind.TEXT, beside=True))
    sides = [finished(store, columns, [{**inbox("1", "A"), "team": team}]) for team in ("x", "y")]
    assert compare(*sides, SHAPES["inboxes"]).frame.empty


@pytest.mark.parametrize("export", list(SHAPES))
def test_an_empty_configuration_has_only_come_or_gone(compared: Compared, export: str) -> None:
    shape = SHAPES[export]
    rows: Rows = [{shape.key: "1", shape.name: "A"}, {shape.key: "2", shape.name: "B"}]
    assert list(compared(export, [], rows).frame["Change"]) == ["Added", "Added"]
    assert list(compared(export, rows, []).frame["Change"]) == ["Removed", "Removed"]
    assert compared(export, [], []).frame.empty


def test_every_configuration_export_can_be_compared() -> None:
    assert set(SHAPES) == {name for name, export in EXPORTS.items() if export.snapshot is not None}
    for name, shape in SHAPES.items():
        columns = {column.name for column in EXPORTS[name].columns}
        assert {shape.key, shape.name, *shape.shared, *shape.texts} <= columns
        assert {shape.disabled, shape.part} - {""} <= columns
