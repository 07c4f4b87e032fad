from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gladly_tools.errors import InputError
from gladly_tools.search import parse_contact, parse_contacts, split_contacts
from gladly_tools.search.contacts import ContactTest
from gladly_tools.search.customers import contacts_of, matching_customer, matching_customers


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("Ann@Example.COM", "e-mail address ann@example.com"),
        ("Ann Example <ann@example.com>", "e-mail address ann@example.com"),
        ("ann+orders@sub.example.com", "e-mail address ann+orders@sub.example.com"),
        ("+16505550100", "phone number +16505550100"),
        ("+1 (650) 555-0100", "phone number +16505550100"),
        ("@Example.com", "every address at example.com, without subdomains"),
        ("@*.example.com", "every address at any subdomain of example.com"),
    ],
)
def test_a_contact_is_shown_as_it_was_understood(written: str, understood: str) -> None:
    assert parse_contact(written).describe() == understood


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("0650 123 4567", "E.164"),
        ("6505550100", "E.164"),
        ("+0650 123 4567", "E.164"),
        ("00 1 650 555 0100", "E.164"),
        ("+123", "E.164"),
        ("+1234567890123456", "E.164"),
        ("example.com", "@example.com"),
        ("@example", "@example.com"),
        ("@", "@example.com"),
        ("@*.", "@*.example.com"),
        ("@*example.com", "@*.example.com"),
        ("*@example.com", "@example.com"),
        ("ann@bob@example.com", "whole address"),
        ("ann b@example.com", "whole address"),
        ("ann@localhost", "@example.com"),
        ("ann", "country code"),
    ],
)
def test_what_is_no_contact_is_refused_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_contact(written)
    assert hint in caught.value.advice
    assert caught.value.field == "contacts"
    assert written in caught.value.what


def test_a_list_is_pasted_one_a_line_or_with_commas_and_none_counts_twice() -> None:
    found = parse_contacts("ann@example.com, @example.com\r\n\n ANN@example.com;+16505550100,")
    assert [contact.value for contact in found] == ["ann@example.com", "example.com", "+16505550100"]
    assert parse_contacts(" \n,") == ()
    assert split_contacts("ann@example.com,\n 0650 ") == ["ann@example.com", "0650"], (
        "so that each can be shown as it is"
    )


@pytest.mark.parametrize(
    ("contact", "text", "holds"),
    [
        ("ann@example.com", "ANN@EXAMPLE.COM", True),
        ("ann@example.com", "Ann <ann@example.com>", True),
        ("ann@example.com", "ann@example.com <eve@other.test>", False),
        ("ann@example.com", "eve@other.test, Ann <ann@example.com>", True),
        ("ann@example.com", "joann@example.com", False),
        ("ann@example.com", "ann@example.com.evil.test", False),
        ("ann@example.com", " ann@example.com\n", True),
        ("@example.com", "x@example.com", True),
        ("@example.com", "X <x@Example.com>", True),
        ("@example.com", "x@sub.example.com", False),
        ("@example.com", "x@notexample.com", False),
        ("@example.com", "example.com", False),
        ("@*.example.com", "x@sub.example.com", True),
        ("@*.example.com", "x@a.b.example.com", True),
        ("@*.example.com", "x@example.com", False),
        ("@*.example.com", "x@badexample.com", False),
        ("+16505550100", "+16505550100", True),
        ("+16505550100", "+1 (650) 555-0100", True),
        ("+16505550100", "Ann <+16505550100>", True),
        ("+16505550100", "(650) 555-0100", False),
        ("+16505550100", "16505550100", False),
        ("+16505550100", "+165055501001", False),
        ("+16505550100", "", False),
    ],
)
def test_a_text_of_the_data_is_a_contact_or_not(contact: str, text: str, holds: bool) -> None:
    assert ContactTest([parse_contact(contact)]).holds(text) is holds


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'{"id":"a","emailAddresses":["x@y.test","ann@example.com"]}', "a"),
        (b'{"id":"a","phoneNumbers":["+16505550100"]}', "a"),
        (b'{"id":"a","emailAddresses":"ann@example.com"}', "a"),
        (b'{"id":"a","emails":[{"normalized":"ann@example.com","original":"x"}]}', "a"),
        (b'{"id":"a","phones":[{"original":"+1 650 555 0100"}],"emailAddresses":[]}', "a"),
        (b'{"id":"a","emailAddresses":["\\ud83d",null,5,"ann@example.com"]}', "a"),
        ('{"id":"a","name":"Á","emailAddresses":["ann@example.com"]}'.encode(), "a"),
        (b'{"emailAddresses":["ann@example.com"]}', None),
        (b'{"id":7,"emailAddresses":["ann@example.com"]}', None),
        (b'{"id":"a","name":"ann@example.com","emailAddresses":null}', None),
    ],
)
def test_a_customer_is_found_by_any_address_or_number_in_either_shape(line: bytes, key: str | None) -> None:
    test = ContactTest(parse_contacts("ann@example.com, +16505550100"))
    assert matching_customer(line, test) == key


_WRITTEN = st.sampled_from(
    ["ann@example.com", "ANN@Example.com", "bob@example.com", "+1 650-555-0100", "x, ann@example.com"]
)
_CUSTOMERS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "é", 7]),
        "name": st.sampled_from(["ann@example.com", "É"]),
        "emailAddresses": st.lists(_WRITTEN, max_size=2) | st.none() | _WRITTEN,
        "phoneNumbers": st.lists(_WRITTEN, max_size=2),
        "emails": st.just([{"normalized": "ann@example.com"}]),
    },
)


def _line_of(record: object, *, is_escaped: bool) -> bytes:
    text = json.dumps(record, ensure_ascii=False)
    return (text.replace("a", r"\u0061").replace("+", r"\u002B") if is_escaped else text).encode() + b"\n"


@given(
    records=st.lists(st.tuples(_CUSTOMERS, st.booleans()), max_size=5),
    broken=st.sampled_from([b"", b"\n", b"{broken\n", b'{"id":"z\xff"}\n', b'{"id":"a"']),
)
def test_customers_looked_at_together_are_those_found_one_by_one(
    records: list[tuple[object, bool]], broken: bytes
) -> None:
    test = ContactTest(parse_contacts("ann@example.com, +16505550100"))
    lines = [_line_of(record, is_escaped=is_escaped) for record, is_escaped in records]
    one_by_one = [key for line in lines if (key := matching_customer(line, test)) is not None]
    assert list(matching_customers(b"".join(lines) + broken, test)) == one_by_one


def test_contacts_of_a_customer_are_only_texts() -> None:
    record = {"emailAddresses": ["a", 1], "emails": [{"normalized": "b", "original": None}, "c"], "phones": {"x": 1}}
    assert list(contacts_of(record)) == ["a", "b", "c"]
