"""How a report looks: one column that reads the same on a sheet of A4, on a screen and on a telephone."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light; --ink: #0a100d; --soft: #55605b; --line: #dde5e1; --main: #0f6b4f; --tint: #f2f6f4;
  --warn: #7a3d00; --warn-paper: #fff5e6; --warn-line: #e6a04d; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 768px; margin: 0 auto; padding: 40px 24px 56px; overflow-wrap: anywhere; }
p { margin: 0; }
h1 { margin: 2px 0 6px; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; text-wrap: balance; }
h2 { margin: 44px 0 0; padding-bottom: 6px; border-bottom: 2px solid var(--main); font-size: 19px; line-height: 1.3; }
h3 { margin: 0; font-size: 16px; line-height: 1.35; }
.organization { color: var(--main); font-weight: 600; }
.lead, .soft { color: var(--soft); }
.soft { font-size: 13px; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 24px 0 0; padding: 14px 16px;
  border-radius: 8px; background: var(--tint); font-size: 14px; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.facts ul { margin: 0; padding: 0; list-style: none; }
.missing { margin: 24px 0 0; padding: 14px 16px; border: 1px solid var(--warn-line); border-left-width: 5px;
  border-radius: 8px; background: var(--warn-paper); color: var(--warn); }
.missing ul { margin: 4px 0 0; padding-left: 20px; }
.notes ul { margin: 12px 0 0; padding-left: 20px; font-size: 14px; }
.notes li { margin: 0 0 4px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(126px, 1fr)); gap: 10px;
  margin: 24px 0 0; }
.figure { display: grid; grid-row: span 3; grid-template-rows: subgrid; gap: 0; padding: 12px 13px;
  border: 1px solid var(--line); border-radius: 8px; break-inside: avoid; }
.figure b { display: block; margin: 2px 0; font-size: 21px; line-height: 1.3; overflow-wrap: normal;
  font-weight: 600; font-variant-numeric: tabular-nums; }
.figure span { display: block; color: var(--soft); font-size: 13px; line-height: 1.4; }
.figure .label { align-self: end; color: var(--ink); }
article { margin: 28px 0 0; break-inside: avoid; }
article > .soft { margin-top: 2px; }
svg { display: block; width: 100%; height: auto; margin: 12px 0 0; }
svg.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 10px 0 0; padding: 0; list-style: none;
  font-size: 13px; }
.legend i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 2px; }
.caption { margin: 6px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.empty { margin-top: 10px; padding: 14px 16px; border: 1px dashed var(--line); border-radius: 8px; color: var(--soft); }
details { margin: 8px 0 0; font-size: 13px; }
summary { width: max-content; padding: 3px 0; color: var(--main); cursor: pointer; }
summary:focus-visible { outline: 2px solid var(--main); outline-offset: 3px; border-radius: 3px; }
.scroll { max-height: 420px; overflow: auto; margin-top: 4px; border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  unicode-bidi: isolate; }
th { position: sticky; top: 0; background: var(--tint); font-weight: 600; }
tbody tr:last-child td { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
footer { margin-top: 48px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media screen and (max-width: 560px) {
  main { padding: 24px 16px 40px; }
  h1 { font-size: 24px; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd + dt { margin-top: 8px; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  svg.wide { display: none; }
  svg.narrow { display: block; }
}
@page { size: A4; margin: 15mm 14mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h1 { font-size: 20pt; }
  h2 { margin-top: 26px; break-after: avoid; }
  h3 { break-after: avoid; }
  article { margin-top: 20px; }
  summary, details:not([open]) { display: none; }
  .scroll { max-height: none; overflow: visible; }
  th { position: static; }
  tr, .notes { break-inside: avoid; }
}
"""
