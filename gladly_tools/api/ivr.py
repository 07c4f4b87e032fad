"""IVRs and the recordings of their prompts: addresses that are not published, so all of it is a guess (inferred)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from gladly_tools.api.arrival import Arrival
from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import Object, identity, objects, text
from gladly_tools.api.retry import Kind
from gladly_tools.api.transport import Transport, segment
from gladly_tools.api.unpublished import NOT_PUBLISHED, the_list
from gladly_tools.api.watch import Watch
from gladly_tools.errors import UnexpectedAnswer
from gladly_tools.mp3 import HEAD_BYTES, is_mp3, seconds

_NO_AUDIO = ("text/", "application/json", "application/xml", "application/xhtml")


@dataclass(frozen=True, kw_only=True)
class Ivr:
    """One telephone menu."""

    id: str
    name: str | None


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One recorded prompt of an IVR. `path` is where its audio is, where Gladly says so."""

    id: str
    name: str | None
    path: str | None


@dataclass(frozen=True, kw_only=True)
class Audio:
    """An MP3 that was written: its bytes, and how many seconds it plays; None when that cannot be told."""

    size: int
    seconds: float | None


class IvrCalls(Asking):
    """`client.ivrs`"""

    def __init__(
        self, transport: Transport, watch: Watch, *, list_path: str, recordings_path: str, audio_path: str
    ) -> None:
        super().__init__(transport, watch)
        self._list_path = list_path
        self._recordings_path = recordings_path
        self._audio_path = audio_path

    def list(self) -> tuple[Ivr, ...] | None:
        """Every IVR, in Gladly's order; None where there is no such address."""
        found = self._listed(self._list_path)
        return None if found is None else tuple(Ivr(id=identity(it), name=text(it, "name")) for it in found)

    def prompts(self, ivr_id: str) -> tuple[Prompt, ...] | None:
        """The recorded prompts of an IVR, in Gladly's order; None where there is no such address."""
        found = self._listed(self._recordings_path.replace("{ivrId}", segment(ivr_id)))
        if found is None:
            return None
        return tuple(
            Prompt(
                id=identity(it),
                name=text(it, "name") or text(it, "title") or text(it, "fileName"),
                path=_own_path(text(it, "recordingUrl") or text(it, "url")),
            )
            for it in found
        )

    def audio(self, ivr_id: str, prompt: Prompt, target: BinaryIO) -> Audio | None:
        """Write a prompt's audio to `target`, emptied first, piece by piece; None when there is none.

        Raises UnexpectedAnswer for what is no MP3; what `target` holds is of no use then.
        """
        path = prompt.path or self._audio_path.replace("{ivrId}", segment(ivr_id)).replace(
            "{recordingId}", segment(prompt.id)
        )

        def read(arrival: Arrival) -> int | None:
            if arrival.status == 404:
                return None
            if arrival.headers.get("content-type", "").strip().lower().startswith(_NO_AUDIO):
                raise _no_mp3(path)
            target.seek(0)
            target.truncate()
            size = 0
            for chunk in arrival.chunks():
                target.write(chunk)
                size += len(chunk)
            return size

        size = self._transport.ask("GET", path, self._watch, read=read, kind=Kind.STREAM, answered=(404,))
        if size is None:
            return None
        target.seek(0)
        if not is_mp3(target.read(HEAD_BYTES)):
            raise _no_mp3(path)
        return Audio(size=size, seconds=seconds(target))

    def _listed(self, path: str) -> tuple[Object, ...] | None:
        reply = self._transport.get(path, self._watch, answered=NOT_PUBLISHED)
        return None if reply.status != 200 else objects(the_list(reply.json()), path)


def _own_path(path: str | None) -> str | None:
    """A path of Gladly's own host; anything else would take the credentials elsewhere."""
    return path if path and path.startswith("/") and not path.startswith("//") else None


def _no_mp3(path: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"Gladly's answer to {path} is no MP3.", "Ask Gladly Support what is at this address.")
