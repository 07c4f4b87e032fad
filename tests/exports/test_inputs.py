"""Every question takes what it should, refuses what it should with the field's name, and survives the journal."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from gladly_tools.errors import InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.answers import AnswersParameters
from gladly_tools.exports.contact_information import ContactInformationParameters
from gladly_tools.exports.inputs import (
    DateRange,
    Parameters,
    check_parameters,
    describe_parameters,
    dump_parameters,
    load_parameters,
)

MARCH = DateRange(first=date(2026, 3, 1), last=date(2026, 3, 7), zone="America/New_York")


def contact(**changes: Any) -> dict[str, Any]:
    return {"dates": MARCH, "inbox_ids": [], "customers": True, **changes}


@pytest.mark.parametrize(
    ("kind", "answers", "field"),
    [
        (ContactInformationParameters, contact(dates=None), "dates"),
        (
            ContactInformationParameters,
            contact(dates=DateRange(first=date(2026, 3, 2), last=date(2026, 3, 1), zone="UTC")),
            "dates",
        ),
        (
            ContactInformationParameters,
            contact(dates=DateRange(first=date(1990, 1, 1), last=date(2026, 3, 1), zone="UTC")),
            "dates",
        ),
        (
            ContactInformationParameters,
            contact(dates=DateRange(first=date(2026, 3, 1), last=date(2026, 3, 1), zone="Mars/Crater")),
            "dates",
        ),
        (
            ContactInformationParameters,
            contact(dates=DateRange(first=date(2026, 3, 1), last=date(2026, 3, 1), zone="../etc/passwd")),
            "dates",
        ),
        (ContactInformationParameters, contact(inbox_ids=["a b"]), "inbox_ids"),
        (ContactInformationParameters, contact(inbox_ids="abc"), "inbox_ids"),
        (ContactInformationParameters, contact(customers="yes"), "customers"),
        (AnswersParameters, {"languages": ["english"], "answer_ids": []}, "languages"),
        (AnswersParameters, {"languages": ["en_us"], "answer_ids": []}, "languages"),
    ],
)
def test_bad_input_names_its_field_and_says_what_to_do(
    kind: type[Parameters], answers: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        check_parameters(kind, answers)
    assert refused.value.field == field
    assert refused.value.advice


def test_ids_are_trimmed_and_taken_once_in_the_order_given() -> None:
    parameters = check_parameters(ContactInformationParameters, contact(inbox_ids=[" -b ", "a", "", "-b"]))
    assert parameters.inbox_ids == ("-b", "a")


def test_language_codes_are_lower_cased() -> None:
    parameters = check_parameters(AnswersParameters, {"languages": ["EN-us", "es-419"], "answer_ids": []})
    assert parameters.languages == ("en-us", "es-419")


@pytest.mark.parametrize(
    "parameters",
    [
        ContactInformationParameters(dates=MARCH, inbox_ids=("-x", "y"), customers=False),
        AnswersParameters(languages=("en-us",), answer_ids=("é",)),
        Parameters(),
    ],
)
def test_parameters_survive_the_journal(parameters: Parameters) -> None:
    stored = json.loads(json.dumps(dump_parameters(parameters)))
    assert load_parameters(type(parameters), stored) == parameters


def test_parameters_are_described_in_a_few_words() -> None:
    described = describe_parameters(ContactInformationParameters(dates=MARCH))
    assert described == "2026-03-01 to 2026-03-07, America/New_York · all inboxes · with customers"


def test_both_days_of_a_range_count() -> None:
    assert MARCH.days == 7


def test_the_exports_stand_in_the_portals_order() -> None:
    assert list(EXPORTS) == [
        "topics",
        "inboxes",
        "answers",
        "audiences",
        "conversation",
        "customer-conversations",
        "contact-information",
        "freeform-topics",
        "file-export",
        "events",
        "event-history",
        "call-events",
        "ivr-recordings",
    ]


def test_what_an_older_version_stored_takes_the_usual_answer_to_a_newer_question() -> None:
    whole = dump_parameters(ContactInformationParameters(dates=MARCH))
    for name in ("customers", "inbox_ids"):
        older = {key: value for key, value in whole.items() if key != name}
        assert load_parameters(ContactInformationParameters, older) == ContactInformationParameters(dates=MARCH)
    with pytest.raises(InputError, match="Run the export anew"):
        load_parameters(ContactInformationParameters, {"customers": True})
