"""Mailings that the worker writes: those to many people, in parts, and updates, which leave time for second thoughts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import ask_to_wake, db
from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.meetings import queries, rules
from forum.meetings.commands import telling
from forum.meetings.models import Invitation, MailingOrder, Meeting
from forum.meetings.queries import audiences, tellings
from forum.meetings.rules import tellings as telling_rules
from forum.members.models import Member

VERBS = {Kind.INVITATION: "invited", Kind.UPDATE: "sent an update", Kind.CANCELLATION: "sent the cancellation"}


def order(
    actor: Member, meeting: Meeting, kind: Kind, total: int, due_at: datetime | None = None, reason: str = ""
) -> MailingOrder:
    """Have the worker write to `total` people from `due_at` on, at once when it is not given.

    `meeting` is taken, and no such order is open: two would write to the same people.
    """
    now = clock.now()
    made = MailingOrder(
        meeting_id=meeting.id,
        kind=kind,
        ordered_by_id=actor.id,
        ordered_at=now,
        due_at=due_at or now,
        total=total,
        reason=reason,
    )
    db.session.add(made)
    ask_to_wake()
    return made


def close(order: MailingOrder, because: str) -> None:
    """Nothing more is written for this order."""
    order.finished_at, order.stopped_because = clock.now(), because


def stop(actor: Member, meeting: Meeting, order: MailingOrder) -> None:
    """Write no more letters for this order; those written already go out. Raises Rejected when it is done."""
    rules.check_scheduler(actor)
    _take(meeting, order)
    telling_rules.check_open(order)
    close(order, f"Stopped by {actor.name}")
    history.note(actor, "stopped a mailing", meeting, kind=order.kind.value, written=order.written)


def send_now(actor: Member, meeting: Meeting, order: MailingOrder) -> None:
    """Let this update go without waiting any longer. Raises Rejected when it is done."""
    rules.check_scheduler(actor)
    _take(meeting, order)
    telling_rules.check_open(order)
    order.due_at = min(order.due_at, clock.now())
    ask_to_wake()


def _take(meeting: Meeting, order: MailingOrder) -> None:
    queries.take(meeting)
    db.session.refresh(order)


def carry_out() -> bool:
    """Write one part of the order that has been due longest; whether there may be more to do.

    A part is written whole or not at all, and whom it wrote to is on their invitations: nobody is written to twice,
    whenever it is interrupted.
    """
    due = sa.select(MailingOrder).where(MailingOrder.finished_at.is_(None), MailingOrder.due_at <= clock.now())
    order = db.session.scalar(due.order_by(MailingOrder.due_at, MailingOrder.id).limit(1))
    if order is None:
        return False
    meeting = db.session.get_one(Meeting, order.meeting_id)
    _take(meeting, order)  # whoever holds the meeting may have stopped it
    if order.finished_at is not None:
        return True
    written = _write_part(order, meeting)
    order.written += written
    if written < telling_rules.IN_ONE_PART and order.finished_at is None:
        _finish(order, meeting)
    return True


def _write_part(order: MailingOrder, meeting: Meeting) -> int:
    """The next letters of this order; how many. Fewer than a whole part: those were the last."""
    actor, most = db.session.get_one(Member, order.ordered_by_id), telling_rules.IN_ONE_PART
    if order.kind is Kind.CANCELLATION:
        is_untold = Invitation.sent_version < meeting.version
        return telling.write(order.kind, meeting, is_untold, by=actor, limit=most, reason=order.reason)
    try:
        rules.check_inviting(meeting, clock.now())
    except Rejected as refusal:
        close(order, refusal.message)
        return 0
    if order.kind is Kind.INVITATION:
        people = audiences.uninvited(meeting, limit=most)
        if people:
            telling.invite_them(actor, meeting, people, audiences.optional(meeting))
        return len(people)
    telling.carry_over(meeting)
    untold = tellings.is_untold(meeting)
    return telling.write(order.kind, meeting, untold, by=actor, since=order.ordered_at, limit=most)


def _finish(order: MailingOrder, meeting: Meeting) -> None:
    order.finished_at = clock.now()
    order.total = max(order.total, order.written)
    if order.written:
        actor = db.session.get_one(Member, order.ordered_by_id)
        history.note(actor, VERBS[order.kind], meeting, count=order.written)
