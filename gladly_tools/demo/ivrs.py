"""The company's telephone menus and their spoken prompts, named as carelessly as people name things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gladly_tools.demo.ids import Ids, Kind
from gladly_tools.demo.media import Paragraph, recording

# Some names would leave their folder, are devices on some systems, or differ in case or form alone.
_MENUS = (
    ("Main menu", ("Welcome", "WELCOME", "Press 1 for orders", "Returns, exchanges & refunds", "CON", "../../x")),
    ("Queue", ("Hold music 🎵", "You are next", "You are next", "=SUM(A1)", "C:\\prompts\\hold.mp3")),
    (
        "After hours 🌙",
        (
            *("Geschlossen: Größe M", "Voicemail?", "." * 3, "We are closed. " * 20, "お待ちください"),
            *("Holiday hours", "Old greeting"),
        ),
    ),
    ("Text to speech only", ()),
)
_PROMPTS_A_MENU = 100


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One recorded prompt; `seconds` is how long it plays."""

    id: str
    name: str
    seconds: float

    @property
    def audio(self) -> Iterator[bytes]:
        """Its MP3, in pieces."""
        begins = range(0, int(self.seconds), 2)
        words = [Paragraph(speaker=0, begin=begin, end=begin + 1.2, text="") for begin in begins]
        return recording(self.seconds, words)


@dataclass(frozen=True, kw_only=True)
class Ivr:
    """One telephone menu with its prompts."""

    id: str
    name: str
    prompts: tuple[Prompt, ...]


def make_ivrs(ids: Ids) -> tuple[Ivr, ...]:
    """The menus of the company."""
    return tuple(
        Ivr(
            id=ids.make(Kind.IVR, place),
            name=name,
            prompts=tuple(
                Prompt(
                    id=ids.make(Kind.PROMPT, place * _PROMPTS_A_MENU + number),
                    name=prompt,
                    seconds=round(2 + len(re.findall(r"\w+", prompt)) * 0.72, 2),
                )
                for number, prompt in enumerate(prompts)
            ),
        )
        for place, (name, prompts) in enumerate(_MENUS)
    )
