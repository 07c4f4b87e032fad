"""An uploaded file is looked at before it is kept: by what it holds, not by what it is called."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from gladly_tools.errors import InputError
from gladly_tools.kept_files import AccountFiles, KeptFiles
from gladly_tools.search import chunks_of
from gladly_tools.ui import where_to_search
from gladly_tools.ui.where_to_search import _kept_upload

ITEM = b'{"id":"a","content":{"type":"SMS","content":"hi"}}\n'


class Uploaded(io.BytesIO):
    """A file as the browser sends it."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name


def packed(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(f"{name}.jsonl", content)
    return target.getvalue()


@pytest.fixture
def kept(tmp_path: Path) -> AccountFiles:
    return KeptFiles(tmp_path / "kept", hours=24).of("ann")


def content(kept: AccountFiles, label: str, file: str) -> bytes:
    path = kept.path(label, file)
    assert path is not None
    return b"".join(chunks_of(path))


@pytest.mark.parametrize("name", ["items.jsonl", "items.zip"])
def test_a_zip_is_known_by_what_it_holds(kept: AccountFiles, name: str) -> None:
    where = _kept_upload(Uploaded(name, packed(conversation_items=ITEM, topics=b"{}\n")), kept)
    assert where.files == ("conversation_items", "topics")
    assert where.file_name == name
    assert content(kept, where.upload, "conversation_items") == ITEM
    assert content(kept, where.upload, "topics") == b"{}\n"


def test_items_are_kept_whole(kept: AccountFiles) -> None:
    where = _kept_upload(Uploaded("items.jsonl", ITEM * 50_000), kept)
    assert where.files == ("conversation_items",)
    assert content(kept, where.upload, "conversation_items") == ITEM * 50_000


@pytest.mark.parametrize(
    ("name", "sent", "words"),
    [
        ("items.jsonl", b"%PDF-1.4", "items.jsonl is a PDF document"),
        ("items.jsonl", b"[" + ITEM + b"]", "items.jsonl is one JSON array"),
        ("items.jsonl", b"", "items.jsonl is empty"),
        ("items.zip", b"<html>sign in</html>", "items.zip is a web page"),
        ("items.zip", b"PK\x03\x04 cut", "is damaged"),
        ("items.zip", packed(agents=b"{}"), "holds no conversation_items.jsonl but agents.jsonl"),
        ("items.zip", packed(conversation_items=b"<html>"), "conversation_items.jsonl in items.zip is a web page"),
    ],
)
def test_what_holds_no_items_is_refused_and_nothing_of_it_is_kept(
    kept: AccountFiles, name: str, sent: bytes, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        _kept_upload(Uploaded(name, sent), kept)
    assert kept.sizes() == {}


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    kept: AccountFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where_to_search, "MOST_UNPACKED_MB", 1)
    bomb = packed(conversation_items=ITEM * 20_000, customers=b" " * 900_000)
    assert len(bomb) < 20_000
    with pytest.raises(InputError, match="too much for an upload"):
        _kept_upload(Uploaded("items.zip", bomb), kept)
    assert kept.sizes() == {}
