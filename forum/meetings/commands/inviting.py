"""Inviting people to a meeting, and telling those invited what has changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.meetings import queries, rules
from forum.meetings.commands.mailing import Addressee, Difference, Mailing
from forum.meetings.models import Invitation, Meeting
from forum.members.models import Member, Standing
from forum.members.queries import InviteeRow


def invite(actor: Member, meeting: Meeting, expected: int | None = None) -> int:
    """Invite everybody who can be invited and was not yet, a letter to each; how many those were.

    `expected` is the number the person saw before confirming. Raises Rejected when it is another now; inviting twice
    invites nobody the second time.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    now = clock.now()
    rules.check_inviting(meeting, now)
    people = queries.uninvited(meeting)
    if people and expected is not None and len(people) != expected:
        raise Rejected("The members have changed while you were looking. Check who gets the invitation and send it.")
    _note_invitations(actor, meeting, [person.id for person in people], now)
    mailing = Mailing(Kind.INVITATION, meeting, now, agenda=queries.agenda(meeting))
    letters.write_many(mailing.to(Addressee(person.id, person.name, person.email)) for person in people)
    if people:
        history.note(actor, "invited", meeting, count=len(people))
    return len(people)


def note_invited(actor: Member, meeting: Meeting, member_ids: Collection[int], at: datetime) -> None:
    """Note who was invited at that moment by other means: no letter is written."""
    rules.check_scheduler(actor)
    _note_invitations(actor, meeting, member_ids, at)
    history.note(actor, "noted invitations", meeting, count=len(member_ids))


def _note_invitations(actor: Member, meeting: Meeting, member_ids: Collection[int], at: datetime) -> None:
    common = {
        "meeting_id": meeting.id,
        "invited_by_id": actor.id,
        "invited_at": at,
        "sent_at": at,
        "sent_sequence": meeting.ical_sequence,
        "sent_version": meeting.version,
    }
    if member_ids:
        db.session.execute(sa.insert(Invitation), [common | {"member_id": number} for number in member_ids])


def sample(meeting: Meeting, person: InviteeRow) -> letters.Fields:
    """The invitation as this person would get it now, but for the reply link, which is theirs alone. Nothing is written."""
    mailing = Mailing(Kind.INVITATION, meeting, clock.now(), agenda=queries.agenda(meeting))
    token = queries.reply_token(meeting.id, person.id, 1)
    letter = mailing.to(Addressee(person.id, person.name, person.email))
    return letter | {"text": letter["text"].replace(token, "…"), "html": letter["html"].replace(token, "…")}


def tell(actor: Member, meeting: Meeting, differences: Sequence[Difference] = ()) -> int:
    """Write to everybody invited who was not told of the newest change; to how many.

    Those for whom the time has changed are asked again: their answer was for another time.
    """
    rules.check_scheduler(actor)
    rules.check_inviting(meeting, clock.now())
    is_untold = Invitation.sent_version < meeting.version
    is_earlier = Invitation.sent_sequence < meeting.ical_sequence
    asked = _write(Kind.UPDATE, meeting, is_untold, is_earlier, differences=differences, asks_again=True)
    informed = _write(Kind.UPDATE, meeting, is_untold, ~is_earlier, differences=differences)
    if asked + informed:
        history.note(actor, "sent an update", meeting, count=asked + informed)
    return asked + informed


def carry_over(meeting: Meeting, version: int) -> None:
    """The newest change is none that people are told of: who knew the version before it knows this one."""
    knew = sa.update(Invitation).where(Invitation.meeting_id == meeting.id, Invitation.sent_version == version)
    db.session.execute(knew.values(sent_version=meeting.version), execution_options={"synchronize_session": False})


def call_off(meeting: Meeting, reason: str) -> int:
    """Write to everybody invited that the meeting is cancelled; to how many."""
    return _write(Kind.CANCELLATION, meeting, reason=reason)


def resend(actor: Member, meeting: Meeting, invitation: Invitation) -> None:
    """Send the invitation to one person again, as the meeting stands now; their answer stays if the time is the same.

    `invitation` has its member loaded.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_inviting(meeting, clock.now())
    rules.check_invited(invitation)
    rules.check_reachable(invitation.member)
    is_moved = invitation.sent_sequence < meeting.ical_sequence
    kind = Kind.UPDATE if is_moved else Kind.INVITATION
    _write(kind, meeting, Invitation.id == invitation.id, asks_again=is_moved)
    history.note(actor, "sent again", invitation, about=meeting)


def withdraw(actor: Member, meeting: Meeting, invitation: Invitation, reason: str) -> None:
    """Take one person's invitation back: their link ends, and their calendar is told.

    `invitation` has its member loaded.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_invited(invitation)
    rules.check_changing(meeting)
    if rules.may_invite(meeting, clock.now()):
        _write(Kind.CANCELLATION, meeting, Invitation.id == invitation.id, reason=reason)
    invitation.removed_at = clock.now()
    invitation.link_version += 1
    history.note(actor, "withdrew", invitation, reason, about=meeting)


def withdraw_all(actor: Member, member: Member, reason: str) -> int:
    """Take this person's invitations to all meetings to come back, because they leave the Forum; how many there were."""
    invitations = queries.invitations_to_come(member)
    for invitation in invitations:
        withdraw(actor, invitation.meeting, invitation, reason)
    return len(invitations)


def invite_again(actor: Member, meeting: Meeting, invitation: Invitation) -> None:
    """Invite somebody whose invitation was withdrawn. `invitation` has its member loaded."""
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_inviting(meeting, clock.now())
    rules.check_reachable(invitation.member)
    if invitation.removed_at is None:
        return
    invitation.removed_at = None
    db.session.flush()
    _write(Kind.INVITATION, meeting, Invitation.id == invitation.id, asks_again=True)
    history.note(actor, "invited again", invitation, about=meeting)


def _write(kind: Kind, meeting: Meeting, *which: sa.ColumnElement[bool], asks_again: bool = False, **words: Any) -> int:
    """A letter of this kind to those invited who meet the conditions, noted on their invitations; how many."""
    found = db.session.execute(_reachable(kind, meeting).where(*which)).all()
    if not found:
        return 0
    # Calendars ignore a message that is not stamped later than the one before it.
    stamped_at = max(clock.now(), max(row.sent_at for row in found) + timedelta(seconds=1))
    agenda = () if kind is Kind.CANCELLATION else queries.agenda(meeting)
    mailing = Mailing(kind, meeting, stamped_at, agenda=agenda, asks_again=asks_again, **words)
    people = [
        Addressee(row.id, row.name, row.email, row.sent_times + 1, row.link_version, None if asks_again else row.answer)
        for row in found
    ]
    letters.write_many(map(mailing.to, people))
    _note_sent(meeting, [person.member_id for person in people], stamped_at, asks_again)
    return len(people)


def _reachable(kind: Kind, meeting: Meeting) -> sa.Select[Any]:
    """The people invited to whom a letter can be written; who has left still learns that a meeting is off."""
    wanted: Any = (
        sa.select(
            Member.id,
            Member.name,
            Member.email,
            Invitation.sent_times,
            Invitation.link_version,
            Invitation.answer,
            Invitation.sent_at,
        )
        .join(Invitation, Invitation.member_id == Member.id)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None), Member.email.is_not(None))
        .order_by(Member.name, Member.id)
    )
    return wanted if kind is Kind.CANCELLATION else wanted.where(Member.standing == Standing.ACTIVE)  # type: ignore[no-any-return]


def _note_sent(meeting: Meeting, member_ids: Collection[int], stamped_at: datetime, asks_again: bool) -> None:
    asked = {"answer": None, "mode": None, "answered_at": None} if asks_again else {}
    noted = (
        sa.update(Invitation)
        .where(Invitation.meeting_id == meeting.id, Invitation.member_id.in_(member_ids))
        .values(
            sent_sequence=meeting.ical_sequence,
            sent_version=meeting.version,
            sent_times=Invitation.sent_times + 1,
            sent_at=stamped_at,
            **asked,
        )
    )
    db.session.execute(noted, execution_options={"synchronize_session": False})
