"""How the posts of a thread read before they were edited."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from forum.base.db import db
from forum.base.paging import Page, page
from forum.feedback.models import Edition, Feedback, Reply
from forum.feedback.queries import asking
from forum.feedback.queries.threads import author_columns, author_words
from forum.members.models import Member, Organisation

MOST_WORDS = 2_000  # of a text compared word by word; longer ones line by line, as comparing grows with the square


class Change(NamedTuple):
    """One edit of the first post (`reply_id` None) or of a reply: for every part that changed, its pieces.

    A piece is ("same" | "gone" | "new", words).
    """

    reply_id: int | None
    author: str
    at: datetime
    parts: list[tuple[str, list[tuple[str, str]]]]


def changes(number: int, key: str | None = None) -> Page[Change]:
    """The edits in a thread the caller may read, newest first, 20 a page. What was withdrawn has none. Four statements."""
    after = aliased(Edition)
    is_later = sa.and_(after.reply_id.is_not_distinct_from(Edition.reply_id), after.id > Edition.id)
    later = sa.select(sa.func.min(after.id)).where(after.feedback_id == number, is_later).correlate(Edition)
    found: Page[tuple[Edition, int | None]] = page(
        sa.select(Edition, later.scalar_subquery())
        .outerjoin(Reply, Reply.id == Edition.reply_id)
        .join(Feedback, Feedback.id == Edition.feedback_id)
        .where(Edition.feedback_id == number)
        .where(sa.case((Edition.reply_id.is_(None), Feedback.withdrawn_at), else_=Reply.withdrawn_at).is_(None))
        .where(sa.or_(Edition.reply_id.is_(None), Reply.held_at.is_(None))),
        [Edition.id.desc()],
        key,
    )
    now = _present_words(number, {edition.reply_id for edition, _ in found.items})
    wanted = sa.select(Edition).where(Edition.id.in_([following for _, following in found.items if following]))
    words = {edition.id: _words(edition) for edition in db.session.scalars(wanted)}

    def change(row: tuple[Edition, int | None]) -> Change:
        edition, following = row
        post = now[edition.reply_id]
        return _change(edition, words[following] if following else post.words, post.author)

    return found.of(change)


class _Now(NamedTuple):
    author: str
    words: dict[str, str]


def _present_words(number: int, posts: Collection[int | None]) -> dict[int | None, _Now]:
    if not posts:
        return {}
    names = ("title", "happening", "affected", "would_help")
    first = _with_author(Feedback, sa.null(), *(getattr(Feedback, name) for name in names)).where(Feedback.id == number)
    empty = sa.literal("")
    others = _with_author(Reply, Reply.id, empty, Reply.body, empty, empty)
    others = others.where(Reply.id.in_([post for post in posts if post]))
    found: dict[int | None, _Now] = {}
    for post, *rest in db.session.execute(sa.union_all(first, others)):
        words = dict(zip(names, rest[-4:], strict=True)) if post is None else {"body": rest[-3]}
        found[post] = _Now(author_words(*rest[:-4]), words)
    found[None].words["answers"] = _as_text([(0, *one) for one in asking.answers(number)])
    return found


def _with_author(post: type[Feedback] | type[Reply], number: Any, *words: Any) -> sa.Select[Any]:
    """A post's number, the columns of its author and its words."""
    select = sa.select(sa.cast(number, sa.Integer), *author_columns(post), *words).select_from(post)
    select = select.outerjoin(Member, Member.id == post.author_id)
    return select.outerjoin(Organisation, Organisation.id == post.organisation_id)


def _change(edition: Edition, after: dict[str, str], author: str) -> Change:
    before = _words(edition)
    names = dict.fromkeys([*after, "answers"])
    changed = [name for name in names if before.get(name, "") != after.get(name, "")]
    parts = [(name, differences(before.get(name, ""), after.get(name, ""))) for name in changed]
    return Change(edition.reply_id, author, edition.replaced_at, parts)


def _words(edition: Edition) -> dict[str, str]:
    return edition.words | {"answers": _as_text(edition.words.get("answers", ()))}


def _as_text(answers: Iterable[Sequence[Any]]) -> str:
    """Answers to the questions of themes (position, question, words) as one text to compare."""
    return "\n\n".join(f"{label}\n{words}" for _, label, words in answers)


def differences(before: str, after: str) -> list[tuple[str, str]]:
    """What is the same, gone and new between two texts, in reading order."""
    was, now = _pieces(before), _pieces(after)
    if max(len(was), len(now)) > MOST_WORDS:
        was, now = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[tuple[str, str]] = []
    for step, a, b, c, d in difflib.SequenceMatcher(None, was, now).get_opcodes():
        if step == "equal":
            found.append(("same", "".join(was[a:b])))
            continue
        found += [(word, text) for word, text in (("gone", "".join(was[a:b])), ("new", "".join(now[c:d]))) if text]
    return found


def _pieces(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)
