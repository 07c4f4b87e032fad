"""The audit of dependencies: what fails it, what is excepted and until when, and what it says when it knows nothing."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
TODAY = date(2026, 3, 20)


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("ci_audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


audit = _loaded()


def dependency(name: str, *found: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": list(found)}


def advisory(name: str, *aliases: str, fixed: str = "1.1") -> dict[str, Any]:
    return {"id": name, "aliases": list(aliases), "fix_versions": [fixed] if fixed else [], "description": "…"}


def answer(*dependencies: dict[str, Any]) -> Any:
    return audit.read_answer(json.dumps({"dependencies": dependencies, "fixes": []}))


def accepted(name: str, until: date = TODAY) -> Any:
    return audit.Accepted(id=name, reason="never called", until=until)


def exceptions_of(folder: Path, text: str) -> Any:
    path = folder / "exceptions.toml"
    path.write_text(text, encoding="utf-8")
    return audit.read_exceptions(path)


def test_the_projects_own_exceptions_can_be_read() -> None:
    audit.read_exceptions(audit.EXCEPTIONS)


def test_an_exception_has_an_id_a_reason_and_a_day(tmp_path: Path) -> None:
    read = exceptions_of(tmp_path, '[[exception]]\nid = "GHSA-1"\nreason = "never called"\nuntil = 2026-03-20\n')
    assert read == [accepted("GHSA-1")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[exception]", "not TOML"),
        ('exceptions = ["GHSA-1"]', "alone"),
        ('exception = "GHSA-1"', "alone"),
        ('exception = ["GHSA-1"]', "exception 1 needs an id, a reason and an until date"),
        ('[[exception]]\nid = "GHSA-1"\nuntil = 2026-03-20', "exception 1 needs an id, a reason and an until date"),
        ('[[exception]]\nid = "GHSA-1"\nreason = "x"', "exception 1 needs an id, a reason and an until date"),
        ('[[exception]]\nid = "GHSA-1"\nreason = " "\nuntil = 2026-03-20', "in words"),
        ('[[exception]]\nid = 1\nreason = "x"\nuntil = 2026-03-20', "in words"),
        ('[[exception]]\nid = "GHSA-1"\nreason = "x"\nuntil = "2026-03-20"', "without quotes"),
        ('[[exception]]\nid = "GHSA-1"\nreason = "x"\nuntil = 2026-03-20T10:00:00', "without quotes"),
        ('[[exception]]\nid = "A"\nreason = "x"\nuntil = 2026-03-20\nby = "me"', "nothing else"),
        (2 * '[[exception]]\nid = "A"\nreason = "x"\nuntil = 2026-03-20\n', "twice"),
    ],
)
def test_an_exception_that_says_too_little_or_too_much_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(audit.BadExceptions, match=said):
        exceptions_of(tmp_path, text)


def test_dependencies_without_advisories_pass() -> None:
    verdict = audit.judge(answer(dependency("a"), dependency("b")), [], TODAY)
    assert (verdict.passes, verdict.lines) == (True, ["dependencies audited: 2, open findings: 0"])


def test_a_finding_fails_and_says_what_mends_it() -> None:
    found = answer(dependency("a", advisory("PYSEC-1", "CVE-1"), advisory("PYSEC-2", fixed="")))
    verdict = audit.judge(found, [], TODAY)
    assert not verdict.passes
    assert verdict.lines == [
        "VULNERABLE: a 1.0: PYSEC-1, CVE-1; fixed in 1.1",
        "VULNERABLE: a 1.0: PYSEC-2; no version is fixed",
        "dependencies audited: 1, open findings: 2",
    ]


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
@pytest.mark.parametrize(("until", "passes"), [(date(2026, 3, 20), True), (date(2026, 3, 19), False)])
def test_a_finding_is_excepted_by_any_of_its_names_through_its_last_day(name: str, until: date, passes: bool) -> None:
    verdict = audit.judge(answer(dependency("a", advisory("PYSEC-1", "CVE-1"))), [accepted(name, until)], TODAY)
    assert verdict.passes is passes
    assert ("never called" in verdict.lines[0]) is passes


def test_an_exception_of_one_advisory_covers_no_other() -> None:
    found = answer(dependency("a", advisory("PYSEC-1"), advisory("PYSEC-2")))
    assert not audit.judge(found, [accepted("PYSEC-1")], TODAY).passes


def test_an_exception_that_excepts_nothing_is_named() -> None:
    verdict = audit.judge(answer(dependency("a")), [accepted("PYSEC-1")], TODAY)
    assert verdict.passes
    assert "no longer needed: the exception of PYSEC-1" in verdict.lines


def test_an_expired_exception_fails_where_nothing_can_be_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ask", lambda *_: audit.Answer())
    verdict = audit.audit(audit.CONSTRAINTS, [accepted("X", date(2026, 3, 19))], TODAY, require=False, osv_url="")
    assert not verdict.passes
    assert verdict.lines[0].startswith("EXPIRED: the exception of X ended on 2026-03-19")


@pytest.mark.parametrize("require", [False, True])
def test_what_cannot_be_audited_is_said_loudly_and_fails_where_it_must_be_audited(
    monkeypatch: pytest.MonkeyPatch, require: bool
) -> None:
    def nobody(source: str, *_: object) -> Any:
        if source == "osv":
            raise audit.NoAnswer("no route to host")
        return audit.Answer(unknown=("a", "b"))

    monkeypatch.setattr(audit, "ask", nobody)
    verdict = audit.audit(audit.CONSTRAINTS, [], TODAY, require=require, osv_url="")
    assert verdict.passes is not require
    assert verdict.lines[0].startswith("NOT AUDITED: ")
    assert verdict.lines[1:3] == ["  pypi: knows none of the 2 dependencies", "  osv: no route to host"]


@pytest.mark.parametrize("require", [False, True])
def test_a_dependency_that_the_source_does_not_know_is_named(monkeypatch: pytest.MonkeyPatch, require: bool) -> None:
    half = answer(dependency("a"), {"name": "b", "skip_reason": "not found"})
    monkeypatch.setattr(audit, "ask", lambda *_: half)
    verdict = audit.audit(audit.CONSTRAINTS, [], TODAY, require=require, osv_url="")
    assert verdict.passes is not require
    assert "NOT AUDITED, unknown to the source: b" in verdict.lines
    assert "dependencies audited: 1, open findings: 0" in verdict.lines


@contextmanager
def database(advisories: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """The address of an open database that holds these advisories, by name of package."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = advisories.get(asked["package"]["name"], [])
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def test_pip_audit_is_understood_where_a_database_answers(tmp_path: Path) -> None:
    pytest.importorskip("pip_audit", reason="what audits comes with the extra `dev`")
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("# made by hand\nclick==8.2.0\njinja2==3.1.3\n", encoding="utf-8")
    affected = {
        "package": {"name": "jinja2", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.4"}]}],
    }
    known = {"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "…", "affected": [affected]}
    with database({"jinja2": [known]}) as url:
        found = audit.ask("osv", constraints, "--osv-url", url)
    assert found.audited == 2
    (finding,) = found.findings
    assert (finding.package, finding.version, set(finding.names)) == ("jinja2", "3.1.3", {"GHSA-1", "CVE-1"})
    assert finding.fixed_in == ("3.1.4",)


def test_a_database_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    pytest.importorskip("pip_audit", reason="what audits comes with the extra `dev`")
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("click==8.2.0\n", encoding="utf-8")
    with database({}) as url:
        pass
    with pytest.raises(audit.NoAnswer, match=r"Connection|refused"):
        audit.ask("osv", constraints, "--osv-url", url)
