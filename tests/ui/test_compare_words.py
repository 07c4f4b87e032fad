"""Changes in words: a sign only where there is a change to be seen."""

from __future__ import annotations

import pytest

from gladly_tools.comparing.numbers import MEASURES
from gladly_tools.ui.compare_words import change_of, is_none, percent_of, signed_number

UNITS = {measure.unit: measure for measure in MEASURES}


@pytest.mark.parametrize(
    ("unit", "value", "words", "none"),
    [
        ("minutes", 0.001, "0 s", True),
        ("minutes", -0.5, "-30 s", False),
        ("minutes", 12.34, "+12.3 min", False),
        ("%", -0.04, "0.0 points", True),
        ("%", 0.0, "0.0 points", True),
        ("%", -0.06, "-0.1 points", False),
        ("conversations", 0.0, "0", True),
        ("conversations", 1234.0, "+1,234", False),
        ("conversations", None, None, True),
    ],
)
def test_a_change_too_small_to_be_written_has_no_sign(
    unit: str, value: float | None, words: str | None, none: bool
) -> None:
    change = change_of(value, UNITS[unit])
    assert change == words
    assert is_none(change) is none


@pytest.mark.parametrize(
    ("value", "words"), [(-0.2, "0%"), (0.4, "0%"), (0.0, "0%"), (-0.6, "-1%"), (31.7, "+32%"), (None, "")]
)
def test_percent_of_no_change_has_no_sign(value: float | None, words: str) -> None:
    assert percent_of(value) == words


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [(0, 0, "0"), (12, 0, "+12"), (-1234, 0, "-1,234"), (0.04, 1, "0"), (-0.04, 1, "0"), (0.06, 1, "+0.1")],
)
def test_a_number_that_did_not_change_has_no_sign(value: float, digits: int, words: str) -> None:
    assert signed_number(value, digits=digits) == words
