"""Files of one's own: ZIPs of every make, damaged ones, and what is refused before there is a job."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gladly_tools.account import Account
from gladly_tools.api import Client
from gladly_tools.errors import InputError
from gladly_tools.exports import EXPORTS
from gladly_tools.exports.export_files import ITEMS, TOPICS
from gladly_tools.exports.file_export import FileExportParameters
from gladly_tools.exports.inputs import check_parameters
from gladly_tools.exports.local_files import LocalFile, check_holds_items, check_items, open_local
from gladly_tools.exports.search_questions import Where
from gladly_tools.runs import Runs
from tests.exports.test_file_export import defaults

ITEM = b'{"id":"%s","content":{"type":"SMS","content":"hi"}}\n'
FIRST, SECOND = ITEM % b"a", ITEM % b"b"


def zip_of(path: Path, *files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as target:
        for name, content in files:
            target.writestr(name, content)
    return path


def read(path: Path, file: str = ITEMS) -> bytes:
    with LocalFile(path, name=path.name).open(file) as arriving:
        return b"".join(arriving.chunks)


def encrypted(path: Path) -> Path:
    """A ZIP that says of its file that it needs a password, as one made with a password does."""
    packed = bytearray(zip_of(path, ("conversation_items.jsonl", FIRST)).read_bytes())
    packed[packed.index(b"PK\x03\x04") + 6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(packed)
    return path


def damaged_within(path: Path, *, at: float = 0.5) -> Path:
    """A ZIP with some bytes of its file changed."""
    lines = b"".join(ITEM % str(number * 7919 % 10_007).encode() for number in range(60_000))
    packed = bytearray(zip_of(path, ("conversation_items.jsonl", lines)).read_bytes())
    place = int(len(packed) * at)
    packed[place : place + 40] = bytes(40)
    path.write_bytes(packed)
    return path


def test_folders_inside_a_zip_and_the_pieces_of_one_file_are_read_in_a_row(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path / "x.zip",
        ("conversation_items.jsonl/", b""),
        ("export/", b""),
        ("export/1/conversation_items.jsonl", FIRST.rstrip()),
        ("export\\2\\conversation_items.jsonl", SECOND),
        ("__MACOSX/export/._conversation_items.jsonl", b"\x00\x05"),
        ("export/topics.jsonl", b'{"id":"t"}'),
        ("export/readme.txt", b"hello"),
    )
    found = LocalFile(path, name="x.zip")
    assert set(found.files) == {ITEMS, TOPICS}
    assert read(path) == FIRST + SECOND
    assert found.unpacked_bytes == len(FIRST) - 1 + len(SECOND) + 10
    check_items(found, field="where")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_in_any_usual_way_is_read_also_from_memory(tmp_path: Path, method: int) -> None:
    path = zip_of(tmp_path / "x.zip", ("conversation_items.jsonl", FIRST * 1000), method=method)
    assert read(path) == FIRST * 1000
    with LocalFile(io.BytesIO(path.read_bytes()), name="x.zip").open(ITEMS) as arriving:
        assert b"".join(arriving.chunks) == FIRST * 1000


def test_a_zip_without_items_says_what_it_holds(tmp_path: Path) -> None:
    def refusal(*names: str) -> str:
        found = LocalFile(zip_of(tmp_path / "x.zip", *((name, b"") for name in names)), name="x.zip")
        with pytest.raises(InputError) as refused:
            check_holds_items(found, field="where")
        assert refused.value.field == "where"
        return refused.value.what

    assert refusal("a.txt", "b.txt", "c.txt", "d.txt") == (
        "The ZIP x.zip holds no conversation_items.jsonl but a.txt, b.txt, c.txt and more."
    )
    assert refusal("export/") == "The ZIP x.zip holds no conversation_items.jsonl: it is empty."
    assert refusal("[Content_Types].xml", "xl/workbook.xml") == "The file x.zip is an Office document."


def test_an_encrypted_zip_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="protected by a password"):
        check_items(LocalFile(encrypted(tmp_path / "x.zip"), name="x.zip"), field="where")


def test_damage_within_a_zip_is_told_when_it_is_reached(tmp_path: Path) -> None:
    path = damaged_within(tmp_path / "x.zip", at=0.9)
    check_items(LocalFile(path, name="x.zip"), field="where")
    with pytest.raises(InputError, match="is damaged"):
        read(path)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.98])
def test_a_zip_that_was_cut_short_is_told_as_damaged(tmp_path: Path, kept: float) -> None:
    path = zip_of(tmp_path / "x.zip", ("conversation_items.jsonl", bytes(range(256)) * 400))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(InputError, match="is damaged") as refused:
        open_local(str(path), name="x.zip", field="where")
    assert refused.value.field == "where"


def test_no_more_comes_out_of_a_zip_than_it_says_it_holds(tmp_path: Path) -> None:
    whole = zip_of(tmp_path / "whole.zip", ("conversation_items.jsonl", b"{}\n" * 1_000_000)).read_bytes()
    size = (3_000_000).to_bytes(4, "little")
    lying = tmp_path / "lying.zip"
    lying.write_bytes(whole.replace(size, (30).to_bytes(4, "little")))
    found = LocalFile(lying, name="lying.zip")
    assert found.unpacked_bytes == 30
    came = 0
    with pytest.raises(InputError, match="is damaged"), found.open(ITEMS) as arriving:  # noqa: PT012
        for chunk in arriving.chunks:
            came += len(chunk)
    assert came <= 30


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("x.jsonl", lambda _path: b"%PDF-1.4 ...", "is a PDF document"),
        ("x.jsonl", lambda _path: b"<html><h1>502 Bad Gateway</h1></html>", "is a web page"),
        ("x.jsonl", lambda _path: b"[" + FIRST + b"]", "is one JSON array"),
        ("x.jsonl", lambda _path: b"", "is empty"),
        ("x.jsonl", lambda _path: gzip.compress(FIRST), "is compressed with gzip"),
        ("x.jsonl.gz", lambda _path: b"no gzip at all", "is damaged"),
        ("x.jsonl.bz2", lambda _path: bz2.compress(b"[" + FIRST + b"]"), "is one JSON array"),
        ("x.zip", lambda _path: b"<!doctype html><p>sign in", "is a web page"),
        ("x.zip", lambda _path: b"nothing at all", "is damaged"),
        ("x.jsonl", lambda _path: b"PK\x03\x04 and then cut", "is damaged"),
        ("x.zip", lambda path: encrypted(path).read_bytes(), "protected by a password"),
        (
            "x.zip",
            lambda path: zip_of(path, ("conversation_items.jsonl", b"[]")).read_bytes(),
            "conversation_items.jsonl in x.zip is one JSON array",
        ),
    ],
)
def test_what_holds_no_items_is_refused_before_there_is_a_job(
    runs: Runs,
    client: Client,
    account: Account,
    tmp_path: Path,
    name: str,
    make: Callable[[Path], bytes],
    words: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(make(path))
    export = EXPORTS["file-export"]
    parameters = check_parameters(FileExportParameters, defaults() | {"where": Where(file=str(path))})
    with pytest.raises(InputError, match=words) as refused:
        runs.run_here(account, client, export, parameters, lambda _ticket: None)
    assert refused.value.field == "where"
    assert runs.jobs(account) == []


def test_a_zip_whose_items_file_is_empty_is_what_a_quiet_hour_gives(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", ("conversation_items.jsonl", b""), ("topics.jsonl", b'{"id":"t"}\n'))
    check_items(open_local(str(path), name="x.zip", field="where"), field="where")
    assert read(path) == b""


def test_a_compressed_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(FIRST))
    check_items(open_local(str(path), name="x.jsonl.gz", field="where"), field="where")
    assert read(path) == FIRST
