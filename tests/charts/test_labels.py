"""Labels beside bars: one that is too long for its room stands in two lines, so that it can be read."""

from __future__ import annotations

import json

import pytest

from gladly_tools.charts import DARK, LIGHT, Look
from gladly_tools.charts.drawings import label_axis, text_on_cell


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


def luminance(color: list[float]) -> float:
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def rgb(color: str) -> list[float]:
    return [int(color[place : place + 2], 16) for place in (1, 3, 5)]


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("share", [place / 100 for place in range(1, 101)])
def test_an_amount_can_be_read_on_its_cell_however_many_it_is(share: float, look: Look) -> None:
    place = share**0.5 * (len(look.ramp) - 1)
    below = min(int(place), len(look.ramp) - 2)
    low, high = rgb(look.ramp[below]), rgb(look.ramp[below + 1])
    cell = [one + (other - one) * (place - below) for one, other in zip(low, high, strict=True)]
    dim, bright = sorted((luminance(cell), luminance(rgb(text_on_cell(share, look)))))
    assert (bright + 0.05) / (dim + 0.05) >= 4.45
