"""Ids that look random, are always the same for a seed, and can be read back without an index."""

from __future__ import annotations

import base64
import binascii
import random
from enum import IntEnum
from hashlib import blake2b


class Kind(IntEnum):
    """What an id is the id of."""

    ORGANIZATION = 1
    AGENT = 2
    TEAM = 3
    INBOX = 4
    TOPIC = 5
    AUDIENCE = 6
    ANSWER = 7
    CUSTOMER = 8
    FORMER_CUSTOMER = 9
    CONVERSATION = 10
    CONTACT = 11
    RULE = 12
    ATTRIBUTE = 13
    ITEM = 14
    SESSION = 15
    FILE = 16
    IVR = 20
    PROMPT = 21
    TASK = 30
    EXPORT_SCHEDULE = 40
    EXPORT_JOB = 41
    OUTSIDE_ITEM = 42


def seeded(seed: int, *parts: object) -> random.Random:
    """A source of chance that depends on the seed and the parts, and on nothing else."""
    text = "/".join(str(part) for part in (seed, *parts))
    return random.Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


class Ids:
    """Turns (kind, number) into 22 characters of base64url and back.

    Half of an id is a digest of what it stands for; the other half is the thing itself, masked with a digest
    of the first. So a million conversations need no table of ids.
    """

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(16, "big", signed=True)

    def make(self, kind: Kind, number: int) -> str:
        plain = (kind << 56) | number
        head = self._digest(plain.to_bytes(8, "big"))
        body = plain ^ int.from_bytes(self._digest(head), "big")
        return base64.urlsafe_b64encode(head + body.to_bytes(8, "big"))[:22].decode()

    def read(self, kind: Kind, text: str) -> int | None:
        """The number behind an id of this kind; None when it is no such id of this company."""
        try:
            raw = base64.b64decode(text.encode("ascii") + b"==", altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            return None
        if len(raw) != 16:
            return None
        plain = int.from_bytes(raw[8:], "big") ^ int.from_bytes(self._digest(raw[:8]), "big")
        number = plain & ((1 << 56) - 1)
        return number if plain >> 56 == kind and self.make(kind, number) == text else None

    def _digest(self, data: bytes) -> bytes:
        return blake2b(data, key=self._key, digest_size=8).digest()
