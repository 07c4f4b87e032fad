"""Makes reports for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import altair as alt
import pandas as pd

from gladly_tools.charts import Chart, Figure, Figures
from gladly_tools.report_file.contents import Part, Report
from gladly_tools.results.manifest import Note

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</style></svg><iframe src=//evil.example>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp;",
    "]]><!-- http://evil.example/?a=1&b=2",
    '=HYPERLINK("http://evil.example")',
    "\x00\x1b\x7f \u202eback to front",
)
FRAME = pd.DataFrame({"Inbox": ["Returns", "Sales"], "Conversations": [1234, 5], "Median, minutes": [12.5, 0.3333]})


def blank(specs: Sequence[object]) -> list[str]:
    """A drawing with nothing in it for each."""
    return ['<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" viewBox="0 0 10 10"></svg>' for _ in specs]


def chart_of(frame: pd.DataFrame, **more: Any) -> Chart:
    """Bars over the first two columns of a frame."""
    label, amount, *_ = frame.columns

    def drawn(shown: pd.DataFrame, _look: object) -> alt.Chart:
        named = shown.rename(columns={label: "label", amount: "amount"})
        return alt.Chart(named).mark_bar(tooltip=True).encode(x="amount:Q", y="label:N", tooltip=["label:N"])

    usual: dict[str, Any] = {"key": "bars", "title": "Bars", "words": "Bars of inboxes", "drawn": drawn, "height": 120}
    return Chart(frame=frame, **(usual | more))


def report_with(*drawn: Chart | Figures, **more: Any) -> Report:
    """A report of these charts."""
    report = Report(
        title="Conversation Contact Information",
        organization="Brightleaf Home & Garden",
        period="9 to 12 Mar 2026, America/New_York",
        made_by="alex.rivera@brightleaf.example",
        made_at=datetime(2026, 3, 20, 18, 30, tzinfo=UTC),
        exported_at=datetime(2026, 3, 20, 18, 0, tzinfo=UTC),
        zone="America/New_York",
        parameters=(("Created", "2026-03-09 to 2026-03-12, America/New_York"),),
        filters=(),
        taken=1239,
        rows=1239,
        missing=(),
        notes=(),
        caveat="",
        parts=(Part(title="Volume", drawn=drawn),),
    )
    return replace(report, **more)


def hostile_report(text: str) -> Report:
    """A report in which every text that anybody may choose is this one."""
    frame = pd.DataFrame({text: [text, "tame"], f"{text} count": [2, 1]})
    figures = Figures(
        key="figures", figures=(Figure(label=text, number=1, shown=text, basis=text, help=text),), notes=(text,)
    )
    chart = chart_of(frame, title=text, words=text, help=text, notes=(text,), colors=lambda _look: [("#0f6b4f", text)])
    return report_with(
        figures,
        chart,
        title=text,
        organization=text,
        period=text,
        made_by=text,
        parameters=((text, text),),
        filters=(text,),
        missing=(Note(level="partial", text=text),),
        notes=(Note(level="info", text=text),),
        caveat=text,
    )
