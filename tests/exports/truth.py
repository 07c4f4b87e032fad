"""What each export must hold, told from the demo company's own data, without any of the client's code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from gladly_tools.demo import Company

FIRST, LAST, ZONE = date(2026, 3, 4), date(2026, 3, 12), "America/New_York"
LANGUAGES = ("en-us", "es-419")

ANSWERS: Mapping[str, dict[str, Any]] = {
    "contact-information": {"dates": (FIRST, LAST, ZONE), "inbox_ids": (), "customers": True},
    "answers": {"languages": LANGUAGES, "answer_ids": ()},
}
"""What is asked for in these tests, by export; nothing for the others."""

Rows = Iterator[dict[str, Any]]


def topics(company: Company) -> Rows:
    for topic in company.topics:
        yield {"Id": topic.id, "Disabled": topic.disabled, "Name": company.topic_path(topic.id)}


def inboxes(company: Company) -> Rows:
    for inbox in company.inboxes:
        yield {"id": inbox.id, "name": inbox.name, "disabled": inbox.disabled}


def audiences(company: Company) -> Rows:
    for audience in company.audiences:
        yield {"id": audience.id, "name": audience.name}


def answers(company: Company) -> Rows:
    names = {audience.id: audience.name for audience in company.audiences}
    for answer in company.answers:
        common = {
            "Id": answer.id,
            "Title": answer.name,
            "Description": answer.description,
            "Audiences": ",".join(names[audience] for audience in answer.audience_ids or ()),
        }
        languages = [code for code in LANGUAGES if any(language == code for language, _type in answer.contents)]
        for language in languages or [None]:
            row: dict[str, Any] = dict.fromkeys(
                (
                    "Response Content - Email",
                    "Response Content - Messaging",
                    "Response Content - Public",
                    "Response Title - Public",
                    "Info Content",
                    "Internal",
                    "Email Subject",
                )
            )
            for (code, kind), content in answer.contents.items():
                if code != language:
                    continue
                if kind == "email":
                    row["Response Content - Email"], row["Email Subject"] = content.body_html, content.subject
                elif kind == "messaging":
                    row["Response Content - Messaging"] = content.body_html
                elif kind == "public":
                    row["Response Content - Public"] = content.body_html
                    row["Response Title - Public"] = content.title
                else:
                    row["Info Content"], row["Internal"] = content.body_html, content.internal
            yield {**common, **row, "Language": language}


def contact_information(company: Company) -> Rows:
    for row in company.report_rows(FIRST, LAST, ZONE):
        sent = {name: cell or None for name, cell in row.items()}
        yield {**sent, **customer_columns(company, row["Customer ID"])}


def customer_columns(company: Company, customer_id: str) -> dict[str, Any]:
    columns: dict[str, Any] = dict.fromkeys(
        ("Name", "Address", "Email", "Phone", "Phone Type", "SMS Preference", "External Customer IDs")
    )
    try:
        customer = company.customers[customer_id]
    except KeyError:
        return columns
    columns |= {"Name": customer.name, "Address": customer.address}
    if customer.emails:
        columns["Email"] = next((email for email in customer.emails if email.primary), customer.emails[0]).original
    if customer.phones:
        phone = next((phone for phone in customer.phones if phone.primary), customer.phones[0])
        columns |= {
            "Phone": phone.normalized,
            "Phone Type": phone.type,
            "SMS Preference": phone.sms_preference,
        }
    if customer.external_customer_ids:
        columns["External Customer IDs"] = json.dumps(customer.external_customer_ids, ensure_ascii=False)
    elif customer.external_customer_id:
        columns["External Customer IDs"] = customer.external_customer_id
    return columns


TRUTH: Mapping[str, Callable[[Company], Rows]] = {
    "topics": topics,
    "inboxes": inboxes,
    "answers": answers,
    "audiences": audiences,
    "contact-information": contact_information,
}
