"""The packages that people install: built here, opened away from the checkout, and served from there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata

ROOT = Path(__file__).parents[1]

pytest.importorskip("hatchling", reason="what builds packages comes with the extra `dev`")


def built(source: Path, into: Path, target: str) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (package,) = into.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return package


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an installer would unpack the wheel into."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def run_there(installed: Path, *command: str) -> str:
    """Run Python with the installed package alone, in a folder that holds nothing."""
    away = installed.parent / "away"
    away.mkdir(exist_ok=True)
    finished = subprocess.run(
        [sys.executable, *command],
        cwd=away,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    return finished.stdout.strip()


def test_the_wheel_holds_the_pages_and_the_settings_of_the_checkout(installed: Path) -> None:
    portal = installed / "gladly_tools" / "portal"
    for page in (ROOT / "pages").glob("*.py"):
        assert (portal / "pages" / page.name).read_bytes() == page.read_bytes()
    assert (portal / "app.py").read_bytes() == (ROOT / "app.py").read_bytes()
    settings = tomllib.loads((portal / ".streamlit" / "config.toml").read_text())
    assert settings["client"]["showErrorDetails"] == "none"
    assert (installed / "gladly_tools" / "py.typed").exists()
    assert (installed / "gladly_tools" / "ui" / "assets" / "mark.svg").exists()


def test_the_wheel_holds_no_tests_and_no_benchmarks(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        tops = {name.split("/")[0] for name in packed.namelist()}
    assert tops == {"gladly_tools", next(top for top in tops if top.endswith(".dist-info"))}


def test_what_an_index_shows_of_the_package_is_well_formed_and_holds_no_address(wheel: Path) -> None:
    from trove_classifiers import classifiers  # comes with hatchling

    with zipfile.ZipFile(wheel) as packed:
        (path,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        shown = Metadata.from_email(packed.read(path), validate=True)
        license_text = packed.read(path.replace("METADATA", "licenses/LICENSE")).decode()
    assert license_text == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert (shown.name, shown.license_expression, shown.license_files) == ("gladly-tools", "MIT", ["LICENSE"])
    assert shown.description_content_type == "text/markdown"
    assert shown.description == (ROOT / "README.md").read_text(encoding="utf-8")
    assert shown.keywords
    assert set(shown.classifiers or []) <= classifiers
    assert not any(each.startswith("License ::") for each in shown.classifiers or [])  # the expression says it
    assert (shown.project_urls, shown.home_page, shown.download_url) == (None, None, None)


def test_a_wheel_built_from_the_source_package_is_the_same(wheel: Path, tmp_path: Path) -> None:
    source = built(ROOT, tmp_path / "sdist", "sdist")
    with tarfile.open(source) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = built(unpacked, tmp_path / "again", "wheel")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert {each.filename: each.CRC for each in first.infolist()} == {
            each.filename: each.CRC for each in second.infolist()
        }


def test_the_installed_package_finds_its_own_files(installed: Path) -> None:
    found = run_there(installed, "-c", "from gladly_tools.portal_files import portal_folder; print(portal_folder())")
    assert Path(found) == installed / "gladly_tools" / "portal"
    assert "contact-information" in run_there(installed, "-m", "gladly_tools", "exports")


def test_the_app_command_serves_the_installed_portal_under_its_base_path_until_it_is_stopped(installed: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = installed.parent / "served"
    away.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "gladly_tools", "app", f"--port={port}", "--base-path=/support/"],
        cwd=away,
        env={**os.environ, "PYTHONPATH": str(installed), "GLADLY_TOOLS_DATA_DIR": str(away / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        answer = _answer(f"http://localhost:{port}/support/_stcore/health", process)
        assert answer == "ok"
        # The portal's own code answers: its headers, its cookie, its routes.
        with urllib.request.urlopen(f"http://localhost:{port}/support/") as page:
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            assert page.headers["Set-Cookie"].startswith("gladly_tools_session=")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"http://localhost:{port}/support/results/none/none.csv?format=csv")
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output
    assert (away / "data" / "cookie.key").exists()


def _answer(address: str, process: subprocess.Popen[str]) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            return str(urllib.request.urlopen(address, timeout=1).read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(process.communicate()[0])
