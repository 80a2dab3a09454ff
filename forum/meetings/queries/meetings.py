"""Reading meetings: which there are, which come next, one of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from forum.base import clock
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.history import HistoryLine
from forum.base.paging import Page, page
from forum.meetings import rules
from forum.meetings.models import (
    AgendaItem,
    Answer,
    Invitation,
    Meeting,
    MeetingKind,
    Mode,
    Stage,
    meeting_theme,
    where,
)
from forum.members.models import Member
from forum.reference.models import Theme

Made = TypeVar("Made", Meeting, AgendaItem)


class MeetingRow(NamedTuple):
    """A meeting in a list, with what the reader answered."""

    id: int
    title: str
    kind: MeetingKind
    stage: Stage
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    place: str
    is_invited: bool
    answer: Answer | None
    answer_mode: Mode | None
    asks_replies: bool

    @property
    def reference(self) -> str:
        return f"MTG-{self.id}"

    @property
    def where(self) -> str:
        return where(self.mode, self.place)

    @property
    def starts_on(self) -> date:
        return clock.london(self.starts_at).date()

    @property
    def needs_answer(self) -> bool:
        return self.is_invited and self.asks_replies and self.answer is None and self.stage is Stage.OPEN

    @property
    def answer_in_words(self) -> str:
        return rules.answer_in_words(self.answer, self.answer_mode) if self.answer else ""


def readable_by(actor: Member) -> sa.ColumnElement[bool]:
    """Which meetings this person may know of: what `rules.may_see` says, as a condition."""
    return sa.true() if rules.may_schedule(actor) else _readable_by(actor.id)


def _readable_by(reader: sa.ColumnElement[int] | int) -> sa.ColumnElement[bool]:
    """The same for the id of somebody who does not run the Forum."""
    invitation = aliased(Invitation)
    is_invited = sa.exists().where(
        invitation.meeting_id == Meeting.id, invitation.member_id == reader, invitation.removed_at.is_(None)
    )
    is_shown = sa.or_(Meeting.kind.not_in(sorted(rules.INVITE_ONLY, key=str)), is_invited)
    return sa.or_(sa.and_(Meeting.stage != Stage.DRAFT, is_shown), Meeting.host_id == reader)


def _rows(actor: Member) -> Any:
    mine = sa.and_(
        Invitation.meeting_id == Meeting.id, Invitation.member_id == actor.id, Invitation.removed_at.is_(None)
    )
    return (
        sa.select(
            Meeting.id,
            Meeting.title,
            Meeting.kind,
            Meeting.stage,
            Meeting.starts_at,
            Meeting.ends_at,
            Meeting.mode,
            Meeting.place,
            Invitation.id.is_not(None),
            Invitation.answer,
            Invitation.mode,
            Meeting.asks_replies,
        )
        .outerjoin(Invitation, mine)
        .where(readable_by(actor))
    )


def meetings(
    actor: Member,
    *,
    is_past: bool = False,
    theme: int | None = None,
    kind: MeetingKind | None = None,
    is_draft: bool = False,
    key: str | None = None,
) -> Page[MeetingRow]:
    """Meetings that are still to come, the next one first; or those that are over, the latest first. One statement.

    `is_draft`: the drafts instead, whether their date has passed or not.
    """
    wanted = _rows(actor)
    if is_draft:
        wanted = wanted.where(Meeting.stage == Stage.DRAFT)
    else:
        wanted = wanted.where((Meeting.ends_at < clock.now()) == is_past)
    if kind is not None:
        wanted = wanted.where(Meeting.kind == kind)
    if theme is not None:
        wanted = wanted.where(
            sa.exists().where(meeting_theme.c.meeting_id == Meeting.id, meeting_theme.c.theme_id == theme)
        )
    ordered = [Meeting.starts_at, Meeting.id]
    return page(wanted, [c.desc() for c in ordered] if is_past else ordered, key).of(MeetingRow._make)


def themes_of(numbers: Collection[int]) -> dict[int, list[str]]:
    """The titles of the themes of these meetings. One statement."""
    wanted = (
        sa.select(meeting_theme.c.meeting_id, Theme.title)
        .join(Theme, Theme.id == meeting_theme.c.theme_id)
        .where(meeting_theme.c.meeting_id.in_(numbers))
        .order_by(Theme.position)
    )
    found: dict[int, list[str]] = {number: [] for number in numbers}
    for number, title in db.session.execute(wanted):
        found[number].append(title)
    return found


def upcoming(actor: Member, size: int = 5) -> list[MeetingRow]:
    """The next open meetings. One statement."""
    return _next(actor, Meeting.stage == Stage.OPEN, size)


def next_for(actor: Member) -> MeetingRow | None:
    """The next open meeting this person is invited to, with their answer; None when there is none. One statement."""
    return next(iter(_next(actor, sa.and_(Meeting.stage == Stage.OPEN, Invitation.id.is_not(None)), 1)), None)


def unanswered_by(actor: Member) -> list[MeetingRow]:
    """The open meetings to which this person has yet to answer, the next one first. One statement."""
    owed = sa.and_(
        Meeting.stage == Stage.OPEN, Meeting.asks_replies, Invitation.id.is_not(None), Invitation.answer.is_(None)
    )
    return _next(actor, owed, 20)


def _next(actor: Member, which: sa.ColumnElement[bool], size: int) -> list[MeetingRow]:
    wanted = _rows(actor).where(which, Meeting.ends_at > clock.now()).order_by(Meeting.starts_at, Meeting.id)
    return [MeetingRow._make(row) for row in db.session.execute(wanted.limit(size))]


class ComingRow(NamedTuple):
    """A meeting that is being prepared, with how its invitation stands in numbers of people."""

    id: int
    title: str
    stage: Stage
    starts_at: datetime
    invited: int
    yes: int
    maybe: int
    no: int

    @property
    def reference(self) -> str:
        return f"MTG-{self.id}"

    @property
    def unanswered(self) -> int:
        return self.invited - self.yes - self.maybe - self.no


def coming(size: int = 5) -> list[ComingRow]:
    """Drafts and open meetings that are still to come, the next one first, for whoever runs the Forum. One statement."""
    wanted = (
        sa.select(
            Meeting.id,
            Meeting.title,
            Meeting.stage,
            Meeting.starts_at,
            sa.func.count(Invitation.id),
            *(
                sa.func.count(sa.case((Invitation.answer == answer, 1)))
                for answer in (Answer.YES, Answer.MAYBE, Answer.NO)
            ),
        )
        .outerjoin(Invitation, sa.and_(Invitation.meeting_id == Meeting.id, Invitation.removed_at.is_(None)))
        .where(Meeting.stage != Stage.CANCELLED, Meeting.ends_at > clock.now())
        .group_by(Meeting.id)
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(size)
    )
    return [ComingRow._make(row) for row in db.session.execute(wanted)]


_THEMES_OF_ONE = (
    sa.select(Theme)
    .join(meeting_theme, meeting_theme.c.theme_id == Theme.id)
    .where(meeting_theme.c.meeting_id == sa.bindparam("number"))
    .order_by(Theme.position, Theme.id)
)


@cache
def _one(is_everybodys: bool) -> sa.Select[Meeting]:
    """One meeting, whoever reads it or for a reader; put together once, as every page of a meeting reads it."""
    wanted = sa.select(Meeting).where(Meeting.id == sa.bindparam("number")).options(joinedload(Meeting.host))
    return wanted if is_everybodys else wanted.where(_readable_by(sa.bindparam("reader", type_=sa.Integer)))


def get(actor: Member, number: int) -> Meeting:
    """The meeting with this number, with themes and host. Raises NotFound. Two statements."""
    meeting = db.session.scalar(_one(rules.may_schedule(actor)), {"number": number, "reader": actor.id})
    if meeting is None:
        raise NotFound("There is no meeting with this number, or it is not open yet.")
    if "themes" in sa.inspect(meeting).unloaded:  # half the time of selectinload
        set_committed_value(meeting, "themes", list(db.session.scalars(_THEMES_OF_ONE, {"number": number})))
    return meeting


def take(meeting: Meeting) -> None:
    """Read the meeting anew, and keep others from changing or mailing it until this transaction ends."""
    db.session.refresh(meeting, [column.key for column in sa.inspect(Meeting).column_attrs], with_for_update=True)


def by_form_key(kind: type[Made], form_key: str) -> Made | None:
    """What this form made when it was sent before."""
    return db.session.execute(sa.select(kind).where(kind.form_key == form_key)).scalar_one_or_none()


def who_changed(thing: Meeting | AgendaItem) -> str:
    """Who changed this last, by name; "Somebody else" when the history does not tell."""
    last = (
        sa.select(Member.name)
        .join(HistoryLine, HistoryLine.actor_id == Member.id)
        .where(HistoryLine.thing_kind == thing.__tablename__, HistoryLine.thing_id == thing.id)
        .order_by(HistoryLine.id.desc())
    )
    return db.session.scalar(last.limit(1)) or "Somebody else"
