"""Reads a report as strictly as it must be written, and tells what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta"}


@dataclass
class Element:
    """An element with its attributes, its own text and its children."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, name: str, kind: str = "") -> list[Element]:
        """Every element of a name, and of a class, within this one, in order."""
        found = [each for child in self.children for each in (child, *child.all("*"))]
        if name == "*":
            return found
        return [
            each
            for each in found
            if each.name == name and (not kind or kind in each.attributes.get("class", "").split())
        ]

    @property
    def words(self) -> str:
        """All text within."""
        return self.text + "".join(child.words for child in self.children)


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element(name="", attributes={})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        element = Element(name=tag, attributes={name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def parsed(page: bytes) -> Element:
    """The page; every element that is opened must be closed, in order, and nothing else may be there."""
    reader = _Strict()
    reader.feed(page.decode())
    reader.close()
    assert len(reader.open) == 1, f"never closed: {[each.name for each in reader.open[1:]]}"
    return reader.open[0]


def table_of(article: Element) -> list[list[str]]:
    """A chart's table, its heading first."""
    return [[cell.words for cell in row.all("*") if cell.name in ("th", "td")] for row in article.all("tr")]


def article_of(page: Element, title: str) -> Element:
    """The chart with this title."""
    (found,) = (each for each in page.all("article") if each.all("h3")[0].words == title)
    return found


def facts_of(page: Element) -> dict[str, str]:
    """What the page says of the export, by its labels."""
    (facts,) = page.all("dl")
    names = [each.words for each in facts.all("dt")]
    return dict(zip(names, (each.words for each in facts.all("dd")), strict=True))


def headline_of(page: Element) -> dict[str, str]:
    """The headline figures as they are written, by their labels."""
    return {card.all("span", "label")[0].words: card.all("b")[0].words for card in page.all("div", "figure")}
