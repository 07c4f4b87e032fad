"""Charts of the tables that are smaller or simpler: items, a customer's conversations, answers.

None of topics, inboxes and audiences, which are lists of names: a chart would count disabled ones, and a filter does.
None of call events and recordings of prompts, which have a view of their own. Bulk results tell what became of each ID
where the run is shown, and are no result of an export.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gladly_tools.charts.activity import Activity, activity_charts
from gladly_tools.charts.bar_charts import ROWS, count_bars
from gladly_tools.charts.dashboard import Dashboard, Drawn, Scope, Section
from gladly_tools.insights import Grouping, counts_by

ITEMS = Activity(
    one="item",
    time="timestamp",
    type="content.type",
    who=Grouping(column="initiator.type", one="initiator", many="initiators"),
)
STATUS = Grouping(column="status", one="status", many="statuses")
INBOX = Grouping(column="Inbox", one="inbox", many="inboxes")
LANGUAGE = Grouping(column="Language", one="language", many="languages")
AUDIENCE = Grouping(column="Audiences", one="audience", many="audiences")


def _item_charts(scope: Scope) -> Iterator[Drawn]:
    yield from activity_charts(scope, ITEMS)


def _customer_charts(scope: Scope) -> Iterator[Drawn]:
    yield from _counts(scope, ROWS, (STATUS, INBOX))


def _answer_charts(scope: Scope) -> Iterator[Drawn]:
    yield from _counts(scope, "Answers", (LANGUAGE, AUDIENCE))


def _counts(scope: Scope, noun: str, groupings: Sequence[Grouping]) -> Iterator[Drawn]:
    for grouping in groupings:
        if scope.has(grouping.column):
            yield count_bars(
                counts_by(scope.table, scope.query, grouping),
                key=f"by-{grouping.one}",
                title=f"{noun} by {grouping.one}",
                grouping=grouping,
                noun=noun,
            )


ITEM_CHARTS = Dashboard(sections=(Section(title="Items", draw=_item_charts),), columns=ITEMS.columns)
CUSTOMER_CHARTS = Dashboard(sections=(Section(title="Conversations", draw=_customer_charts),))
ANSWER_CHARTS = Dashboard(sections=(Section(title="Answers", draw=_answer_charts),))
