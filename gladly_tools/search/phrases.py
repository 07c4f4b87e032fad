"""Phrases to search for, and how a text is made comparable: HTML as text, Unicode case folding, white space folded.

Case folding is Unicode's full one: `größe` is found in `GRÖSSE`, and the long s is an s. It knows no language: the
Turkish I without a dot is a letter of its own, not a lower-case I. Accents are compared as they are written, composed
or not.

Only the tags that HTML has are tags: `<ann@example.com>` in a plain text is text. Tags that begin a new line or cell
count as a space, the others as nothing, so `re<b>fund</b>` holds `refund`. Comments, scripts and styles are no text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_BLOCK = (
    "address article aside blockquote body br caption center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 head "
    "header hr html li main nav ol option p pre section table tbody td tfoot th thead title tr ul"
)
_INLINE = (
    "a abbr b bdi bdo big cite code col colgroup data del dfn em font i img input ins kbd label link mark meta o q s "
    "samp small span strike strong sub sup time tt u var wbr"
)
_TAG_END = r"(?:[\s/](?:[^<>\"']|\"[^\"]*\"|'[^']*')*)?>"
_DOCTYPE = re.compile(r"<!doctype\b[^<>]*>", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)(?=[\s/>])", re.IGNORECASE)
_ENDS = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style")}
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(_BLOCK.split())}){_TAG_END}", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{'|'.join(_INLINE.split())}){_TAG_END}", re.IGNORECASE)


def parse_phrases(text: str) -> tuple[str, ...]:
    """The phrases of a pasted list, one a line, as written but for white space; those that compare alike only once."""
    phrases: dict[str, str] = {}
    for line in text.splitlines():
        if folded := fold(line):
            phrases.setdefault(folded, " ".join(line.split()))
    return tuple(phrases.values())


def fold(text: str) -> str:
    """A plain text as it is compared: case folded, each run of white space one space, none at the ends."""
    return " ".join(text.casefold().split())


def visible(text: str) -> str:
    """What a reader sees of a text that may be HTML."""
    if "<" in text:
        if "<!" in text:
            text = _DOCTYPE.sub("", _without_comments(text))
        text = _without_scripts(text)
        text = _BLOCK_TAG.sub(" ", text)
        text = _INLINE_TAG.sub("", text)
    return html.unescape(text) if "&" in text else text


def _without_comments(text: str) -> str:
    """The text without what stands between `<!--` and `-->`; a comment that is not closed is text."""
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[place:start])
        place = end + 3
    return "".join([*kept, text[place:]])


def _without_scripts(text: str) -> str:
    kept, place = [], 0
    while found := _SCRIPT.search(text, place):
        end = _ENDS[found[1].lower()].search(text, found.end())
        if end is None:
            break
        kept.append(text[place : found.start()])
        place = end.end()
    return "".join([*kept, text[place:]])


class PhraseTest:
    """Says whether a text holds any of the phrases."""

    def __init__(self, phrases: Iterable[str]) -> None:
        folded = dict.fromkeys(folded for phrase in phrases if (folded := fold(phrase)))
        self._words = [(phrase, phrase.split()) for phrase in folded]

    def holds(self, text: str) -> bool:
        """True when what a reader sees of a text, which may be HTML, holds any phrase."""
        return self.is_in(visible(text) if "<" in text or "&" in text else text)

    def is_in(self, plain: str) -> bool:
        """True when a plain text holds any phrase."""
        folded = plain.casefold()
        for phrase, words in self._words:
            # White space is folded only where it can matter: it takes longer than the search.
            for word in words:
                if word not in folded:
                    break
            else:
                if len(words) == 1 or phrase in " ".join(folded.split()):
                    return True
        return False
