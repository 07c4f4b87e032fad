"""Queries to begin with: those whose columns a table has. Each is a question that somebody asks of such an export."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Example:
    """A question, the columns that it needs, and the query that answers it."""

    title: str
    needs: tuple[str, ...]
    sql: str


def examples_for(columns: Collection[str]) -> Sequence[Example]:
    """The examples that fit a table with these columns."""
    return [example for example in EXAMPLES if all(name in columns for name in example.needs)]


EXAMPLES = (
    Example(
        title="Conversations by inbox and week",
        needs=("Created At", "Inbox Name - Current"),
        sql="""SELECT
  strftime(date_trunc('week', "Created At"), '%Y-%m-%d') AS "Week from",
  "Inbox Name - Current" AS "Inbox",
  count(*) AS "Conversations"
FROM result
GROUP BY ALL
ORDER BY 1, 3 DESC""",
    ),
    Example(
        title="Slowest topics",
        needs=("Topics", "Created-to-Last Closed Time in seconds"),
        sql="""SELECT
  coalesce("Topics", '(no topic)') AS "Topics",
  count(*) AS "Closed conversations",
  round(median("Created-to-Last Closed Time in seconds") / 3600, 1) AS "Median hours to close",
  round(quantile_cont("Created-to-Last Closed Time in seconds", 0.9) / 3600, 1) AS "90th percentile, hours"
FROM result
WHERE "Created-to-Last Closed Time in seconds" IS NOT NULL
GROUP BY ALL
HAVING count(*) >= 5
ORDER BY 3 DESC""",
    ),
    Example(
        title="Customers who came back most",
        needs=("Customer ID", "Conversation ID", "Created At", "First Channel"),
        sql="""SELECT
  "Customer ID",
  count(*) AS "Conversations",
  min("Created At") AS "First",
  max("Created At") AS "Last",
  string_agg(DISTINCT "First Channel", ', ') AS "Channels"
FROM result
GROUP BY ALL
HAVING count(*) > 1
ORDER BY 2 DESC""",
    ),
    Example(
        title="Customers with one e-mail address under two IDs",
        needs=("Email", "Customer ID"),
        sql="""SELECT
  lower(trim("Email")) AS "E-mail",
  count(DISTINCT "Customer ID") AS "Customer IDs",
  list(DISTINCT "Customer ID") AS "Which"
FROM result
WHERE trim("Email") <> ''
GROUP BY ALL
HAVING count(DISTINCT "Customer ID") > 1
ORDER BY 2 DESC""",
    ),
    Example(
        title="First-contact resolution by inbox",
        needs=("Is FCR Eligible", "Is FCR Success", "Inbox Name - Current"),
        sql="""SELECT
  "Inbox Name - Current" AS "Inbox",
  count_if("Is FCR Eligible") AS "Eligible",
  count_if("Is FCR Eligible" AND "Is FCR Success") AS "Resolved at first contact",
  round(100.0 * count_if("Is FCR Eligible" AND "Is FCR Success") / nullif(count_if("Is FCR Eligible"), 0), 1) AS "%"
FROM result
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(
        title="Busiest hours of the week",
        needs=("Created At",),
        sql="""SELECT
  isodow("Created At") AS "Weekday (Monday is 1)",
  hour("Created At") AS "Hour",
  count(*) AS "Rows"
FROM result
GROUP BY ALL
ORDER BY 3 DESC""",
    ),
    Example(
        title="Messages by type",
        needs=("content.type",),
        sql="""SELECT
  "content.type" AS "Type",
  count(*) AS "Items",
  count(DISTINCT "conversationId") AS "Conversations"
FROM result
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(
        title="How long until the next item of the conversation",
        needs=("conversationId", "timestamp", "content.type", "initiator.type"),
        sql="""SELECT
  "conversationId",
  "timestamp",
  "initiator.type" AS "By",
  "content.type" AS "Type",
  date_diff('minute', lag("timestamp") OVER earlier, "timestamp") AS "Minutes since the one before"
FROM result
WINDOW earlier AS (PARTITION BY "conversationId" ORDER BY "timestamp")
ORDER BY 5 DESC NULLS LAST""",
    ),
    Example(
        title="Agents with their items",
        needs=("Responder", "content.type"),
        sql="""SELECT
  "Responder",
  count(*) AS "Items",
  count(DISTINCT "conversationId") AS "Conversations"
FROM result
WHERE "Responder" IS NOT NULL
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(
        title="Events by type and hour",
        needs=("type", "timestamp", "initiator.type"),
        sql="""SELECT
  date_trunc('hour', "timestamp") AS "Hour",
  "type" AS "Event",
  count(*) AS "Events"
FROM result
GROUP BY ALL
ORDER BY 1, 3 DESC""",
    ),
    Example(
        title="Events by type",
        needs=("Event Type", "Timestamp"),
        sql="""SELECT
  "Event Type",
  count(*) AS "Events",
  min("Timestamp") AS "First",
  max("Timestamp") AS "Last"
FROM result
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(
        title="Conversations by status and inbox",
        needs=("status", "createdAt", "Inbox"),
        sql="""SELECT
  "Inbox",
  "status" AS "Status",
  count(*) AS "Conversations",
  max("createdAt") AS "Latest"
FROM result
GROUP BY ALL
ORDER BY 3 DESC""",
    ),
    Example(
        title="Answers by language, and how long they are",
        needs=("Language", "Title", "Response Content - Messaging"),
        sql="""SELECT
  "Language",
  count(*) AS "Answers",
  count("Response Content - Messaging") AS "With a text for messaging",
  round(avg(length("Response Content - Messaging"))) AS "Characters on average"
FROM result
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(
        title="Names that are there twice",
        needs=("name", "id"),
        sql="""SELECT
  lower(trim("name")) AS "Name",
  count(*) AS "Times",
  list("id") AS "IDs"
FROM result
GROUP BY ALL
HAVING count(*) > 1
ORDER BY 2 DESC""",
    ),
    Example(
        title="Topics by their first level",
        needs=("Id", "Disabled", "Name"),
        sql="""SELECT
  trim(split_part("Name", '>>', 1)) AS "First level",
  count(*) AS "Topics",
  count_if("Disabled") AS "Disabled"
FROM result
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(
        title="Time between the events of the call",
        needs=("event", "seconds", "participant.name"),
        sql="""SELECT
  "seconds",
  round("seconds" - lag("seconds") OVER (ORDER BY "seconds"), 1) AS "Since the one before",
  "event",
  "participant.name"
FROM result
ORDER BY "seconds\"""",
    ),
    Example(
        title="Prompts by IVR",
        needs=("IVR Name", "Seconds"),
        sql="""SELECT
  "IVR Name",
  count(*) AS "Prompts",
  round(sum("Seconds") / 60, 1) AS "Minutes"
FROM result
GROUP BY ALL
ORDER BY 2 DESC""",
    ),
    Example(title="The first rows", needs=(), sql="SELECT *\nFROM result\nLIMIT 100"),
    Example(title="Every column at a glance", needs=(), sql="SUMMARIZE result"),
)
