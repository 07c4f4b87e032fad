"""The recorded prompts of the telephone menus as a list, of which one can be played."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gladly_tools.exports.ivr_recordings import FAILED, NO_AUDIO, NOT_AUDIO
from gladly_tools.results.store import Result
from gladly_tools.results.table import Table
from gladly_tools.ui.words import counted, plain, size
from gladly_tools.web.vault import Session

MOST_PROMPTS = 5000
_SILENT: Mapping[str, str] = {
    NO_AUDIO: "Gladly has no audio of this prompt.",
    NOT_AUDIO: "What Gladly has for this prompt is no MP3, so it was not kept.",
    FAILED: "Gladly did not give the audio of this prompt. Export again to try once more.",
}


def why_silent(status: str) -> str:
    """Why a prompt of this status cannot be heard."""
    return _SILENT.get(status, "There is no audio.")


def prompts(_session: Session, result: Result, _job_id: str, place: str) -> None:
    """Every prompt with its menu; the one that is chosen is read from disk and played on request."""
    table = Table(result)
    frame = table.page(columns=["IVR Name", "Prompt Name", "Seconds", "Status", "File", "Bytes"], limit=MOST_PROMPTS)
    st.caption("Choose a row to listen to it. The ZIP under Download holds every file and the list.")
    chosen = st.dataframe(
        frame[["IVR Name", "Prompt Name", "Seconds", "Status"]],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={"Seconds": st.column_config.NumberColumn(format="%.1f s", width="small")},
        height=min(38 + 35 * len(frame), 460),
        key=f"prompts:{place}",
        alt="The recorded prompts and the telephone menus they belong to",
    )
    rows = chosen["selection"]["rows"]
    kept = {path.name: path for path in result.kept_files}
    if rows:
        row = frame.iloc[rows[0]]
        path = kept.get(str(row["File"]))
        with st.container(border=True):
            st.markdown(f"**{plain(row['Prompt Name'])}**")
            if path is None:
                st.caption(f":material/volume_off: {plain(why_silent(str(row['Status'])))}")
            else:
                st.audio(path.read_bytes(), format="audio/mpeg", alt=f"Recording of {row['Prompt Name']}")
                st.caption(plain(f"{row['File']} · {size(path.stat().st_size)}"))
    shown = f", the first {MOST_PROMPTS:,} of which are listed" if table.rows > len(frame) else ""
    st.caption(plain(f"{counted(table.rows, 'prompt')}{shown}, {counted(len(kept), 'audio file')}."))
