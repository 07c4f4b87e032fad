"""Customers, and where one is found that was merged into another."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from gladly_tools.api import Client, Customer, Email, Phone
from gladly_tools.errors import UnexpectedAnswer
from tests.told import is_told

PATH = "/api/v1/customer-profiles"


def moved(new: str) -> httpx.Response:
    """The answer for a customer that was merged."""
    return httpx.Response(
        301, json={"errors": [{"attr": "customerId", "code": "moved", "meta": {"old": "x", "new": new}}]}
    )


def test_a_customer_is_read_in_full(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{PATH}/c").respond(
        json={
            "id": "c",
            "name": "Ida Brook",
            "address": "1 Mill Lane",
            "emails": [{"original": "I@x.test"}, {"original": "J@x.test", "normalized": "j@x.test", "primary": True}],
            "phones": [
                {"original": "555", "type": "", "smsPreference": "LATER"},
                {
                    "original": "556",
                    "normalized": "+1556",
                    "extension": 9,
                    "type": "MOBILE",
                    "smsPreference": "ON",
                    "primary": True,
                },
            ],
            "externalCustomerId": "old-1",
            "externalCustomerIds": {"shop": "17", "crm": 18, "none": None},
            "customAttributes": {"any": ["thing"]},
        }
    )
    assert client.customers.get("c") == Customer(
        id="c",
        name="Ida Brook",
        address="1 Mill Lane",
        emails=(
            Email(original="I@x.test", normalized=None, primary=False),
            Email(original="J@x.test", normalized="j@x.test", primary=True),
        ),
        phones=(
            Phone(original="555", normalized=None, extension=None, type="", sms_preference="LATER", primary=False),
            Phone(original="556", normalized="+1556", extension="9", type="MOBILE", sms_preference="ON", primary=True),
        ),
        external_customer_id="old-1",
        external_customer_ids={"shop": "17", "crm": "18"},
        moved_from=(),
    )


def test_the_primary_contact_counts_else_the_first(gladly: respx.MockRouter, client: Client) -> None:
    contacts = [{"original": "1"}, {"original": "2", "primary": True}]
    gladly.get(f"{PATH}/c").respond(json={"id": "c", "emails": contacts, "phones": contacts[:1]})
    gladly.get(f"{PATH}/d").respond(json={"id": "d", "emails": None})
    customer, bare = client.customers.get("c"), client.customers.get("d")
    assert customer is not None
    assert bare is not None
    assert customer.email is not None
    assert customer.email.original == "2"
    assert customer.phone is not None
    assert customer.phone.original == "1"
    assert customer.phone.primary is False
    assert bare.email is None
    assert bare.phone is None
    assert bare.external_customer_ids is None


def test_merges_are_followed_and_remembered(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{PATH}/a").mock(return_value=moved("b/1"))
    gladly.get(f"{PATH}/b%2F1").mock(return_value=moved("c"))
    gladly.get(f"{PATH}/c").respond(json={"id": "c"})
    customer = client.customers.get("a")
    assert customer is not None
    assert (customer.id, customer.moved_from) == ("c", ("a", "b/1"))


def test_a_deleted_customer_is_none_also_at_the_end_of_merges(gladly: respx.MockRouter, client: Client) -> None:
    gladly.get(f"{PATH}/a").mock(return_value=moved("b"))
    gladly.get(f"{PATH}/b").respond(404, json={"errors": {"code": "not_exist"}})
    assert client.customers.get("a") is None
    assert client.customers.get("b") is None


@pytest.mark.parametrize("steps", [["b", "a"], ["a"]])
def test_merges_in_a_circle_end(gladly: respx.MockRouter, client: Client, steps: list[str]) -> None:
    for old, new in zip(["a", *steps], steps, strict=False):
        gladly.get(f"{PATH}/{old}").mock(return_value=moved(new))
    with pytest.raises(UnexpectedAnswer, match="merged again and again") as caught:
        client.customers.get("a")
    assert is_told(caught.value)


def test_ten_merges_are_followed_and_no_more(gladly: respx.MockRouter, client: Client) -> None:
    for number in range(11):
        gladly.get(f"{PATH}/{number}").mock(return_value=moved(str(number + 1)))
    route = gladly.get(f"{PATH}/11", name="too far")
    with pytest.raises(UnexpectedAnswer):
        client.customers.get("0")
    route.respond(json={"id": "11"})
    customer = client.customers.get("1")
    assert customer is not None
    assert len(customer.moved_from) == 10


@pytest.mark.parametrize("body", [b"", b"moved", b'{"errors":[{"code":"moved"}]}'])
@pytest.mark.parametrize(
    ("location", "found"),
    [
        (f"{PATH}/b%201", True),
        (f"https://ACME.gladly.com{PATH}/b%201", True),
        (None, False),
        (f"https://evil.test{PATH}/b%201", False),
        (f"//evil.test{PATH}/b%201", False),
        (f"http://acme.gladly.com{PATH}/b%201", False),
        (f"https://acme.gladly.com@evil.test{PATH}/b%201", False),
        (f"https://acme.gladly.com:444{PATH}/b%201", False),
        ("/api/v1/agents/b%201", False),
        (f"{PATH}/../agents/b%201", False),
        (f"{PATH}/", False),
        ("https://[", False),
    ],
)
def test_without_a_readable_body_only_a_location_in_the_same_list_counts(
    client: Client, body: bytes, location: str | None, found: bool
) -> None:
    with respx.mock(base_url="https://acme.gladly.com", assert_all_called=found) as gladly:
        headers: dict[str, Any] = {} if location is None else {"Location": location}
        gladly.get(f"{PATH}/a").mock(return_value=httpx.Response(301, headers=headers, content=body))
        gladly.get(f"{PATH}/b%201").respond(json={"id": "b 1"})
        if found:
            customer = client.customers.get("a")
            assert customer is not None
            assert customer.moved_from == ("a",)
        else:
            with pytest.raises(UnexpectedAnswer, match="customer a was merged, but not into which one") as caught:
                client.customers.get("a")
            assert is_told(caught.value)


@pytest.mark.parametrize("body", [{"id": "c", "emails": {}}, {"id": "c", "phones": ["1"]}, {"id": "c", "name": []}, []])
def test_a_profile_of_another_shape_is_unexpected_and_not_shown(
    gladly: respx.MockRouter, client: Client, body: Any
) -> None:
    gladly.get(f"{PATH}/c").respond(json=body)
    with pytest.raises(UnexpectedAnswer, match="customer-profiles"):
        client.customers.get("c")
