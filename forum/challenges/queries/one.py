"""One challenge, its words, its steps, and whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forum.base import history
from forum.base.db import db
from forum.base.errors import NotFound
from forum.challenges.models import CLOSED, Challenge, Citation, Response, Status, StatusChange, challenge_theme
from forum.challenges.queries.quoting import Quote, cited_posts, of_post, quotes
from forum.feedback.models import Attribution, Feedback, feedback_theme
from forum.feedback.queries import supporting
from forum.feedback.rules.supporting import Backing
from forum.members.models import Member, Notify, Standing
from forum.reference.models import Marking

# What others do meanwhile without standing in the way of somebody who writes.
_BESIDE = {"cited", "removed words from", "reported progress on"}


class Step(NamedTuple):
    """Something that happened to a challenge: a status with its reason, a response, or progress (both HTML)."""

    at: datetime
    status: Status | None
    kind: str  # "status", RESPONSE or PROGRESS
    reason: str
    html: str
    by: str


class SourceAuthor(NamedTuple):
    """Somebody whose words stand for a challenge and whom mail can reach; `words` with the thread they stand in."""

    id: int
    name: str
    email: str
    is_withheld: bool
    words: list[tuple[int, str]]


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which challenges this person may read: every member reads the whole log."""
    return sa.literal(actor.is_active)


# The same for statements that are put together once; who reads is among their values.
READABLE: sa.ColumnElement[bool] = sa.bindparam("is_active", type_=sa.Boolean)


def get(actor: Member, number: int) -> Challenge:
    """The challenge with this number, with priority, themes and owner. Raises NotFound. One statement."""
    found = db.session.scalars(
        sa.select(Challenge)
        .where(Challenge.id == number, readable_by(actor))
        .options(
            joinedload(Challenge.priority),
            joinedload(Challenge.themes),
            joinedload(Challenge.owner).joinedload(Member.organisation),
        )
        .execution_options(populate_existing=True)
    )
    challenge = found.unique().one_or_none()
    if challenge is None:
        raise NotFound("There is no challenge with this number.")
    return challenge


def made_from(form_key: str | None) -> Challenge | None:
    """The challenge this form has made already, with its themes."""
    if not form_key:
        return None
    wanted = sa.select(Challenge).where(Challenge.form_key == form_key).options(joinedload(Challenge.themes))
    return db.session.scalars(wanted).unique().one_or_none()


def said_already(form_key: str | None) -> Response | None:
    """The response or progress this form has stored already."""
    return db.session.scalar(sa.select(Response).where(Response.form_key == form_key)) if form_key else None


def citation(challenge: Challenge, number: int) -> Citation:
    """One citation of this challenge. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Citation)
        .where(Citation.id == number, Citation.challenge_id == challenge.id)
        .options(joinedload(Citation.feedback))
    )
    if found is None:
        raise NotFound("These words are not part of this challenge.")
    return found


def is_cited(challenge: Challenge, thread: Feedback, key: str) -> bool:
    """Whether the words with this key stand for this challenge already."""
    wanted = sa.exists().where(
        Citation.challenge_id == challenge.id, Citation.feedback_id == thread.id, Citation.words_key == key
    )
    return bool(db.session.scalar(sa.select(wanted)))


def markings_of(challenge: Challenge) -> list[Marking]:
    """The markings of what this challenge quotes."""
    wanted = sa.select(Feedback.marking).join(Citation, Citation.feedback_id == Feedback.id).distinct()
    return list(db.session.scalars(wanted.where(Citation.challenge_id == challenge.id)))


def quotes_of(actor: Member, challenge: Challenge) -> list[Quote]:
    """The words that stand for this challenge, in the order they were added. One statement."""
    return quotes(actor, [challenge.id])


def backing_of(actor: Member, challenge: Challenge) -> Backing:
    """How many organisations say "same here" to the threads this challenge quotes, each once, and in how many areas. One
    statement."""
    quoted = sa.select(Citation.feedback_id).where(Citation.challenge_id == challenge.id)
    return supporting.together(actor, quoted)


def steps_of(challenge: Challenge) -> list[Step]:
    """Statuses, responses and progress, newest first. One statement."""
    changes = (
        sa.select(
            StatusChange.changed_at.label("at"),
            StatusChange.id.label("place"),
            StatusChange.status,
            sa.literal("status").label("kind"),
            StatusChange.reason,
            sa.literal("").label("html"),
            Member.name,
        )
        .outerjoin(Member, Member.id == StatusChange.changed_by_id)
        .where(StatusChange.challenge_id == challenge.id)
    )
    said = (
        sa.select(Response.given_at, Response.id, sa.null(), Response.kind, sa.literal(""), Response.html, Member.name)
        .outerjoin(Member, Member.id == Response.given_by_id)
        .where(Response.challenge_id == challenge.id)
    )
    both = sa.union_all(changes, said).subquery()
    wanted = sa.select(both).order_by(both.c.at.desc(), both.c.kind.desc(), both.c.place.desc())
    return [
        Step(row.at, row.status, row.kind, row.reason, row.html, row.name or "") for row in db.session.execute(wanted)
    ]


def source_authors(challenge: Challenge) -> list[SourceAuthor]:
    """Who said what this challenge quotes and can be told: active, with an address, and not asking to be left alone.

    Somebody who is unattributed in any of it is withheld in all of it. Withdrawn words bring nobody. One statement.
    """
    wanted = (
        cited_posts(Member.id, Member.name, Member.email, of_post("attribution"), Citation.feedback_id, Citation.words)
        .join(Member, Member.id == of_post("author_id"))
        .where(
            Citation.challenge_id == challenge.id,
            of_post("withdrawn_at").is_(None),
            Member.standing == Standing.ACTIVE,
            Member.email.is_not(None),
            Member.notify != Notify.NONE,
        )
        .order_by(Citation.id)
    )
    authors: dict[int, SourceAuthor] = {}
    for number, name, email, attribution, feedback_id, words in db.session.execute(wanted):
        author = authors.get(number, SourceAuthor(number, name, email, False, []))
        author.words.append((feedback_id, words))
        withheld = author.is_withheld or attribution is Attribution.UNATTRIBUTED
        authors[number] = author._replace(is_withheld=withheld)
    return list(authors.values())


def last_to_change(challenge: Challenge) -> str:
    """Who changed this challenge last, by name, as the history has it."""
    lines = history.lines("challenge", challenge.id).items
    changed_by = next((line.actor_id for line in lines if line.verb not in _BESIDE), None)
    person = db.session.get(Member, changed_by) if changed_by else None
    return person.name if person else "Somebody else"


def suggested(
    actor: Member, thread: Feedback, text: str = "", chosen: int | None = None, size: int = 10
) -> list[Challenge]:
    """Open challenges to add words of this thread to, and the one chosen: what shares most with it first. One statement."""
    shared = (
        sa.select(sa.func.count())
        .select_from(challenge_theme.join(feedback_theme, challenge_theme.c.theme_id == feedback_theme.c.theme_id))
        .where(challenge_theme.c.challenge_id == Challenge.id, feedback_theme.c.feedback_id == thread.id)
        .scalar_subquery()
    )
    same_priority = sa.case((Challenge.priority_id == thread.priority_id, 1), else_=0)
    wanted = (
        sa.select(Challenge)
        .where(
            readable_by(actor),
            sa.or_(Challenge.id == chosen, sa.and_(Challenge.status.not_in(CLOSED), matching(text))),
        )
        .order_by((2 * shared + same_priority).desc(), Challenge.active_at.desc(), Challenge.id.desc())
    )
    return list(db.session.scalars(wanted.limit(size)))


def matching(text: str) -> sa.ColumnElement[bool]:
    """Challenges with all these words in title or description, or with this reference (CH-16)."""
    number = text.strip().upper().removeprefix("CH-").lstrip("0")
    if number.isascii() and number.isdigit() and text.strip().upper().startswith("CH-"):
        return Challenge.id == int(number) if len(number) < 10 else sa.false()
    words: Iterable[str] = text.split()[:10]
    return sa.and_(
        sa.true(),
        *(
            sa.or_(
                Challenge.title.icontains(word, autoescape=True), Challenge.description.icontains(word, autoescape=True)
            )
            for word in words
        ),
    )
