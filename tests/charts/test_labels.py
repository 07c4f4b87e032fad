"""Labels beside bars: one that is too long for its room stands in two lines, so that it can be read."""

from __future__ import annotations

import json

import pytest

from gladly_tools.charts.drawings import label_axis


def labels_of(labels: list[str], *, nested: bool = False) -> tuple[object, object]:
    """The lines of each label, and how far each is raised, as the drawing is told."""
    axis = label_axis(labels, nested=nested).to_dict()["axis"]
    lines, raised = (
        expression.removesuffix("[datum.value]") for expression in (axis["labelExpr"], axis["labelOffset"]["expr"])
    )
    return json.loads(lines), json.loads(raised.removeprefix("-"))


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("EMAIL", "EMAIL"),
        ("AGENT_AVAILABILITY/UPDATED", ["AGENT_AVAILABILITY/", "UPDATED"]),
        ("CONVERSATION_CUSTOMER_CHANGED", ["CONVERSATION_", "CUSTOMER_CHANGED"]),
        ("Returns and exchanges of gift orders", ["Returns and exchanges", "of gift orders"]),
        ("ALLINONEWORDTHATNOBODYCANPARTATALL", "ALLINONEWORDTHATNOBODYCANPARTATALL"),
    ],
)
def test_a_long_label_is_parted_where_words_meet(label: str, lines: object) -> None:
    (found,), (raised,) = labels_of([label])  # type: ignore[misc]
    assert found == lines
    assert raised == (6 if isinstance(lines, list) else 0)


def test_the_labels_of_a_tree_stay_in_one_line() -> None:
    label = "AGENT_AVAILABILITY/UPDATED"
    assert labels_of([label], nested=True) == ([label], [0])
