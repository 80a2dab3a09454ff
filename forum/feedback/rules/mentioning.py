"""Mentions: "@" and the name of a member, an organisation or a sector, found in a post as it is shown.

What is found does not depend on who wrote what: whoever asked not to be named is found as anybody else is, or not at all.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from forum.base.errors import Rejected
from forum.feedback.models import MentionKind

MOST = 10  # mentions of a post that count; the rest are plain words
MANY = 10  # people a mention may reach without being asked about

PLACES = {
    MentionKind.MEMBER: "/members/{}",
    MentionKind.ORGANISATION: "/organisations/{}",
    MentionKind.SECTOR: "/members?sector={}",
}
_PIECES = re.compile(r'<(?:[^>"]|"[^"]*")*>|[^<]+')
_TAG = re.compile(r"<(/?)(\w+)")
_QUIET = {"a", "blockquote", "code", "pre"}  # where an "@" calls nobody: links, words of others, code
_AT = re.compile(r"(?<![\w/.@+-])@(?=\w)")
_PART = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")
_GOES_ON = re.compile(r"\w|[-'’]\w")


class Target(NamedTuple):
    """Who is called: the id is of a row of the kind's table, the title as people know it."""

    kind: MentionKind
    id: int
    title: str


class Reach(NamedTuple):
    """How many people a mention tells."""

    target: Target
    people: int


class ReachesMany(Rejected):
    """The author has to say that so many are to be told. `seal` stands for exactly these mentions."""

    place = "reach"

    def __init__(self, reaches: list[Reach]) -> None:
        who = " and ".join(f"{one.people} people in {one.target.title}" for one in reaches)
        super().__init__(f"This tells {who}. Tick that you want that, or take the mention out.")
        self.reaches = reaches
        self.seal = seal(reaches)


class Names:
    """Every name that can be called. A name that several of one kind have calls nobody; of two kinds, the first that was
    given is called."""

    def __init__(self, entries: Iterable[tuple[Target, Iterable[str]]]) -> None:
        known: dict[tuple[str, ...], Target | None] = {}
        for target, names in entries:
            for name in {key for words in names if (key := _words(words))}:
                other = known.setdefault(name, target)
                if other is not None and other.kind is target.kind and other.id != target.id:
                    known[name] = None
        self._by_parts: dict[tuple[str, ...], list[tuple[tuple[str, ...], Target | None]]] = defaultdict(list)
        for name, found in known.items():
            self._by_parts[tuple(_PART.findall(" ".join(name)))].append((name, found))
        self._most_parts = max(map(len, self._by_parts), default=0)

    def at(self, text: str, start: int) -> tuple[Target, int] | None:
        """Whose name stands there, and where it ends: the longest there is."""
        parts = tuple(part[0].lower() for part in islice(_PART.finditer(text, start), self._most_parts))
        for count in range(len(parts), 0, -1):
            for name, target in self._by_parts.get(parts[:count], ()):
                end = _end_of(name, text, start)
                if end is not None:
                    return (target, end) if target else None
        return None


def mark(parts: Mapping[str, str], names: Names) -> tuple[dict[str, str], list[Target]]:
    """The parts of a post (safe HTML) with mentions as links to the directory, and who is called: the first ten."""
    called: dict[tuple[MentionKind, int], Target] = {}
    return {part: _marked(markup, names, called) for part, markup in parts.items()}, list(called.values())


def check_reach(reaches: Iterable[Reach], told: str | None) -> list[Target]:
    """Who is called in the end. A mention that reaches many has to be confirmed (`told`: the seal of these), and calls
    nobody where there is nobody to ask (None). Raises ReachesMany."""
    reaches = list(reaches)
    many = [one for one in reaches if one.people > MANY]
    if many and told is not None and told != seal(many):
        raise ReachesMany(many)
    return [one.target for one in reaches if one not in many or told is not None]


def seal(reaches: Iterable[Reach]) -> str:
    return " ".join(sorted(f"{one.target.kind.value}:{one.target.id}" for one in reaches))


def _words(name: str) -> tuple[str, ...]:
    return tuple(name.lower().split())


def _end_of(name: tuple[str, ...], text: str, start: int) -> int | None:
    place = start
    for number, word in enumerate(name):
        if number:
            space = _SPACE.match(text, place)
            if space is None:
                return None
            place = space.end()
        if text[place : place + len(word)].lower() != word:
            return None
        place += len(word)
    return None if _GOES_ON.match(text, place) else place


def _marked(markup: str, names: Names, called: dict[tuple[MentionKind, int], Target]) -> str:
    if "@" not in markup:
        return markup
    made, quiet = [], 0
    for piece in _PIECES.findall(markup):
        if tag := _TAG.match(piece):
            quiet += (-1 if tag[1] else 1) if tag[2] in _QUIET else 0
        made.append(piece if tag or quiet or "@" not in piece else _linked(html.unescape(piece), names, called))
    return "".join(made)


def _linked(text: str, names: Names, called: dict[tuple[MentionKind, int], Target]) -> str:
    made, done = [], 0
    for sign in _AT.finditer(text):
        found = names.at(text, sign.end()) if sign.start() >= done else None
        if found is None:
            continue
        target, end = found
        key = (target.kind, target.id)
        if key not in called and len(called) == MOST:
            continue
        called.setdefault(key, target)
        address, words = PLACES[target.kind].format(target.id), text[sign.start() : end]
        made.append(html.escape(text[done : sign.start()], quote=False))
        made.append(f'<span class="forum-mention"><a href="{address}">{html.escape(words, quote=False)}</a></span>')
        done = end
    return "".join([*made, html.escape(text[done:], quote=False)])
