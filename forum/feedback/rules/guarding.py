"""The guard: what in a post may tell who somebody is, shown to its author before others can read it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from forum.base import personal_data
from forum.base.errors import Rejected

AROUND = 40  # characters shown before and after the words that were found
WHO_SAID_IT, WHY_NOT = "who said it", "This is who said it, or where they work, and they asked not to be named so."


class Worry(NamedTuple):
    """Words of a post that may tell who somebody is: the field they are in, and the text around them."""

    field: str
    kind: str
    before: str
    words: str
    after: str
    why: str


class MayIdentify(Rejected):
    """The author has to look at the text again. `seal` stands for exactly this text: sent back, it says that they did."""

    place = "guard"

    def __init__(self, worries: list[Worry], seal: str) -> None:
        super().__init__("What you wrote may tell who somebody is. Change it, or tick that you have checked it.")
        self.worries = worries
        self.seal = seal


def look(parts: Mapping[str, str], unnamed: Collection[str] = ()) -> list[Worry]:
    """What is found in these texts, by field; `unnamed` are names that must not be told."""
    return [
        _worry(field, text, found)
        for field, text in parts.items()
        for found in (*personal_data.find(text), *_named(text, unnamed))
    ]


def check(parts: Mapping[str, str], confirmed: str, unnamed: Collection[str] = ()) -> str:
    """The kinds found, as a moderator is told them ("name, phone number"), when the author confirmed this very text or
    nothing was found (""). `unnamed` as in `look`. Raises MayIdentify."""
    worries = look(parts, unnamed)
    if worries and confirmed != seal(parts):
        raise MayIdentify(worries, seal(parts))
    return ", ".join(sorted({worry.kind for worry in worries}))


def seal(parts: Mapping[str, str]) -> str:
    """A short sum of the texts: it changes with every letter, and not with how a browser ends its lines."""
    text = "\0".join(f"{field}\0{' '.join(words.split())}" for field, words in sorted(parts.items()) if words.strip())
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _named(text: str, names: Collection[str]) -> Iterator[personal_data.Find]:
    """Where these names stand. One word counts only as it is written: "day" is nobody's name."""
    for name in names:
        words = r"\s+".join(map(re.escape, name.split()))
        flags = re.IGNORECASE if " " in name else re.NOFLAG
        if words and (found := re.search(rf"(?<!\w){words}(?!\w)", text, flags)):
            yield personal_data.Find(WHO_SAID_IT, found[0], found.start(), found.end(), WHY_NOT)


def _worry(field: str, text: str, found: personal_data.Find) -> Worry:
    before = text[max(0, found.start - AROUND) : found.start]
    after = text[found.end : found.end + AROUND]
    if found.start > AROUND:
        before = "…" + before.partition(" ")[2]
    if found.end + AROUND < len(text):
        after = after.rpartition(" ")[0] + "…"
    return Worry(field, found.kind, before, found.words, after, found.why)
