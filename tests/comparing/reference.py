"""What changed in a configuration, worked out slowly with plain lists: the answer that the engine's must equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Found = tuple[str, str, str, str, str, str, str]
"""Change, Name, ID, Language, What, Before, After."""


def text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def leftover(rows: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    """What is in the one list more often than in the other, in order."""
    left = list(others)
    over = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            over.append(row)
    return sorted(over)


def topics(before: list[Row], after: list[Row], separator: str = ">>") -> tuple[list[Found], set[str]]:
    """The changes, in any order, and the ids of topics whose path alone reads otherwise."""
    found: list[Found] = []
    carried: set[str] = set()
    for topic_id in {text(row["Id"]) for row in [*before, *after]}:
        old, new = (
            [(text(row["Name"]), text(row["Disabled"])) for row in rows if text(row["Id"]) == topic_id]
            for rows in (before, after)
        )
        gone, come = leftover(old, new), leftover(new, old)
        while topic_id and gone and come:
            (old_path, was), (new_path, is_) = gone.pop(0), come.pop(0)
            *old_above, old_name = old_path.split(separator)
            *new_above, new_name = new_path.split(separator)
            if old_name != new_name:
                found.append(("Renamed", new_path, topic_id, "", "Name", old_name, new_name))
            parents = [
                {text(row["Id"]) for row in rows if text(row["Name"]) == separator.join(above)}
                for rows, above in ((before, old_above), (after, new_above))
            ]
            is_moved = old_above != new_above and not (old_above and new_above and parents[0] & parents[1])
            if is_moved:
                top = "(top level)"
                above = separator.join(old_above) or top, separator.join(new_above) or top
                found.append(("Moved", new_path, topic_id, "", "Parent", *above))
            if old_path != new_path and old_name == new_name and not is_moved:
                carried.add(topic_id)
            if was != is_:
                kind = "Changed"
                if was == "true":
                    kind = "Enabled"
                elif is_ == "true":
                    kind = "Disabled"
                found.append((kind, new_path, topic_id, "", "Disabled", was, is_))
        found += [("Removed", path, topic_id, "", "", path, "") for path, _ in gone]
        found += [("Added", path, topic_id, "", "", "", path) for path, _ in come]
    return found, carried


def answers(before: list[Row], after: list[Row]) -> list[Found]:
    """The changes of answers whose ids are there and whose shared columns agree over their rows, in any order."""
    shared, cells = ("Description", "Audiences"), ("Response Content - Email", "Info Content", "Internal")
    found: list[Found] = []
    for answer_id in {text(row["Id"]) for row in [*before, *after]}:
        old, new = ([row for row in rows if row["Id"] == answer_id] for rows in (before, after))
        title = text((new or old)[0]["Title"])
        languages = ", ".join(sorted({text(row["Language"]) for row in (new or old)} - {""}))
        if not new:
            found.append(("Removed", title, answer_id, languages, "", title, ""))
            continue
        if not old:
            found.append(("Added", title, answer_id, languages, "", "", title))
            continue
        if text(old[0]["Title"]) != title:
            found.append(("Renamed", title, answer_id, "", "Name", text(old[0]["Title"]), title))
        for name in shared:
            if text(old[0][name]) != text(new[0][name]):
                found.append(("Changed", title, answer_id, "", name, text(old[0][name]), text(new[0][name])))
        for language in {text(row["Language"]) for row in [*old, *new]} - {""}:
            was = next((row for row in old if row["Language"] == language), None)
            is_ = next((row for row in new if row["Language"] == language), None)
            if was is None:
                found.append(("Language added", title, answer_id, language, "", "", language))
            elif is_ is None:
                found.append(("Language removed", title, answer_id, language, "", language, ""))
            else:
                for name in cells:
                    if text(was[name]) != text(is_[name]):
                        change = text(was[name]), text(is_[name])
                        found.append(("Changed", title, answer_id, language, name, *change))
    return found
