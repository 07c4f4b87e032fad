"""The kept snapshots of an export: when, how large, and a way to delete them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from gladly_tools.snapshots import Snapshot
from gladly_tools.ui.account import browser_zone
from gladly_tools.ui.compare_states import words_of
from gladly_tools.ui.job_panel import attempt
from gladly_tools.ui.words import counted, moment, plain, size
from gladly_tools.web.portal import portal
from gladly_tools.web.vault import Session


def kept_snapshots(session: Session, export: str) -> None:
    """A folded list of the account's snapshots of an export; nothing where there are none."""
    runs = portal().runs
    mine = runs.snapshots.of(session.account.owner)
    snapshots = mine.list(export)
    if not snapshots:
        return
    zone = browser_zone()
    total = size(sum(each.bytes for each in snapshots))
    with st.expander(f"Kept snapshots: {len(snapshots):,}, {total}", icon=":material/photo_camera:"):
        days, most = runs.settings.snapshot_days, runs.settings.snapshots_kept
        st.caption(
            plain(
                f"Kept for this account alone, each until {days:g} days after it was last seen, at most {most:,} of an "
                f"export. Deleting a result does not delete its snapshot. Times in {zone}."
            )
        )
        st.dataframe(_listed(snapshots, zone), hide_index=True, alt="The kept snapshots, the newest first")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            labels = {each.id: f"{moment(each.first_at, zone)}, {counted(each.rows, 'row')}" for each in snapshots}
            chosen = st.multiselect(
                "Snapshots to delete",
                list(labels),
                format_func=lambda snapshot_id: labels.get(snapshot_id, snapshot_id),
                placeholder="Choose some",
                key=f"compare:doomed:{export}",
                width=420,
            )
            with st.popover("Delete", icon=":material/delete:", disabled=not chosen):
                st.markdown(f"Delete {counted(len(chosen), 'snapshot')}? This cannot be undone.")
                if st.button("Delete now", type="primary", key=f"compare:delete:{export}"):
                    for snapshot_id in chosen:
                        attempt(lambda snapshot_id=snapshot_id: mine.delete(snapshot_id))  # type: ignore[misc]
                    del st.session_state[f"compare:doomed:{export}"]
                    st.rerun()
            with st.popover("Delete all", icon=":material/delete_sweep:"):
                st.markdown(f"Delete all {counted(len(snapshots), 'snapshot')} listed here? This cannot be undone.")
                if st.button("Delete all now", type="primary", key=f"compare:delete all:{export}"):
                    attempt(lambda: mine.delete_all(export))
                    st.rerun()


def _listed(snapshots: Sequence[Snapshot], zone: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "First seen": [moment(each.first_at, zone) for each in snapshots],
            "Last seen unchanged": [moment(each.last_at, zone) for each in snapshots],
            "Rows": [each.rows for each in snapshots],
            "Size": [size(each.bytes) for each in snapshots],
            "Exported with": [words_of(each.asked) for each in snapshots],
            "Note": [each.note for each in snapshots],
        }
    )
    return frame.loc[:, [name for name in frame if name in ("Rows", "Size") or frame[name].astype(bool).any()]]
