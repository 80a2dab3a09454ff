"""Reading what a meeting's desk shows: who may host it, how far each stage is, who comes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import Base, db
from forum.base.letters import Kind
from forum.meetings.models import (
    Answer,
    Attendance,
    Audience,
    Invitation,
    MailingOrder,
    Meeting,
    Mode,
    Paper,
    PaperPack,
    PaperVersion,
    Place,
    Presence,
    Proposal,
    ProposalState,
    Reminder,
    Stage,
)
from forum.meetings.queries.agendas import ItemRow
from forum.meetings.queries.invitations import Progress, Tally
from forum.meetings.rules.desk import Facts
from forum.members.models import Member, Organisation, Role, Standing

_IS_TO_COME = re.compile(r"to be (confirmed|announced)|\btb[ac]\b", re.IGNORECASE)

_MAY_HOST = sa.and_(Member.standing == Standing.ACTIVE, Member.role.in_((Role.SECRETARIAT, Role.OFFICIAL, Role.ADMIN)))


def hosts(kept: int | None = None) -> list[tuple[int, str]]:
    """Who can host a meeting, by name; `kept`: the host it has already. One statement."""
    wanted = sa.select(Member.id, Member.name).where(sa.or_(_MAY_HOST, Member.id == kept))
    return [(number, name) for number, name in db.session.execute(wanted.order_by(Member.name, Member.id))]


def may_host(member_id: int) -> bool:
    """Whether this member can host a meeting. One statement."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Member.id == member_id, _MAY_HOST))))


class Counts(NamedTuple):
    """What belongs to a meeting, in numbers."""

    proposals: int
    papers: int
    papers_to_come: int
    packs: int
    audiences: int
    reminders: int
    reminders_settled: int
    marked: int
    present: int
    update_due_at: datetime | None  # when the update that waits goes out


def counts(meeting: Meeting) -> Counts:
    """Proposals to decide on, papers, audiences, reminders, attendance and the update that waits. One statement."""

    def number(model: type[Base], *which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        of_it = model.__table__.c.meeting_id == meeting.id
        return sa.select(sa.func.count()).select_from(model).where(of_it, *which).scalar_subquery()

    is_here = sa.exists().where(PaperVersion.paper_id == Paper.id)
    wanted = sa.select(
        number(Proposal, Proposal.state == ProposalState.PROPOSED),
        number(Paper, Paper.withdrawn_at.is_(None)),
        number(Paper, Paper.withdrawn_at.is_(None), ~is_here),
        number(PaperPack, PaperPack.file_id.is_not(None)),
        number(Audience),
        number(Reminder, Reminder.removed_at.is_(None)),
        number(Reminder, Reminder.removed_at.is_(None), Reminder.settled_at.is_not(None)),
        number(Attendance),
        number(Attendance, Attendance.presence == Presence.PRESENT),
        sa.select(sa.func.min(MailingOrder.due_at))
        .where(
            MailingOrder.meeting_id == meeting.id, MailingOrder.kind == Kind.UPDATE, MailingOrder.finished_at.is_(None)
        )
        .scalar_subquery(),
    )
    return Counts._make(db.session.execute(wanted).one())


def facts(
    meeting: Meeting, items: Sequence[ItemRow], overrun: int, tally: Tally, progress: Progress, minutes: str
) -> Facts:
    """What the desk of this meeting is made from; `minutes`: "", "draft" or "published". One statement."""
    counted = counts(meeting)._asdict()
    update_due_at = counted.pop("update_due_at")
    today, day = clock.today(), clock.london(meeting.starts_at).date()
    return Facts(
        day=day,
        is_draft=meeting.stage is Stage.DRAFT,
        is_over=meeting.ends_at <= clock.now(),
        has_begun=day <= today,
        asks_replies=meeting.asks_replies,
        is_placed=meeting.mode is Mode.ONLINE or not _IS_TO_COME.search(meeting.place),
        reply_by_on=meeting.reply_by_on,
        papers_due_on=meeting.papers_due_on,
        items=len(items),
        overrun=overrun,
        invited=tally.invited,
        uninvited=tally.uninvited,
        unanswered=tally.unanswered,
        untold=tally.untold,
        answers=_answers(tally) if tally.invited else "",
        letters=progress.words if progress.total else "",
        letters_failed=progress.failed,
        is_sending=progress.under_way > 0,
        update_due=clock.show_time(update_due_at) if update_due_at else "",
        minutes=minutes,
        **counted,
    )


def _answers(tally: Tally) -> str:
    return f"{tally.yes:,} yes, {tally.maybe:,} maybe, {tally.no:,} no, {tally.unanswered:,} no answer"


# --- who is coming ---------------------------------------------------------------------------------------------------


class ComerRow(NamedTuple):
    """Somebody who comes."""

    name: str
    organisation: str
    mode: Mode | None


def coming(meeting: Meeting) -> list[ComerRow]:
    """Who has said yes and has a place, by organisation and name; nobody who waits for one. One statement."""
    wanted = (
        sa.select(Member.name, sa.func.coalesce(Organisation.name, ""), Invitation.mode)
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None), Invitation.answer == Answer.YES)
        .where(sa.or_(Invitation.place.is_(None), Invitation.place == Place.TAKEN))
        .order_by(sa.func.coalesce(Organisation.name, ""), Member.name, Member.id)
    )
    return [ComerRow._make(row) for row in db.session.execute(wanted)]
