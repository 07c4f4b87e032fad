"""The documentation quotes the product: its labels, its messages, its layers and its code are what they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gladly_tools.exports import EXPORTS
from gladly_tools.settings import TABLE
from tests.test_layers import MAY_IMPORT

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
EVERY = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
FOR_ANALYSTS = (
    "first-steps",
    "configuration",
    "conversations",
    "file-export",
    "events",
    "logs",
    "ivr",
    "bulk-close",
    "results",
    "compare",
)
"""The pages on which bold words are those of the portal."""
GAP = "…"
MARKDOWN = MarkdownIt("commonmark").enable("table")


@cache
def tokens(page: Path) -> list[Token]:
    return MARKDOWN.parse(page.read_text(encoding="utf-8"))


def inline(page: Path) -> Iterator[Token]:
    """Every piece of text, code, link and picture of a page, in order."""
    for token in tokens(page):
        yield from token.children or []


def bold(page: Path) -> Iterator[str]:
    """What stands in bold, each as one text."""
    for token in tokens(page):
        said: list[str] | None = None
        for child in token.children or []:
            if child.type == "strong_open":
                said = []
            elif child.type == "strong_close" and said is not None:
                yield "".join(said).strip()
                said = None
            elif said is not None:
                said.append(child.content if child.type != "softbreak" else " ")


def pieces(node: ast.AST) -> str | None:
    """A text of the source as people see it, with a gap for each thing that is filled in; None for what is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(pieces(value) or GAP for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = pieces(left), pieces(right)
            return None if first is None and second is None else f"{first or GAP}{second or GAP}"
        case _:
            return None


@cache
def source_texts() -> frozenset[str]:
    """Every text that the package and the pages hold, markup for icons and emphasis taken out."""
    found = set()
    for path in [*(ROOT / "gladly_tools").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        if "demo" not in path.relative_to(ROOT).parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                text = pieces(node)
                if text:
                    found.add(re.sub(r":material/\w+:\s*|\*\*", "", text).strip())
    titles = {export.title for export in EXPORTS.values()}
    tables = {name for export in EXPORTS.values() for name in (export.table, *(other.name for other in export.others))}
    return frozenset(
        found
        # What the choosers of exports and of tables make of their names.
        | {title.removeprefix("Export ") for title in titles}
        | {title.removeprefix("Export Conversation ") for title in titles}
        | {re.sub("[-_]", " ", name).capitalize() for name in tables}
    )


def is_label(words: str) -> bool:
    """Whether the product says this: as it stands, or filled into one of its texts."""
    if words in source_texts():
        return True
    filled = [text for text in source_texts() if GAP in text]
    return any(
        text.startswith(f"{words}: {GAP}")
        or (len(text.replace(GAP, "")) > 12 and re.fullmatch(".+".join(map(re.escape, text.split(GAP))), words))
        for text in filled
    )


@pytest.mark.parametrize("words", ["Export everything", "Two result", "Press"])
def test_words_that_the_portal_does_not_say_are_no_label(words: str) -> None:
    assert not is_label(words)


LABELS = sorted({(name, words) for name in FOR_ANALYSTS for words in bold(DOCS / f"{name}.md")})


@pytest.mark.parametrize(("page", "words"), LABELS)
def test_bold_words_on_a_page_for_analysts_are_on_the_page_of_the_portal(page: str, words: str) -> None:
    assert is_label(words), f"docs/{page}.md has “{words}” in bold, which the portal says nowhere"


QUOTED = re.compile(r"“((?:[^“”]|“…”)+)”")
MESSAGES = [
    quoted
    for line in (DOCS / "troubleshooting.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| “")
    for quoted in QUOTED.findall(line.split(" | ")[0])
]


def test_every_row_of_the_troubleshooting_page_quotes_a_message() -> None:
    rows = [
        line
        for line in (DOCS / "troubleshooting.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| Message |")
    ]
    assert len(rows) == len(MESSAGES) > 50


@pytest.mark.parametrize("message", MESSAGES)
def test_a_quoted_message_stands_in_the_source(message: str) -> None:
    assert stands(message), f"nothing in the package says “{message}”"


@pytest.mark.parametrize("page", FOR_ANALYSTS)
def test_what_a_page_quotes_is_said_by_the_portal(page: str) -> None:
    for quoted in QUOTED.findall((DOCS / f"{page}.md").read_text(encoding="utf-8")):
        assert stands(" ".join(quoted.split())), quoted


def stands(message: str) -> bool:
    """Whether some text of the source has these words; gaps are where it fills something in."""
    fixed = [part for part in re.split(f"“?{GAP}”?", message) if part.strip()]
    assert len("".join(fixed)) > 7, message
    pattern = re.compile(".*?".join(re.escape(part) for part in fixed), re.DOTALL)
    return any(pattern.search(text) for text in source_texts())


def test_the_list_of_layers_is_that_of_the_test() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- layers -->\n(.*?)\n<!-- /layers -->", page, re.DOTALL)
    assert block is not None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block[1].splitlines()[2:]]
    told = {part.strip("`"): imports for part, imports, _ in rows}
    assert told == {part: ", ".join(sorted(below)) or "nothing of the package" for part, below in MAY_IMPORT.items()}
    order = [part.strip("`") for part, _, _ in rows]
    for part, below in MAY_IMPORT.items():
        assert all(order.index(other) < order.index(part) for other in below), f"{part} stands above what it imports"


@pytest.mark.parametrize("block", [token.content for page in PAGES for token in tokens(page) if token.info == "python"])
def test_a_block_of_python_is_code_of_the_package(block: str) -> None:
    assert any(block in path.read_text(encoding="utf-8") for path in (ROOT / "gladly_tools").rglob("*.py"))


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_files_modules_and_settings_that_a_page_names_exist(page: Path) -> None:
    variables = {row.variable for row in TABLE} | {"GLADLY_URL", "GLADLY_USERNAME", "GLADLY_API_TOKEN"}
    for token in inline(page):
        if token.type != "code_inline":
            continue
        for variable in re.findall(r"GLADLY_[A-Z_]+", token.content):
            assert variable in variables, variable
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/[\w.-]+\.py|tests/[\w/.]+", token.content):
            paths = [
                ROOT / token.content,
                ROOT / "gladly_tools" / token.content,
                ROOT / "gladly_tools/demo" / token.content,
            ]
            assert any(path.exists() for path in paths), token.content


def slug(heading: str) -> str:
    """A heading as GitHub makes an address of it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def headings(page: Path) -> set[str]:
    found = tokens(page)
    return {slug(found[at + 1].content) for at, token in enumerate(found) if token.type == "heading_open"}


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for token in inline(page):
        href = str(token.attrGet("href") or "") if token.type == "link_open" else ""
        if not href or href.startswith(("http://", "https://")):
            continue
        path, _, place = href.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), href
        assert not place or place in headings(target), href


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {str(token.attrGet("href")).partition("#")[0] for token in inline(index) if token.type == "link_open"}
    assert {page.name for page in PAGES if page != index} <= linked
