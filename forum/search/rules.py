"""What somebody asked for when they typed words into the search."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_TERMS = 12
LONGEST = 200  # characters of a question; more is passed over

_PIECE = re.compile(r'"([^"]*)"?|(\S+)')
_WORD = re.compile(r"[^\W_]+")


class Term(NamedTuple):
    """Words that must follow each other (mostly there is one); a prefix asks for words that begin like the last."""

    words: tuple[str, ...]
    is_prefix: bool = False


def understand(question: str) -> list[Term]:
    """All of these terms must be there. "Quoted words" follow each other, train* begins a word, signs say nothing."""
    terms = []
    for piece in _PIECE.finditer(question[:LONGEST]):
        words = tuple(_WORD.findall(piece[1] if piece[1] is not None else piece[2]))
        if words:
            is_prefix = piece[2] is not None and piece[2].endswith("*")
            terms.append(Term((*words[:-1], _root(words[-1])), True) if is_prefix else Term(words))
    return terms[:MOST_TERMS]


def _root(beginning: str) -> str:
    """The beginning of a long word without its last letters: the index holds stems, and relocat* must find "reloc"."""
    return beginning[: max(5, len(beginning) - 3)]


def for_sqlite(terms: list[Term]) -> str:
    """As FTS5 reads it: every term a quoted string, so that no word is an operator."""
    return " ".join(f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}' for term in terms)


def for_postgresql(terms: list[Term]) -> str:
    """As to_tsquery reads it: words in quotes, <-> between those that follow each other, :* after a prefix."""
    return " & ".join("(" + " <-> ".join(f"'{word}'" for word in term.words) + _end(term) + ")" for term in terms)


def _end(term: Term) -> str:
    return ":*" if term.is_prefix else ""
