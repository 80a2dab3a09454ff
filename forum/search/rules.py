"""What somebody asked for when they typed words into the search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from math import log, sqrt
from typing import NamedTuple

MOST_TERMS = 12
LONGEST_BEGINNING = 8
LONGEST = 200  # characters of a question; more is passed over
REFERENCES = {"FB": "feedback", "CH": "challenge", "MTG": "meeting"}

# Words that mean little by themselves: PostgreSQL's index leaves them out, so the other does not ask for them.
LITTLE_WORDS = frozenset(
    """i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its
    itself they them their theirs themselves what which who whom this that these those am is are was were be been being have
    has had having do does did doing a an the and but if or because as until while of at by for with about against between
    into through during before after above below to from up down in out on off over under again further then once here there
    when where why how all any both each few more most other some such no nor not only own same so than too very s t can
    will just don should now""".split()  # noqa: SIM905
)

_PIECE = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(r"\s*(FB|CH|MTG)[-\s]?0*([1-9][0-9]{0,8})\s*", re.IGNORECASE)
# What a stem has lost of a word whose end is still to be typed.
_ENDING = re.compile(
    r"(?<=\w{5})(?:ation|atio|ati|at|ement|emen|eme|em|ing|in|ence|enc|en|ent|es|e|s|ie|y|ive|iv|ise|is|ize|iz|al)$|(?<=\w{6})(?:itie|iti|it|a|i)$"
)


class Term(NamedTuple):
    """Words that must follow each other (mostly there is one); a prefix asks for words that begin like the last."""

    words: tuple[str, ...]
    is_prefix: bool = False

    @property
    def ways(self) -> list[str]:
        """How it may stand in the index, which holds stems: exploitation* must find "exploit", and relocat* "reloc". The
        index knows beginnings of up to 8 letters."""
        if not self.is_prefix:
            return [" ".join(self.words)]
        *before, last = self.words
        stem = _ENDING.sub("", last)[:LONGEST_BEGINNING]
        return [" ".join([*before, way]) for way in dict.fromkeys((last, stem))]

    @property
    def for_sqlite(self) -> str:
        """As FTS5 reads it: a quoted string, so that no word is an operator."""
        star = "*" if self.is_prefix else ""
        ways = " OR ".join(f'"{way}"{star}' for way in self.ways)
        return f"({ways})" if len(self.ways) > 1 else ways

    @property
    def for_postgresql(self) -> str:
        """As to_tsquery reads it: words in quotes, <-> between those that follow each other, :* after a prefix."""
        star = ":*" if self.is_prefix else ""
        ways = (" <-> ".join(f"'{word}'" for word in way.split()) + star for way in self.ways)
        return "(" + " | ".join(ways) + ")"


class Asked(NamedTuple):
    """Words, and the kinds of posts and of other things they are asked of; none: all kinds."""

    terms: list[Term]
    posts: Collection[str] = ()
    others: Collection[str] = ()

    def without(self, common: Collection[str]) -> Asked | None:
        """The words that are not as common as these (as FTS5 reads them); None when all of them stay."""
        rare = [term for term in self.terms if term.for_sqlite not in common]
        return None if len(rare) == len(self.terms) else self._replace(terms=rare)

    def for_sqlite(self, name: str = "", column: str = "") -> dict[str, str]:
        """The question of each part as FTS5 reads it, by the names of its parameters: "posts" and "others"."""
        words = f"{column}({' AND '.join(term.for_sqlite for term in self.terms)})"
        among_posts = f"AND ({' OR '.join(map(_sort, self.posts))})" if self.posts else "NOT kindother"
        among_others = f"AND ({' OR '.join(map(_sort, self.others))})" if self.others else "AND kindother"
        return {f"{name}posts": f"{words} {among_posts}", f"{name}others": f"{words} {among_others}"}

    def rare_for_sqlite(self) -> dict[str, str]:
        return self.for_sqlite("rare_") if self.terms else {}

    def titles_for_sqlite(self) -> dict[str, str]:
        """The same, of titles alone."""
        return self.for_sqlite("titled_", "title : ")

    def each_for_sqlite(self) -> dict[str, str]:
        """For each term as FTS5 reads it what to count instead: all words of a phrase, which is found sooner."""
        return {
            term.for_sqlite: " AND ".join(f'"{word}"' for word in term.words)
            if len(term.words) > 1
            else term.for_sqlite
            for term in self.terms
        }

    def for_postgresql(self) -> dict[str, str]:
        return {
            "words": " & ".join(term.for_postgresql for term in self.terms),
            "kinds_posts": " | ".join(map(_sort, self.posts)) or "!kindother",
            "kinds_others": " | ".join(map(_sort, self.others)) or "kindother",
        }


def _sort(kind: str) -> str:
    """The word by which the index knows a kind."""
    return "kind" + kind.replace("_", "")


def understand(question: str) -> list[Term]:
    """All of these terms must be there. "Quoted words" follow each other, train* begins a word, signs, accents and little
    words say nothing."""
    terms = []
    for piece in _PIECE.finditer(question[:LONGEST]):
        words = tuple(_WORD.findall(without_accents(piece[1] if piece[1] is not None else piece[2])))
        is_prefix = piece[2] is not None and piece[2].endswith("*")
        if words and (is_prefix or len(words) > 1 or words[0].lower() not in LITTLE_WORDS):
            terms.append(Term(words, is_prefix))
    return terms[:MOST_TERMS]


def reference(question: str) -> tuple[str, int] | None:
    """The kind and number that a question names, such as FB-61, CH-16 or MTG-3."""
    found = _REFERENCE.fullmatch(question)
    return (REFERENCES[found[1].upper()], int(found[2])) if found else None


# --- accents ---------------------------------------------------------------------------------------------------------


def without_accents(text: str) -> str:
    """Siân as Sian, as both indexes have it."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not "\u0300" <= sign <= "\u036f")


def with_accents(marked: str, whole: str, start: str, end: str) -> str:
    """A part of `whole`, marked with the signs `start` and `end` but without its accents, as it was written."""
    if whole.isascii():
        return marked
    plain = marked.replace(start, "").replace(end, "")
    bare, written = _side_by_side(whole)
    at = bare.find(plain)
    if at < 0:
        return marked
    kept = iter(written[at : at + len(plain)])
    return "".join(sign if sign in (start, end) else next(kept) for sign in marked)


def _side_by_side(whole: str) -> tuple[str, list[str]]:
    """The text without accents, and for each of its letters what was written there."""
    bare: list[str] = []
    written: list[str] = []
    for sign in whole:
        plain = without_accents(sign)
        if not plain and written:  # an accent that stands by itself
            written[-1] += sign
        bare += plain
        written += [sign if place == 0 else "" for place in range(len(plain))]
    return "".join(bare), written


# --- what is similar -------------------------------------------------------------------------------------------------

ALIKE, MORE_ALIKE, BY_TWO_WORDS = (
    0.2,
    0.4,
    0.6,
)  # what part of what somebody writes a thread must say to be shown to them
LETTERS = 6  # of a word, with the space
MOST_TELLING = 40  # words of a text that are looked up
USUAL = 10_000  # a word in more entries than that tells nothing
FEWEST = 5
MOST_COMPARED = 12  # words, the rarest
MOST_READ = 2_000  # characters of a text; more is passed over


class Weights(NamedTuple):
    """What each word tells: the fewer entries it is in, the more. `known`: the words that some entries hold
    and not very many, rarest first."""

    each: dict[str, float]
    exact: dict[str, float]
    title: list[str]
    known: list[str]

    def alike(self, said: Collection[str], length: int) -> bool:
        """Whether a text so many characters long that says these words is really similar: when they are enough of the
        title, or of all that was asked, by weight. A long text holds many words anyway; two words are little."""
        if len(said) < 2:
            return False
        needed = min(ALIKE + length / LETTERS / 300, MORE_ALIKE) if len(said) > 2 else BY_TWO_WORDS
        return max(self._part(said, self.title), self._part(said, self.each)) >= needed

    def _part(self, said: Collection[str], of: Collection[str]) -> float:
        whole = sum(self.each[word] for word in of)
        return sum(self.each[word] for word in said if word in of) / whole if whole else 0.0

    def score(self, said: Collection[str], length: int) -> float:
        """For the order: what these words tell, less for a text so many characters long, which holds many anyway."""
        return sum(self.exact[word] for word in said) / sqrt(length / LETTERS + 3)


def telling(title: str, text: str = "") -> list[str]:
    """The different words of a text that tell what it is about."""
    words = _WORD.findall(without_accents(f"{title} {text[:MOST_READ]}").lower())
    return list(dict.fromkeys(word for word in words if word not in LITTLE_WORDS and len(word) > 1))[:MOST_TELLING]


def weights(words: Sequence[str], title: list[str], numbers: Mapping[str, int], total: int) -> Weights:
    """`numbers`: in how many of `total` entries each word is.

    Whether a thread is shown counts fewer than 5 as 5, so that nobody can find out by it whether a rare word, such as a
    name, stands somewhere that they may not read.
    """
    each = {word: log(1 + total / max(numbers[word], FEWEST)) for word in words}
    exact = {word: log(1 + total / (numbers[word] + 0.5)) for word in words}
    known = sorted((word for word in words if 0 < numbers[word] <= USUAL), key=lambda word: numbers[word])
    return Weights(each, exact, title, known)


def each_of(words: Collection[str], on_postgresql: bool) -> list[str]:
    return [Term((word,)).for_postgresql if on_postgresql else Term((word,)).for_sqlite for word in words]


def any_of(words: Collection[str], on_postgresql: bool) -> str:
    """Threads with any of these words."""
    if on_postgresql:
        return " | ".join(each_of(words, on_postgresql))
    return f"({' OR '.join(each_of(words, on_postgresql))}) AND kindfeedback"


# --- when nothing is found -------------------------------------------------------------------------------------------


def shorter(question: str) -> str:
    """The question with the beginnings of its words in their place, for when nothing was found; empty when that is no
    other question."""
    words = [word for word in _WORD.findall(question[:LONGEST]) if word.lower() not in LITTLE_WORDS]
    cut = " ".join(f"{word[: max(4, len(word) - 3)]}*" if len(word) > 4 else word for word in words[:MOST_TERMS])
    return "" if "*" in question or "*" not in cut else cut
