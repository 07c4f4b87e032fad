"""Changes and snapshots on the command line, over a demo company whose configuration changes between two exports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gladly_tools.account import confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.cli import main
from gladly_tools.demo import Company, DemoServer
from gladly_tools.runs import Runs
from gladly_tools.settings import Settings
from tests.conftest import UNLIMITED, make_company
from tests.test_cli import environment

Run = Callable[..., Result]


class Place:
    """A demo company at one address, whose configuration can be changed, and the command line beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.company = make_company()
        self.server = DemoServer(self.company, limits=UNLIMITED)
        self.server.start()

    def become(self, company: Company) -> None:
        """Serve another company under the same address."""
        port = int(self.server.url.rpartition(":")[2])
        self.server.stop()
        self.company, self.server = company, DemoServer(company, limits=UNLIMITED, port=port)
        self.server.start()

    def run(self, *arguments: str, account: int = 0) -> Result:
        username, token = self.server.accounts[account]
        given = environment(self.server, self.folder, GLADLY_USERNAME=username, GLADLY_API_TOKEN=token)
        return CliRunner().invoke(main, arguments, env=given)

    def export(self, name: str, *more: str) -> None:
        result = self.run("export", name, *more, "--out", str(self.folder / f"{name}.csv"))
        assert result.exit_code == 0, result.stderr

    def age(self, export: str, days: int) -> None:
        """Make the newest snapshot of an export so many days older, as if nobody had exported since."""
        settings = Settings.from_environment(environment(self.server, self.folder))
        runs = Runs(settings)
        try:
            at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
            with runs.snapshots._changing() as connection:
                connection.execute(
                    "update snapshots set first_at = ?, last_at = ? where id ="
                    " (select id from snapshots where export = ? order by first_at desc limit 1)",
                    (at, at, export),
                )
        finally:
            runs.close()

    def owner(self) -> str:
        settings = Settings.from_environment(environment(self.server, self.folder))
        credentials = read_credentials(self.server.url, self.server.username, self.server.api_token, settings)
        with Client(credentials, settings) as client:
            return confirm(client, instance=credentials.instance.name).owner


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.server.stop()


def changed_inboxes() -> Company:
    company = make_company()
    first, second, third, *rest = company.inboxes
    company.inboxes = (replace(first, name="=General"), replace(third, disabled=True), *rest)
    assert second not in company.inboxes
    return company


def rows_of(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout, newline="")))


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


def test_changes_between_two_exports_are_told(place: Place) -> None:
    place.export("inboxes")
    place.age("inboxes", 30)
    before = place.company.inboxes
    place.become(changed_inboxes())
    place.export("inboxes")
    result = place.run("changes", "inboxes")
    assert result.exit_code == 0, result.stderr
    found = [(row["Change"], row["ID"].lstrip("'"), row["Before"], row["After"]) for row in rows_of(result)]
    assert found == [
        ("Removed", before[1].id, before[1].name, ""),
        ("Renamed", before[0].id, before[0].name, "'=General"),
        ("Disabled", before[2].id, "false", "true"),
    ]
    assert "1 removed, 1 renamed, 1 disabled" in result.stderr
    as_json = place.run("changes", "inboxes", "--format", "json")
    assert [row["After"] for row in json.loads(as_json.stdout)] == ["", "=General", "true"]


def test_changes_are_written_to_a_file(place: Place, tmp_path: Path) -> None:
    place.export("audiences")
    out = tmp_path / "changes.csv"
    result = place.run("changes", "audiences", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    assert out.read_text().splitlines() == ["Change,Name,ID,What,Before,After"]
    assert f"in {out}" in result.stderr
    assert list(tmp_path.glob(".*")) == []


def test_days_choose_the_states(place: Place) -> None:
    place.export("inboxes")
    place.age("inboxes", 30)
    place.become(changed_inboxes())
    place.export("inboxes")
    place.age("inboxes", 10)
    place.become(make_company())
    place.export("inboxes")
    assert len(rows_of(place.run("changes", "inboxes"))) == 3
    assert rows_of(place.run("changes", "inboxes", "--since", days_ago(30))) == []
    assert len(rows_of(place.run("changes", "inboxes", "--since", days_ago(9)))) == 3
    assert len(rows_of(place.run("changes", "inboxes", "--since", days_ago(29), "--until", days_ago(5)))) == 3
    assert rows_of(place.run("changes", "inboxes", "--since", days_ago(9), "--until", days_ago(5))) == []


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--since", "2020-01-31"], "--since"),
        (["--until", "2020-01-31"], "--until"),
        (["--since", "2020-02-02", "--until", "2020-01-31"], "--since/--until"),
        (["--since", "last month"], "--since"),
        (["--language", "xx"], "--language"),
    ],
)
def test_a_day_without_a_snapshot_is_bad_input_and_says_from_when_there_is_one(
    place: Place, arguments: list[str], option: str
) -> None:
    place.export("inboxes")
    result = place.run("changes", "inboxes", *arguments)
    assert result.exit_code == 2
    assert option in result.stderr
    if "2020-01-31" in arguments and len(arguments) == 2:
        assert "the oldest is of 20" in result.stderr
    assert result.stdout == ""


def test_without_any_snapshot_it_says_how_to_get_one(place: Place) -> None:
    result = place.run("changes", "topics")
    assert result.exit_code == 1
    assert "gladly-tools export topics" in result.stderr


def test_an_unchanged_configuration_has_no_change(place: Place) -> None:
    place.export("topics")
    place.export("topics")
    result = place.run("changes", "topics", "--since", days_ago(0))
    assert result.exit_code == 0, result.stderr
    assert rows_of(result) == []
    assert "No change" in result.stderr


def test_answers_are_compared_in_the_languages_that_were_exported(place: Place) -> None:
    place.export("answers", "--language", "en-us")
    company = make_company()
    first, *rest = company.answers
    key = next(key for key in first.contents if key[0] == "en-us")
    contents = {**first.contents, key: replace(first.contents[key], body_html="<b>New</b>")}
    company.answers = (replace(first, name="Renamed", contents=contents), *rest)
    place.become(company)
    place.export("answers", "--language", "en-us")
    place.export("answers", "--language", "en-us", "--language", "fr-ca")
    result = place.run("changes", "answers", "--language", "en-us")
    assert result.exit_code == 0, result.stderr
    assert {(row["Change"], row["Language"]) for row in rows_of(result)} == {("Renamed", ""), ("Changed", "en-us")}
    newest = place.run("changes", "answers")
    assert rows_of(newest) == []
    assert "languages en-us, fr-ca" in newest.stderr


def test_snapshots_are_listed_and_deleted(place: Place) -> None:
    for name in ("topics", "inboxes", "audiences"):
        place.export(name)
    listed = place.run("snapshots").stdout.splitlines()
    assert [line.split()[1] for line in listed] == ["audiences", "inboxes", "topics"]
    assert "rows" in listed[0]
    one = listed[0].split()[0]
    assert place.run("snapshots", "--delete", one).exit_code == 0
    assert len(place.run("snapshots").stdout.splitlines()) == 2
    assert "1 snapshot deleted" in place.run("snapshots", "topics", "--delete-all").stderr
    assert "1 snapshot deleted" in place.run("snapshots", "--delete-all").stderr
    assert place.run("snapshots").stdout == ""


@pytest.mark.parametrize("arguments", [["--delete", "no-such"], ["--delete", "x", "--delete-all"]])
def test_what_cannot_be_deleted_is_bad_input(place: Place, arguments: list[str]) -> None:
    result = place.run("snapshots", *arguments)
    assert result.exit_code == 2
    assert "--delete" in result.stderr


def test_another_account_sees_compares_and_deletes_nothing(place: Place) -> None:
    place.export("inboxes")
    snapshot_id = place.run("snapshots").stdout.split()[0]
    assert place.run("snapshots", account=1).stdout == ""
    assert place.run("changes", "inboxes", account=1).exit_code == 1
    assert place.run("snapshots", "--delete", snapshot_id, account=1).exit_code == 2
    assert "0 snapshots deleted" in place.run("snapshots", "--delete-all", account=1).stderr
    assert snapshot_id in place.run("snapshots").stdout


def test_the_portal_finds_what_the_command_line_kept(place: Place, tmp_path: Path) -> None:
    place.export("inboxes")
    runs = Runs(Settings(data_dir=tmp_path / "data"))
    try:
        (kept,) = runs.snapshots.of(place.owner()).list()
        assert kept.rows == len(place.company.inboxes)
        assert runs.store.ids() == []
    finally:
        runs.close()


@pytest.mark.parametrize("name", ["topics", "inboxes", "answers", "audiences"])
def test_the_help_of_an_export_says_that_it_keeps_a_snapshot(place: Place, name: str) -> None:
    said = " ".join(place.run("export", name, "--help").stdout.split())
    assert "GLADLY_TOOLS_DATA_DIR" in said
    assert "gladly-tools changes" in said
