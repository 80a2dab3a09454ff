"""Who said the cited words, as far as they let it be known, and whether they still say so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import richtext
from forum.base.db import db
from forum.challenges import rules
from forum.challenges.models import Citation
from forum.feedback import queries as feedback
from forum.feedback.models import Attribution, Feedback, Reply
from forum.feedback.rules import attributed
from forum.members.models import Member, Organisation
from forum.reference.models import Marking

Columns = sa.Select[*tuple[Any, ...]]


class Quote(NamedTuple):
    """Cited words. They are empty, and the reason is told, when they were withdrawn or edited away since."""

    citation_id: int
    challenge_id: int
    feedback_id: int
    reply_id: int | None
    thread: str  # its title; empty when the thread was withdrawn
    words: str
    author: str
    is_withdrawn: bool
    is_edited_away: bool
    is_yours: bool
    marking: Marking
    posted_at: datetime
    cited_at: datetime

    @property
    def source(self) -> str:
        return f"FB-{self.feedback_id}"


def of_post(column: str) -> sa.ColumnElement[Any]:
    """This column of the cited post, which is a reply or a thread's first post."""
    return sa.case((Citation.reply_id.is_not(None), getattr(Reply, column)), else_=getattr(Feedback, column))


def cited_posts(*columns: Any) -> Columns:
    """Citations with their posts; the reply is null for a thread's first post."""
    return (
        sa.select(*columns)
        .select_from(Citation)
        .join(Feedback, Feedback.id == Citation.feedback_id)
        .outerjoin(Reply, Reply.id == Citation.reply_id)
    )


def is_by(member: Member) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(of_post("author_id") == member.id, sa.false())


def quotes(actor: Member, challenge_ids: Iterable[int], most: int | None = None) -> list[Quote]:
    """The words cited for these challenges that this person may read, oldest first; at most so many a challenge.

    With `most`, words that are gone are left out. A name that may not be shown is not read either. One statement.
    """
    wanted = _select(actor).where(Citation.challenge_id.in_(list(challenge_ids)), feedback.readable_by(actor))
    if most is not None:
        place = sa.func.row_number().over(partition_by=Citation.challenge_id, order_by=Citation.id).label("place")
        ranked = wanted.where(of_post("withdrawn_at").is_(None)).add_columns(place).subquery()
        wanted = sa.select(*(c for c in ranked.c if c.name != "place")).where(ranked.c.place <= most)
        wanted = wanted.order_by(ranked.c.citation_id)
    else:
        wanted = wanted.order_by(Citation.id)
    found = [_quote(row) for row in db.session.execute(wanted)]
    return [quote for quote in found if quote.words] if most is not None else found


def _select(actor: Member) -> Columns:
    attribution, withdrawn = of_post("attribution"), of_post("withdrawn_at").is_not(None)
    edited = sa.and_(of_post("edited_at") > Citation.cited_at, sa.not_(withdrawn))
    whole = sa.case((Citation.reply_id.is_not(None), Reply.html), else_=_first_post())
    named = sa.func.coalesce(Member.name, of_post("contributor"))
    return (
        cited_posts(
            Citation.id.label("citation_id"),
            Citation.challenge_id,
            Citation.feedback_id,
            Citation.reply_id,
            sa.case((Feedback.withdrawn_at.is_(None), Feedback.title), else_="").label("thread"),
            sa.case((withdrawn, ""), else_=Citation.words).label("words"),
            attribution.label("attribution"),
            sa.case((attribution == Attribution.NAMED, named), else_="").label("name"),
            feedback.organisation_words(attribution).label("organisation"),
            of_post("author_id").is_not(None).label("is_member"),
            withdrawn.label("is_withdrawn"),
            sa.case((edited, whole), else_=None).label("html_now"),
            is_by(actor).label("is_yours"),
            Feedback.marking,
            of_post("posted_at").label("posted_at"),
            Citation.cited_at,
        )
        .outerjoin(Member, Member.id == of_post("author_id"))
        .outerjoin(Organisation, Organisation.id == of_post("organisation_id"))
    )


def _first_post() -> sa.ColumnElement[str]:
    return Feedback.html + Feedback.html_affected + Feedback.html_would_help


def _quote(row: Any) -> Quote:
    gone = row.html_now is not None and not rules.says(richtext.to_text(row.html_now), row.words)
    return Quote(
        citation_id=row.citation_id,
        challenge_id=row.challenge_id,
        feedback_id=row.feedback_id,
        reply_id=row.reply_id,
        thread=row.thread,
        words="" if gone else row.words,
        author=attributed(row.attribution, row.name or "", row.organisation or "", is_member=bool(row.is_member)),
        is_withdrawn=bool(row.is_withdrawn),
        is_edited_away=gone,
        is_yours=bool(row.is_yours),
        marking=row.marking,
        posted_at=row.posted_at,
        cited_at=row.cited_at,
    )
