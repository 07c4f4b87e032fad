"""IVR recordings: one MP3 a prompt in a ZIP that extracts safely; what cannot be had is listed, the rest goes on."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, cast

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client, Prompt
from gladly_tools.demo import Company, DemoServer
from gladly_tools.demo.media import recording
from gladly_tools.errors import ConnectionFailed, GladlyToolsError, NotFoundError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import Parameters
from gladly_tools.jobs import Job, State
from gladly_tools.results.archive import archive
from gladly_tools.results.download import Format
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import UNLIMITED, connect, settings_for
from tests.exports.test_every_export import notes_of, wait_for
from tests.test_file_names import HOSTILE, is_safe_everywhere

EXPORT = EXPORTS["ivr-recordings"]
IVRS = "/api/v1/ivrs"


def export(runs: Runs, client: Client, account: Account) -> tuple[Job, zipfile.ZipFile]:
    job = runs.run_here(account, client, EXPORT, Parameters(), lambda _ticket: None)
    return job, packed(runs, account, job)


def packed(runs: Runs, account: Account, job: Job) -> zipfile.ZipFile:
    result = runs.result(account, job.id)
    assert result is not None
    return zipfile.ZipFile(io.BytesIO(b"".join(archive(result, Format.CSV))))


def listed(found: zipfile.ZipFile) -> list[dict[str, str]]:
    text = found.read("ivr-recordings.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def notes(runs: Runs, account: Account, job: Job) -> list[tuple[str, str, int]]:
    return [(note.level, note.text, note.count) for note in notes_of(runs, account, job)]


def audio_path(company: Company, ivr: int, prompt: int) -> str:
    one = company.ivrs[ivr]
    return f"{IVRS}/{one.id}/recordings/{one.prompts[prompt].id}"


def test_the_zip_has_the_list_and_every_prompts_own_audio(
    runs: Runs, client: Client, account: Account, company: Company
) -> None:
    job, found = export(runs, client, account)
    assert job.state is State.DONE
    prompts = {prompt.id: prompt for ivr in company.ivrs for prompt in ivr.prompts}
    assert {row["Prompt ID"] for row in listed(found)} == set(prompts)
    rows = listed(found)
    for row in rows:
        data = found.read(row["File"].removeprefix("'"))
        assert data == b"".join(prompts[row["Prompt ID"]].audio)
        assert int(row["Bytes"]) == len(data)
        assert float(row["Seconds"]) == pytest.approx(prompts[row["Prompt ID"]].seconds, abs=0.04)
    assert set(found.namelist()) == {"ivr-recordings.csv", *(row["File"].removeprefix("'") for row in rows)}
    assert found.testzip() is None


@pytest.fixture
def hostile(server: DemoServer) -> tuple[str, ...]:
    """An API whose prompts are named by somebody with bad intent."""
    names = (*HOSTILE, "Same", "SAME", "same")
    prompts = [{"id": f"p{place}", "name": name} for place, name in enumerate(names)]
    # The earliest fault that fits strikes first, and the list's path is the beginning of the audio's.
    server.faults.add(IVRS, status=200, body='[{"id": "evil", "name": "../evil"}]')
    server.faults.add(f"{IVRS}/evil/recordings", status=200, body=json.dumps(prompts))
    server.faults.add(f"{IVRS}/evil/recordings/", status=200, body=b"".join(recording(1, [])), times=len(names))
    return names


def test_hostile_names_give_a_zip_that_extracts_safely_on_every_system(
    hostile: tuple[str, ...], runs: Runs, client: Client, account: Account, tmp_path: Path
) -> None:
    job, found = export(runs, client, account)
    assert job.state is State.DONE
    names = [name for name in found.namelist() if name != "ivr-recordings.csv"]
    assert len(names) == len(hostile)
    assert all(is_safe_everywhere(name) for name in names)
    assert len({unicodedata.normalize("NFKD", name).casefold() for name in names}) == len(names)
    target = tmp_path / "extracted" / "deep"
    target.mkdir(parents=True)
    found.extractall(target)
    assert {path.name for path in target.iterdir()} == set(found.namelist())
    assert [path.name for path in target.parent.iterdir()] == ["deep"]
    # What Windows would make of each name is the name itself, in the same folder.
    assert all(PureWindowsPath("C:/x", name).parent == PureWindowsPath("C:/x") for name in names)


def test_a_name_that_a_spreadsheet_would_run_is_guarded_in_the_list_alone(
    runs: Runs, client: Client, account: Account
) -> None:
    _, found = export(runs, client, account)
    assert "=SUM(A1).mp3" in found.namelist()
    assert "'=SUM(A1).mp3" in {row["File"] for row in listed(found)}


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ({"status": 404}, "no audio", "Prompts without audio at"),
        (
            {"status": 200, "body": "<html>sorry</html>", "headers": {"content-type": "text/html"}},
            "not an MP3",
            "no MP3",
        ),
        ({"status": 200, "body": b"RIFF....WAVE", "headers": {"content-type": "audio/mpeg"}}, "not an MP3", "no MP3"),
        ({"status": 200, "body": b"", "headers": {"content-type": "audio/mpeg"}}, "not an MP3", "no MP3"),
        ({"status": 403}, "failed", "did not give"),
        ({"status": 400}, "failed", "did not give"),
        ({"status": 500}, "failed", "did not give"),
    ],
)
def test_a_prompt_that_cannot_be_had_is_listed_and_the_rest_goes_on(
    runs: Runs,
    client: Client,
    account: Account,
    server: DemoServer,
    company: Company,
    fault: dict[str, object],
    status: str,
    said: str,
) -> None:
    server.faults.add(audio_path(company, 0, 2), **fault)  # type: ignore[arg-type]
    job, found = export(runs, client, account)
    assert job.state is State.PARTIAL
    rows = {row["Prompt ID"]: row for row in listed(found)}
    bad = rows.pop(company.ivrs[0].prompts[2].id)
    assert (bad["Status"], bad["File"], bad["Bytes"], bad["Seconds"]) == (status, "", "", "")
    assert {row["Status"] for row in rows.values()} == {"saved"}
    assert len(found.namelist()) == len(rows) + 1
    counts = {text: count for level, text, count in notes(runs, account, job) if level == "partial"}
    (count,) = (count for text, count in counts.items() if said in text)
    assert count == 1


def test_a_lost_connection_ends_the_job_which_resumes_to_the_same_files(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company
) -> None:
    _, whole = export(runs, client, account)
    server.faults.add(audio_path(company, 2, 0), drop=True, times=4)
    with pytest.raises(ConnectionFailed):
        export(runs, client, account)
    job = next(job for job in runs.jobs(account) if job.state is State.FAILED)
    runs.resume(account, client, job.id)
    assert wait_for(runs, account, job.id).state.finished
    again = packed(runs, account, job)
    assert {name: again.read(name) for name in again.namelist()} == {
        name: whole.read(name) for name in whole.namelist()
    }


def test_an_api_that_does_not_publish_them_is_named_with_the_setting_to_change(
    company: Company, tmp_path: Path, open_runs: Callable[[Settings], Runs]
) -> None:
    with DemoServer(company, limits=UNLIMITED, publish_voice=False) as server:
        settings = settings_for(server, tmp_path / "data")
        client, account = connect(server, settings)
        with pytest.raises(NotFoundError) as refused:
            export(open_runs(settings), client, account)
    assert "/api/v1/ivrs" in refused.value.what
    assert "GLADLY_TOOLS_IVRS_PATH" in refused.value.advice


@pytest.mark.parametrize(
    ("setting", "value", "variable"),
    [
        ("ivrs_path", "/api/v1/menus", "GLADLY_TOOLS_IVRS_PATH"),
        ("ivr_recordings_path", "/api/v1/ivrs/{ivrId}/prompts", "GLADLY_TOOLS_IVR_RECORDINGS_PATH"),
    ],
)
def test_a_path_that_leads_nowhere_names_its_setting(
    server: DemoServer, tmp_path: Path, open_runs: Callable[[Settings], Runs], setting: str, value: str, variable: str
) -> None:
    settings = settings_for(server, tmp_path / "data", **{setting: value})
    client, account = connect(server, settings)
    with pytest.raises(NotFoundError) as refused:
        export(open_runs(settings), client, account)
    assert variable in refused.value.advice


def test_paths_are_followed_as_set(server: DemoServer, tmp_path: Path, open_runs: Callable[[Settings], Runs]) -> None:
    settings = settings_for(server, tmp_path / "data", ivr_audio_path="/api/v1/ivrs/{ivrId}/recordings/{recordingId}")
    client, account = connect(server, settings)
    _, found = export(open_runs(settings), client, account)
    assert "Welcome.mp3" in found.namelist()


def test_an_ivr_whose_recordings_cannot_be_listed_is_said_and_the_others_come(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company
) -> None:
    server.faults.add(f"{IVRS}/{company.ivrs[1].id}/recordings", status=404)
    job, found = export(runs, client, account)
    assert job.state is State.PARTIAL
    assert {row["IVR ID"] for row in listed(found)} == {company.ivrs[0].id, company.ivrs[2].id}
    assert ("partial", "IVRs whose recordings could not be listed", 1) in notes(runs, account, job)


@pytest.mark.parametrize("path", ["https://elsewhere.test/x.mp3", "//elsewhere.test/x.mp3"])
def test_an_address_elsewhere_is_never_asked(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company, path: str
) -> None:
    one = company.ivrs[0]
    body = json.dumps([{"id": one.prompts[0].id, "name": "x", "recordingUrl": path}])
    server.faults.add(f"{IVRS}/{one.id}/recordings", status=200, body=body)
    _, found = export(runs, client, account)
    assert "x.mp3" in found.namelist()
    assert audio_path(company, 0, 0) in {seen.path for seen in server.seen}


def test_a_path_that_gladly_names_is_used(
    runs: Runs, client: Client, account: Account, server: DemoServer, company: Company
) -> None:
    one = company.ivrs[0]
    body = json.dumps([{"id": "p", "name": "x", "recordingUrl": audio_path(company, 0, 3)}])
    server.faults.add(f"{IVRS}/{one.id}/recordings", status=200, body=body)
    _, found = export(runs, client, account)
    assert found.read("x.mp3") == b"".join(one.prompts[3].audio)


def test_a_long_recording_is_written_piece_by_piece(client: Client, server: DemoServer, tmp_path: Path) -> None:
    data = b"".join(recording(1800, []))
    server.faults.add("/api/v1/ivrs/i/recordings/p", status=200, body=data)
    written: list[int] = []

    class Watched(io.FileIO):
        def write(self, piece: Any) -> int:
            written.append(len(piece))
            return super().write(piece)

    with Watched(tmp_path / "x.mp3", "w+") as file:
        audio = client.ivrs.audio("i", Prompt(id="p", name=None, path=None), cast(BinaryIO, file))
    assert audio is not None
    assert (audio.size, audio.seconds) == (len(data), pytest.approx(1800))
    assert (tmp_path / "x.mp3").read_bytes() == data
    assert max(written) < len(data) / 10


def test_a_refused_list_is_passed_on(runs: Runs, client: Client, account: Account, server: DemoServer) -> None:
    server.faults.add(IVRS, status=401)
    with pytest.raises(GladlyToolsError):
        export(runs, client, account)
