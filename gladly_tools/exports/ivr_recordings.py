"""The recordings of every IVR prompt as MP3 files, with a table of what each one is.

Where Gladly keeps them is not published: the three paths are settings, the contract's best guess by default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gladly_tools.api import Audio, Client, Ivr, Prompt
from gladly_tools.errors import (
    NotFoundError,
    PermissionsError,
    RequestRefused,
    ServerError,
    UnexpectedAnswer,
)
from gladly_tools.exports.export import Export, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.inputs import JsonValue, Parameters
from gladly_tools.file_names import FileNames
from gladly_tools.results.schema import Cell, Column, Kind, Row
from gladly_tools.settings import Settings, variable_of

NAME = "ivr-recordings"
PROMPTS_A_SLICE = 20
SAVED, NO_AUDIO, NOT_AUDIO, FAILED = "saved", "no audio", "not an MP3", "failed"

COLUMNS = (
    Column(name="IVR ID", kind=Kind.ID, help="Unique id of the IVR"),
    Column(name="IVR Name", kind=Kind.CHOICE, help="Name of the IVR"),
    Column(name="Prompt Name", help="Name of the prompt"),
    Column(name="File", help="Name of the audio file, made safe for every file system; empty when there is none"),
    Column(name="Bytes", kind=Kind.INTEGER, unit="bytes", help="Size of the audio file"),
    Column(name="Seconds", kind=Kind.NUMBER, unit="seconds", help="How long it plays"),
    Column(
        name="Status",
        kind=Kind.CHOICE,
        help=f"{SAVED}; {NO_AUDIO}: Gladly has none; {NOT_AUDIO}: what came is none; {FAILED}: it could not be had",
    ),
    Column(name="Prompt ID", kind=Kind.ID, help="Unique id of the recording"),
)


def plan(client: Client, settings: Settings, _parameters: Parameters) -> Plan:
    """The prompts of every IVR, each with the name of its file, a few to a slice.

    Raises NotFoundError, which names the setting, where the organization's API does not publish them.
    """
    ivrs = client.ivrs.list()
    if ivrs is None:
        raise _not_published("list of IVRs", settings.ivrs_path, "ivrs_path")
    found: list[tuple[Ivr, Prompt]] = []
    unread, silent = 0, 0
    for ivr, prompts in zip(ivrs, client.each(lambda ivr: client.ivrs.prompts(ivr.id), ivrs), strict=True):
        unread += prompts is None
        silent += prompts == ()
        found += [(ivr, prompt) for prompt in prompts or ()]
    if ivrs and unread == len(ivrs):
        raise _not_published("list of an IVR's recordings", settings.ivr_recordings_path, "ivr_recordings_path")
    remarks = [Remark(text="IVRs found", count=len(ivrs))]
    if silent:
        remarks.append(Remark(text="IVRs without recorded prompts, such as those with spoken text alone", count=silent))
    if unread:
        remarks.append(Remark(text="IVRs whose recordings could not be listed", count=unread, partial=True))
    names = FileNames(".mp3")
    named = [_argument(ivr, prompt, names.name(prompt.name or "", instead="prompt")) for ivr, prompt in found]
    slices = tuple(
        Slice(
            key=f"{first:06}",
            title=f"prompts {first + 1} to {min(first + PROMPTS_A_SLICE, len(named))} of {len(named)}",
            arguments={"prompts": named[first : first + PROMPTS_A_SLICE]},
        )
        for first in range(0, len(named), PROMPTS_A_SLICE)
    )
    return Plan(slices=slices, remarks=tuple(remarks))


def rows(workbench: Workbench, _parameters: Parameters, slice: Slice) -> Iterator[Row]:
    """The slice's prompts; the audio of each is kept as a file, and one that fails does not stop the others."""
    prompts: Any = slice.arguments["prompts"]
    workbench.expect(len(prompts))
    for number, given in enumerate(prompts):
        workbench.progress(number / len(prompts), f"{number} of {len(prompts)} prompts")
        status, audio = _saved(workbench, given)
        if status != SAVED:
            workbench.remark(_missing(status, workbench.settings), partial=True)
        row: dict[str, Cell] = {
            "IVR ID": given["ivr_id"],
            "IVR Name": given["ivr_name"],
            "Prompt Name": given["name"],
            "Status": status,
            "Prompt ID": given["id"],
        }
        if audio is not None:
            row |= {"File": given["file"], "Bytes": audio.size, "Seconds": _round(audio.seconds)}
        yield row


def _saved(workbench: Workbench, given: Mapping[str, Any]) -> tuple[str, Audio | None]:
    """What became of a prompt's audio. A lost connection is not about this prompt, so it is raised."""
    prompt = Prompt(id=given["id"], name=given["name"], path=given["path"])
    try:
        with workbench.keep_file(given["file"]) as file:
            audio = workbench.client.ivrs.audio(given["ivr_id"], prompt, file)
            if audio is None:
                raise NotFoundError("There is no audio.")  # ends the block, so that no empty file is kept
    except NotFoundError:
        return NO_AUDIO, None
    except UnexpectedAnswer:
        return NOT_AUDIO, None
    except (PermissionsError, RequestRefused, ServerError):
        return FAILED, None
    return SAVED, audio


def _missing(status: str, settings: Settings) -> str:
    path = f"{settings.ivr_audio_path} ({variable_of('ivr_audio_path')})"
    return {
        NO_AUDIO: f"Prompts without audio at {path}",
        NOT_AUDIO: f"Prompts for which Gladly sent something that is no MP3, at {path}",
        FAILED: "Prompts whose audio Gladly did not give; export again to try them once more",
    }[status]


def _argument(ivr: Ivr, prompt: Prompt, file: str) -> dict[str, JsonValue]:
    return {
        "ivr_id": ivr.id,
        "ivr_name": ivr.name,
        "id": prompt.id,
        "name": prompt.name,
        "path": prompt.path,
        "file": file,
    }


def _not_published(what: str, path: str, setting: str) -> NotFoundError:
    return NotFoundError(
        f"This organization's Gladly API does not publish a {what} at {path}.",
        f"Ask Gladly Support for the path, then set {variable_of(setting)} to it.",
    )


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


EXPORT = Export(
    name=NAME,
    title="IVR Recording Export",
    section=Section.IVR,
    place=1,
    summary="The recordings of all IVR prompts as MP3 files in one ZIP, with a table of the IVRs they belong to.",
    use_case="Back up IVR recordings, review prompts for quality or compliance, prepare a migration.",
    grain="one row and one MP3 per prompt",
    columns=COLUMNS,
    parameters=Parameters,
    plan=plan,
    rows=rows,
    table=NAME,
    shown=("IVR Name", "Prompt Name", "File", "Seconds", "Bytes", "Status", "IVR ID"),
)
