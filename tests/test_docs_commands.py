"""Every command of the documentation is run against the demo company, or is checked in a way that is named here."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.bulk.id_file import LARGEST_FILE
from gladly_tools.cli import main
from gladly_tools.cli.session import CREDENTIALS
from gladly_tools.demo import Company, DemoServer
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.inputs import DateRange
from gladly_tools.queries import Queries
from gladly_tools.results.query import Query
from gladly_tools.runs import Runs
from gladly_tools.settings import TABLE
from gladly_tools.ui.where_to_search import MOST_UPLOAD_MB
from tests.bulk.conftest import listed, open_conversations, usable_topic
from tests.conftest import TODAY, UNLIMITED, connect, make_company, settings_for
from tests.exports.truth import daily_job
from tests.test_cli import environment
from tests.test_docs_words import EVERY, ROOT, inline, tokens

BLOCKS = {
    token.content: page.name
    for page in EVERY
    for token in tokens(page)
    if token.type == "fence" and token.info.strip() in ("", "sh", "console")
}
"""Every block of commands or of configuration, once, with a page that has it."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INCOMPLETE = {"file-export"}
"""Some of the demo company's jobs have a broken line or lack a file, as with a real one."""
SERVING = {"app", "demo"}
"""These serve until they are interrupted: what they serve is tested elsewhere, here that they take these options."""


CONFIGURATION = re.compile(r"map |\[Unit\]|FROM ")
"""How blocks begin that are a file and no commands: they are checked as a whole."""


def is_drawing(block: str) -> bool:
    """Whether a block is a picture in text."""
    return "app.py   " in block


COMMANDS = sorted(
    {
        line.strip(): page
        for block, page in BLOCKS.items()
        if not is_drawing(block) and not CONFIGURATION.match(block)
        for line in block.splitlines()
        if line.strip()
    }.items()
)


@dataclass(frozen=True, kw_only=True)
class World:
    """A demo company that listens, a data folder with a past, and what stands for each placeholder."""

    company: Company
    server: DemoServer
    folder: Path
    meant: Mapping[str, str]

    def run(self, *arguments: str) -> click.testing.Result:
        given = environment(self.server, self.folder, GLADLY_TOOLS_SNAPSHOT_DAYS="36500")
        return CliRunner().invoke(main, arguments, env=given)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, company = tmp_path_factory.mktemp("docs"), make_company(conversations=900)
    with DemoServer(company, limits=UNLIMITED) as server:
        begun = World(company=company, server=server, folder=folder, meant={})
        ids = open_conversations(company, 9)
        tasks = [task.id for task in company.tasks if not task.is_closed][:3]
        (folder / "closed.csv").write_bytes(listed("conversationId", ids[:3]))
        (folder / "ids.csv").write_bytes(listed("conversationId", ids[3:6]))
        (folder / "reopen.csv").write_bytes(listed("conversationId", ids[6:]))
        (folder / "tasks.csv").write_bytes(listed("taskId", tasks))
        (folder / "history.jsonl").write_bytes(
            b"\n".join(company.export_lines(daily_job(company).id, "conversation_items.jsonl"))
        )
        done = begun.run("close-conversations", str(folder / "closed.csv"), "--yes", "--results", str(folder / "r.csv"))
        assert done.exit_code == 0, done.stderr
        keep_a_past(begun)
        snapshots = begun.run("snapshots", "audiences").stdout.splitlines()
        yield World(
            company=company,
            server=server,
            folder=folder,
            meant=placeholders(company, run=done.stdout.split()[1], snapshot=snapshots[0].split()[0]),
        )


def keep_a_past(world: World) -> None:
    """Snapshots of two days in the past, as exports of those days would have kept them."""
    settings = settings_for(world.server, world.folder / "data", snapshot_days=36_500.0)
    client, account = connect(world.server, settings)
    runs = Runs(settings)
    try:
        for name in ("topics", "inboxes", "answers", "audiences"):
            job = runs.run_here(account, client, EXPORTS[name], EXPORTS[name].parameters(), lambda _ticket: None)
            mine = runs.snapshots.of(account.owner)
            kept = mine.list(name)[0]
            for at in (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)):
                mine.keep(mine.open(kept.id), kept.asked, at=at)
            runs.delete(account, job.id)
    finally:
        runs.close()
        client.close()


def placeholders(company: Company, *, run: str, snapshot: str) -> dict[str, str]:
    """What to put for each placeholder of the documentation, as a pattern."""
    conversation_id, item_id, customer_id = one_call(company)
    address = f"https://yourcompany.gladly.com/customer/{customer_id}/conversation/{conversation_id}"
    everybody = [company.customers[id_] for id_ in company.customers]
    emails = Counter(each.original.lower() for one in everybody for each in one.emails if each.original)
    phones = Counter(each.normalized for one in everybody for each in one.phones if each.normalized)
    return {
        r"https://yourcompany\.gladly\.com/customer/ID/conversation/ID": address,
        r"--conversation-id ID": f"--conversation-id={conversation_id}",
        r"--customer-id ID": f"--customer-id={customer_id}",
        r"--item-id ID": f"--item-id={item_id}",
        r"--inbox-id ID": f"--inbox-id={company.inboxes[0].id}",
        r"--topic-id ID": f"--topic-id={usable_topic(company)}",
        r"--job-id ID": f"--job-id={daily_job(company).id}",
        r"ann@example\.com": min(email for email, often in emails.items() if often == 1),
        r"\+16505550123": min(phone for phone, often in phones.items() if often == 1),
        r"\bRUN\b": run,
        r"\bSNAPSHOT\b": snapshot,
    }


def one_call(company: Company) -> tuple[str, str, str]:
    """A conversation with exactly one phone call: its id, the call's, the customer's."""
    for conversation_id in company.conversations:
        conversation = company.conversations[conversation_id]
        calls = [item for item in company.items_of(conversation) if item.type == "PHONE_CALL"]
        if len(calls) == 1:
            return conversation_id, calls[0].id, company.report_customer_id(conversation)
    raise AssertionError("no conversation has one call")


def words_of(line: str) -> list[str] | None:
    """The words of one of our own commands, without its name; None for any other."""
    words = shlex.split(line)
    return words[1:] if Path(words[0]).name == "gladly-tools" else None


OWN = [line for line, _ in COMMANDS if words_of(line) is not None]


@pytest.mark.parametrize("line", [line for line in OWN if words_of(line)[0] not in SERVING])  # type: ignore[index]
def test_a_command_of_the_documentation_does_what_it_says(
    line: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ids.csv", "tasks.csv", "reopen.csv", "history.jsonl"):
        shutil.copy(world.folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    for pattern, value in world.meant.items():
        line = re.sub(pattern, value, line)
    words = words_of(line)
    assert words is not None
    result = world.run(*words)
    usual = {0, 3} if INCOMPLETE & set(words) else {0}
    assert result.exit_code in usual, f"{line}\n{result.stderr}{result.stdout[-2000:]}"
    assert result.stdout or result.stderr
    for option in ("--out", "--results", "--report-file"):
        if option in words and (name := words[words.index(option) + 1]) != "-":
            path = Path(name)
            assert path.is_file() or path.with_name(f"{path.stem}.partial{path.suffix}").is_file(), line


@pytest.mark.parametrize("line", [line for line in OWN if words_of(line)[0] in SERVING])  # type: ignore[index]
def test_a_command_that_serves_takes_its_options(line: str) -> None:
    takes(words_of(line) or [])


INLINE = sorted(
    {
        token.content
        for page in EVERY
        for token in inline(page)
        if token.type == "code_inline" and token.content.startswith("gladly-tools ")
    }
)


@pytest.mark.parametrize("line", INLINE)
def test_a_command_in_the_text_exists_with_its_options(line: str) -> None:
    command: click.Command = main
    words = shlex.split(line)[1:]
    while words and isinstance(command, click.Group):
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def takes(words: list[str]) -> click.Context:
    """The context of a command with these options. Raises click's errors for those that it does not take."""
    command = main.commands[words[0]]
    return command.make_context(words[0], words[1:])


def names_credentials(line: str) -> None:
    known = set(CREDENTIALS.values()) | {row.variable for row in TABLE}
    assert set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", line)) <= known


def installs(line: str) -> None:
    """Made for the build that pyproject declares: extras that exist, and what is started is there afterwards."""
    for extra in re.findall(r"\.\[(\w+)\]", line):
        assert extra in PROJECT["optional-dependencies"]
        assert {"pytest>=8.3", "pytest-xdist>=3.6"} <= set(PROJECT["optional-dependencies"][extra])
    for script in re.findall(r"streamlit run (\S+)", line):
        assert (ROOT / script).is_file()
        assert any(each.startswith("streamlit") for each in PROJECT["dependencies"])
    assert "gladly-tools" in PROJECT["scripts"]


OTHERS: tuple[tuple[str, Callable[[str], None]], ...] = (
    (r"export GLADLY_\w+=.*", names_credentials),
    (r"read -rs GLADLY_API_TOKEN && export GLADLY_API_TOKEN", names_credentials),
    (r"python3 -m venv \.venv && \.venv/bin/pip install -e \. && \.venv/bin/streamlit run app\.py", installs),
    (
        r"python3 -m venv \.venv && \.venv/bin/pip install -e '\.\[test\]'"
        r" && \.venv/bin/pytest -n auto --dist loadfile",
        installs,
    ),
    (r"python3 -m venv /opt/gladly-tools", installs),
    (r"/opt/gladly-tools/bin/pip install -c constraints\.txt \.", installs),
)
"""Commands that no test can run, and how each is checked instead; what is in neither list fails."""


@pytest.mark.parametrize("line", [line for line, _ in COMMANDS if line not in OWN])
def test_a_command_that_cannot_be_run_here_is_checked_in_another_way(line: str) -> None:
    checks = [check for pattern, check in OTHERS if re.fullmatch(pattern, line)]
    assert len(checks) == 1, f"say in OTHERS how to check: {line}"
    checks[0](line)


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in OTHERS])
def test_no_check_is_left_over(pattern: str) -> None:
    assert any(re.fullmatch(pattern, line) for line, _ in COMMANDS)


def the_file(beginning: str) -> str:
    found = [block for block in BLOCKS if block.startswith(beginning)]
    assert len(found) == 1
    return found[0]


def the_command_behind_a_proxy() -> dict[str, object]:
    (line,) = (line for line in OWN if "--base-path" in line)
    return takes(words_of(line) or []).params


def test_the_proxy_leads_to_the_portal_and_takes_its_uploads() -> None:
    text, served = the_file("map $http_upgrade"), the_command_behind_a_proxy()
    assert f"proxy_pass http://{served['address']}:{served['port']};" in text
    assert f"location {served['base_path']}/ {{" in text
    (size,) = re.findall(r"client_max_body_size (\d+)m;", text)
    assert int(size) > max(MOST_UPLOAD_MB, LARGEST_FILE // 1024**2)
    assert {"Host $http_host", "X-Forwarded-Proto $scheme"} <= set(re.findall(r"proxy_set_header (.*);", text))


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="no nginx or openssl here")
def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    key, certificate = tmp_path / "tools.key", tmp_path / "tools.pem"
    made = shlex.split("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=tools.example.com -days 1")
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = the_file("map $http_upgrade").replace("/etc/ssl/tools.pem", str(certificate))
    text = text.replace("/etc/ssl/tools.key", str(key)).replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {tmp_path / name};\n" for name in places)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path / 'pid'};\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{text}\n}}\n")
    done = subprocess.run(
        ["nginx", "-t", "-e", str(tmp_path / "errors"), "-c", str(whole)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def unit() -> dict[str, str]:
    return dict(line.split("=", 1) for line in the_file("[Unit]").splitlines() if "=" in line)


def test_the_service_starts_the_portal_with_settings_that_exist() -> None:
    words = words_of(unit()["ExecStart"])
    assert words is not None
    takes(words)
    variable, _, folder = unit()["Environment"].partition("=")
    assert variable in {row.variable for row in TABLE}
    assert folder == f"/var/lib/{unit()['StateDirectory']}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_service(tmp_path: Path) -> None:
    file = tmp_path / "gladly-tools.service"
    # It looks for the program and for the account, which are not on this machine.
    text = the_file("[Unit]").replace("/opt/gladly-tools/bin/gladly-tools", sys.executable)
    file.write_text(re.sub(r"^User=.*\n", "", text, flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert "gladly-tools.service" not in done.stderr, done.stderr
    if done.returncode:
        pytest.skip(f"systemd-analyze does not work here: {done.stderr[:200]}")


def test_the_container_starts_the_portal_with_settings_that_exist() -> None:
    text = the_file("FROM ")
    (line,) = re.findall(r"^CMD (.*)$", text, re.MULTILINE)
    takes(json.loads(line)[1:])
    assert set(re.findall(r"GLADLY_\w+", text)) <= {row.variable for row in TABLE}
    (version,) = re.findall(r"python:(\d+\.\d+)", text)
    least = PROJECT["requires-python"].removeprefix(">=")
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split(".")))


SQL = [token.content for page in EVERY for token in tokens(page) if token.info == "sql"]


@pytest.mark.parametrize("text", SQL)
def test_a_query_of_the_documentation_has_an_answer(
    text: str, runs: Runs, client_and_account: tuple[Client, Account]
) -> None:
    client, account = client_and_account
    export = EXPORTS["contact-information"]
    days = DateRange(first=TODAY.replace(day=1), last=TODAY.replace(day=2), zone="America/New_York")
    parameters = export.parameters(dates=days, customers=False)
    job = runs.run_here(account, client, export, parameters, lambda _ticket: None)
    queries = Queries(runs)
    try:
        tables = queries.tables(account, job, query=Query(), zone="America/New_York")
        asked = queries.start(account, text, tables, zone="America/New_York")
        assert asked.wait(60)
        assert asked.error is None
        assert asked.answer is not None
        assert asked.answer.rows > 0
    finally:
        queries.close()
