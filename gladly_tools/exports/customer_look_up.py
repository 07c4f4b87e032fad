"""Who a conversation's customer is: seven columns beside the report's, from one look-up per customer."""

from __future__ import annotations

import json

from gladly_tools.api import Customer
from gladly_tools.exports.conversation_report import CUSTOMER
from gladly_tools.exports.export import Workbench
from gladly_tools.exports.inputs import JsonValue
from gladly_tools.exports.look_ups import Known, LookUp
from gladly_tools.results.schema import Column, Kind

CUSTOMER_COLUMNS = (
    Column(name="Name", help="The customer's name", name_of=CUSTOMER),
    Column(name="Address", help="The customer's address"),
    Column(name="Email", help="The customer's primary e-mail address, else the first"),
    Column(name="Phone", help="The customer's primary phone number (E.164), else the first"),
    Column(name="Phone Type", kind=Kind.CHOICE, help="Type of that phone number; empty when unknown"),
    Column(name="SMS Preference", kind=Kind.CHOICE, help="Whether the customer takes SMS on that number"),
    Column(name="External Customer IDs", help="Ids in other systems: JSON by adaptor, or the one id of older profiles"),
)


def _ask_customer(workbench: Workbench, customer_id: str) -> Known:
    customer = workbench.client.customers.get(customer_id)
    became = "gone" if customer is None else "merged" if customer.moved_from else "found"
    return Known(became=became, cells=customer_row(customer))


CUSTOMERS = LookUp(
    column=CUSTOMER,
    kind="customer",
    noun="customers",
    ask=_ask_customer,
    remarks={
        "gone": "Customers deleted in Gladly; their seven columns are empty",
        "merged": "Customers merged into another profile, whose details are given",
    },
    unreadable="Customers whose profile Gladly did not send as it should; their seven columns are empty",
)


def customer_row(customer: Customer | None) -> dict[str, JsonValue]:
    """The seven customer columns; a deleted customer has none of them."""
    if customer is None:
        return {}
    phone, email = customer.phone, customer.email
    outside = customer.external_customer_ids
    return {
        "Name": customer.name,
        "Address": customer.address,
        "Email": None if email is None else email.original or email.normalized,
        "Phone": None if phone is None else phone.normalized or phone.original,
        "Phone Type": None if phone is None else phone.type,
        "SMS Preference": None if phone is None else phone.sms_preference,
        "External Customer IDs": json.dumps(outside, ensure_ascii=False) if outside else customer.external_customer_id,
    }
