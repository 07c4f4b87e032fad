"""The headline figures of conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gladly_tools.insights.columns import CUSTOMER, FCR_ELIGIBLE, FCR_SUCCESS, HANDLE_TIME, OPEN, REOPENED, STATUS
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The headline figures; None where there is nothing to go by. Times in seconds, shares from 0 to 1.

    `with_reopened` conversations say how often they were reopened.
    """

    conversations: int
    customers: int
    open_now: int
    with_handle_time: int
    median_seconds: float | None
    p90_seconds: float | None
    fcr_eligible: int
    fcr_rate: float | None
    with_reopened: int
    reopen_rate: float | None


def headline(table: Table, query: Query) -> Headline:
    """The headline figures of the conversations that the query takes."""
    row = table.frame(
        f"""
        SELECT count(*) AS conversations, count(DISTINCT "{CUSTOMER}") AS customers,
               count(*) FILTER (WHERE "{STATUS}" = '{OPEN}') AS open_now,
               count("{HANDLE_TIME}") AS with_handle_time, quantile_cont("{HANDLE_TIME}", [0.5, 0.9]) AS quantiles,
               count(*) FILTER (WHERE "{FCR_ELIGIBLE}") AS fcr_eligible,
               count(*) FILTER (WHERE "{FCR_ELIGIBLE}" AND "{FCR_SUCCESS}") AS fcr_success,
               count("{REOPENED}") AS with_reopened,
               count(*) FILTER (WHERE "{REOPENED}" > 0) AS reopened
        FROM rows
        """,
        query,
    ).iloc[0]
    median, p90 = pair(row["quantiles"])
    return Headline(
        conversations=int(row["conversations"]),
        customers=int(row["customers"]),
        open_now=int(row["open_now"]),
        with_handle_time=int(row["with_handle_time"]),
        median_seconds=median,
        p90_seconds=p90,
        fcr_eligible=int(row["fcr_eligible"]),
        fcr_rate=_share(row["fcr_success"], row["fcr_eligible"]),
        with_reopened=int(row["with_reopened"]),
        reopen_rate=_share(row["reopened"], row["with_reopened"]),
    )


def pair(cell: Any) -> tuple[float | None, float | None]:
    """Two quantiles as the engine gives them; None where there was nothing to take them of."""
    if cell is None or (isinstance(cell, float) and pd.isna(cell)):
        return None, None
    first, second = cell
    return float(first), float(second)


def _share(part: Any, whole: Any) -> float | None:
    return int(part) / int(whole) if int(whole) else None
