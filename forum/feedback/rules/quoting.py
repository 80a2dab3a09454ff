"""Quotes of posts in replies: Markdown like any other, with a first line that says and links to whose words they are.

By that line a quote is found again when its post is withdrawn or its author is named otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 3_000  # characters of a post that are put into the form: whoever wants more quotes by hand
GONE = "*These words were taken back.*"
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|])")
_FENCE = re.compile(r"\s*(```|~~~)")
_MARKS = re.compile(r"(?:[ ]{0,3}> ?)+")


def address(thread: int, reply: int | None) -> str:
    """Where a post stands."""
    return f"/feedback/{thread}?at={reply}#post-{reply}" if reply else f"/feedback/{thread}#post-0"


def heading(author: str, thread: int, reply: int | None) -> str:
    """The first line of a quote: whose words, and where they stand."""
    place = f"FB-{thread} reply {reply}" if reply else f"FB-{thread}"
    who = _SPECIAL.sub(r"\\\1", author)
    return f"[{who}{', ' if who else ''}{place}]({address(thread, reply)}) wrote:"


def quote(author: str, thread: int, reply: int | None, words: str) -> str:
    """The words of a post as a quote to begin a reply with. What it quotes itself is left out."""
    lines = [heading(author, thread, reply), "", *_cut(_own(words)).split("\n")]
    return "\n".join(f"> {line}" if line else ">" for line in lines) + "\n\n"


def taken_back(text: str, thread: int, reply: int | None) -> str:
    """The text without the words it quotes from this post, and without whose they were."""
    return _each(text, thread, reply, lambda marks, _words: [f"{marks}{heading('', thread, reply)}", f"{marks.rstrip()}", f"{marks}{GONE}"])  # fmt: skip


def named_anew(text: str, thread: int, reply: int | None, author: str) -> str:
    """The text with this post's author named like this where it quotes it."""
    return _each(text, thread, reply, lambda marks, words: [f"{marks}{heading(author, thread, reply)}", *words])


def _each(text: str, thread: int, reply: int | None, change: Callable[[str, list[str]], list[str]]) -> str:
    """The text with every quote of this post replaced: what `change` makes of its marks ("> ") and its further lines."""
    if f"({address(thread, reply)}) wrote:" not in text:
        return text
    made: list[str] = []
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        marks = _MARKS.match(lines[place])
        if marks is None or not lines[place].rstrip().endswith(f"]({address(thread, reply)}) wrote:"):
            made.append(lines[place])
            place += 1
            continue
        end = place + 1
        while end < len(lines) and _goes_on(lines[end], marks[0].count(">")):
            end += 1
        made += change(marks[0], lines[place + 1 : end])
        place = end
    return "\n".join(made)


def _goes_on(line: str, depth: int) -> bool:
    """Whether this line belongs to a quote of this depth: it is quoted as deep, and begins no quote of another post."""
    marks = _MARKS.match(line)
    begins_another = re.search(r"\]\(/feedback/\d+(\?at=\d+)?#post-\d+\) wrote:\s*$", line) is not None
    return marks is not None and marks[0].count(">") >= depth and not begins_another


def _own(words: str) -> str:
    """The lines that are not quotes of others; all of them when there are no others. Code is left as it is."""
    kept, is_code = [], False
    for line in words.split("\n"):
        is_code ^= _FENCE.match(line) is not None
        if is_code or _MARKS.match(line) is None:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n") or words


def _cut(words: str) -> str:
    if len(words) <= LONGEST:
        return words
    cut = words[:LONGEST].rpartition(" ")[0] or words[:LONGEST]
    return f"{cut.rstrip()} …"
