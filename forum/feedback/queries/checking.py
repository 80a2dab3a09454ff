"""What waits for a look, and what was done about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import settings
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.paging import Page, page
from forum.feedback.models import Attribution, Edition, Feedback, Flag, FlagKind, Redaction, Reply, Reveal, Support
from forum.feedback.queries.one import stands
from forum.feedback.queries.threads import author_columns, author_words
from forum.members.models import Member, Organisation
from forum.reference.models import Marking

Post = Feedback | Reply | Support  # that is flagged and settled: of a support its evidence
Which = tuple[int, int | None, int | None]


class CheckRow(NamedTuple):
    """A post that waits for a look. `reply_id` None: the thread's first post, or the evidence of `support_id`. `reasons`:
    kind and words of each flag."""

    first: int  # the oldest of its flags
    since: datetime
    feedback_id: int
    reply_id: int | None
    support_id: int | None
    title: str
    words: str
    marking: Marking
    author: str
    is_held: bool
    is_withdrawn: bool
    reasons: tuple[tuple[FlagKind, str], ...] = ()

    @property
    def path(self) -> str:
        """Where the post is looked at."""
        part = (
            f"/replies/{self.reply_id}" if self.reply_id else f"/support/{self.support_id}" if self.support_id else ""
        )
        return f"/feedback/{self.feedback_id}{part}/check"


class RevealRow(NamedTuple):
    """Somebody was shown who wrote a post; never whom they were shown."""

    id: int
    feedback_id: int
    reply_id: int | None
    reason: str
    at: datetime
    by: str


_POST = (Flag.feedback_id, Flag.reply_id, Flag.support_id)  # together they tell which post a flag is of


def waiting(key: str | None = None) -> Page[CheckRow]:
    """The posts with open flags, those that wait longest first, 20 a page. For whoever runs the Forum. Two statements."""
    oldest = (
        sa.select(sa.func.min(Flag.id).label("first"), sa.func.min(Flag.raised_at).label("since"),
                  *_POST)
        .where(Flag.settled_at.is_(None))
        .group_by(*_POST)
        .subquery()
    )  # fmt: skip
    found: Page[Any] = page(_posts(oldest), [oldest.c.first.asc()], key)
    reasons = _reasons({row[2] for row in found.items})
    return found.of(lambda row: _row(tuple(row), reasons))


def _posts(oldest: sa.Subquery) -> sa.Select[Any]:
    is_reply, is_evidence = oldest.c.reply_id.is_not(None), oldest.c.support_id.is_not(None)

    def of_post(name: str, of_evidence: Any = None) -> sa.ColumnElement[Any]:
        own = sa.null() if of_evidence is None else of_evidence
        return sa.case((is_evidence, own), (is_reply, getattr(Reply, name)), else_=getattr(Feedback, name))

    kept = sa.func.coalesce(Organisation.shown_as, "")
    evidence = (sa.literal(Attribution.ORGANISATION, Feedback.attribution.type), sa.literal(""), kept, sa.true())
    parts = zip(evidence, author_columns(Reply), author_columns(Feedback), strict=True)
    authors = [sa.case((is_evidence, a), (is_reply, b), else_=c) for a, b, c in parts]
    return (
        sa.select(
            *oldest.c,
            Feedback.title,
            sa.case((is_evidence, Support.evidence), (is_reply, Reply.body), else_=Feedback.happening),
            Feedback.marking,
            *authors,
            of_post("held_at").is_not(None),
            of_post("withdrawn_at", Support.hidden_at).is_not(None),
        )
        .select_from(oldest)
        .join(Feedback, Feedback.id == oldest.c.feedback_id)
        .outerjoin(Reply, Reply.id == oldest.c.reply_id)
        .outerjoin(Support, Support.id == oldest.c.support_id)
        .outerjoin(Member, Member.id == of_post("author_id"))
        .outerjoin(Organisation, Organisation.id == of_post("organisation_id", Support.organisation_id))
    )


def _row(row: tuple[Any, ...], reasons: dict[Which, list[tuple[FlagKind, str]]]) -> CheckRow:
    named = author_words(*row[8:12])
    return CheckRow._make((*row[:8], named, bool(row[12]), bool(row[13]), tuple(reasons[row[2], row[3], row[4]])))


def _reasons(threads: Iterable[int]) -> dict[Which, list[tuple[FlagKind, str]]]:
    wanted = sa.select(*_POST, Flag.kind, Flag.words).where(Flag.feedback_id.in_(list(threads)))
    found: dict[Which, list[tuple[FlagKind, str]]] = defaultdict(list)
    for thread, reply, support, kind, words in db.session.execute(
        wanted.where(Flag.settled_at.is_(None)).order_by(Flag.id)
    ):
        found[thread, reply, support].append((kind, words))
    return found


def waiting_count() -> int:
    """How many posts wait for a look. One statement."""
    some = sa.select(*_POST).where(Flag.settled_at.is_(None)).distinct()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def place_of(post: Post) -> Which:
    """The numbers of its thread, of the reply and of the support it is; None for what it is not."""
    if isinstance(post, Feedback):
        return post.id, None, None
    return (post.feedback_id, post.id, None) if isinstance(post, Reply) else (post.feedback_id, None, post.id)


def _of(post: Post, kind: type[Flag] | type[Redaction]) -> tuple[sa.ColumnElement[bool], ...]:
    thread, reply, support = place_of(post)
    own = kind.reply_id.is_not_distinct_from(reply), kind.support_id.is_not_distinct_from(support)
    return kind.feedback_id == thread, *own


def open_flags(post: Post) -> list[Flag]:
    """The open flags of a post, oldest first. One statement."""
    return list(
        db.session.scalars(sa.select(Flag).where(*_of(post, Flag), Flag.settled_at.is_(None)).order_by(Flag.id))
    )


def has_open_flag(actor: Member, post: Post) -> bool:
    """Whether this person reported the post, and nobody has looked at it yet."""
    own = sa.select(Flag.id).where(*_of(post, Flag), Flag.raised_by_id == actor.id, Flag.settled_at.is_(None))
    return db.session.scalar(own.limit(1)) is not None


def redactions(post: Post) -> list[Redaction]:
    """What was taken out of a post, oldest first. One statement."""
    return list(db.session.scalars(sa.select(Redaction).where(*_of(post, Redaction)).order_by(Redaction.id)))


def hidden_edition(post: Feedback | Reply) -> Edition:
    """The words of a hidden post. Raises Rejected when they are no longer kept."""
    thread, reply, _ = place_of(post)
    of_post = sa.and_(Edition.feedback_id == thread, Edition.reply_id.is_not_distinct_from(reply))
    kept = sa.select(Edition).where(of_post, Edition.replaced_at == post.hidden_at)
    found = db.session.scalar(kept.order_by(Edition.id.desc()).limit(1))
    if found is None:
        raise Rejected("The words of this post are no longer kept, so it cannot be shown again.")
    return found


def reveals(key: str | None = None) -> Page[RevealRow]:
    """When somebody was shown who wrote a post, newest first, 50 a page. One statement."""
    columns = (Reveal.id, Reveal.feedback_id, Reveal.reply_id, Reveal.reason, Reveal.revealed_at, Member.name)
    wanted: sa.Select[*tuple[Any, ...]] = sa.select(*columns).join(Member, Member.id == Reveal.revealed_to_id)
    return page(wanted, [Reveal.id.desc()], key, size=50).of(RevealRow._make)


def is_new(author: Member, attribution: Attribution) -> bool:
    """Whether this member has posted less than the setting asks to be looked at first. No statement when it asks none.

    What carries no name is looked at whoever wrote it: else to wait would say that a new member did.
    """
    asked = settings.number("CHECK_FIRST_POSTS")
    if not asked or attribution is Attribution.UNATTRIBUTED:
        return bool(asked)
    own = [
        sa.select(post.id).where(post.author_id == author.id, stands(post)).limit(asked) for post in (Feedback, Reply)
    ]
    counts = [sa.select(sa.func.count()).select_from(part.subquery()).scalar_subquery() for part in own]
    return (db.session.scalar(sa.select(counts[0] + counts[1])) or 0) < asked
