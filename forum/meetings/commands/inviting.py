"""Inviting people to a meeting, and telling those invited what has changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.meetings import queries, rules
from forum.meetings.commands import needs, ordering, places, telling
from forum.meetings.commands.mailing import Addressee, Mailing
from forum.meetings.models import Invitation, Meeting
from forum.meetings.queries import audiences, tellings
from forum.meetings.rules import tellings as telling_rules
from forum.members.models import Member
from forum.members.queries import InviteeRow


def invite(actor: Member, meeting: Meeting, expected: int | None = None) -> int:
    """Invite everybody whom the meeting is for and who was not yet, a letter to each; how many those are.

    More than can be written while somebody waits are ordered, and written by the worker. `expected` is the number the
    person saw before confirming. Raises Rejected when it is another now; inviting twice invites nobody the second time.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_inviting(meeting, clock.now())
    if tellings.open_orders(meeting, Kind.INVITATION):
        return 0
    people = queries.uninvited(meeting)
    if people and expected is not None and len(people) != expected:
        raise Rejected("The members have changed while you were looking. Check who gets the invitation and send it.")
    if len(people) > telling_rules.IN_ONE_REQUEST:
        ordering.order(actor, meeting, Kind.INVITATION, len(people))
        history.note(actor, "ordered invitations", meeting, count=len(people))
    elif people:
        telling.invite_them(actor, meeting, people, audiences.optional(meeting))
        history.note(actor, "invited", meeting, count=len(people))
    return len(people)


def note_invited(actor: Member, meeting: Meeting, member_ids: Collection[int], at: datetime) -> None:
    """Note who was invited at that moment by other means: no letter is written."""
    rules.check_scheduler(actor)
    telling.note_invitations(actor, meeting, member_ids, at)
    history.note(actor, "noted invitations", meeting, count=len(member_ids))


def sample(meeting: Meeting, person: InviteeRow) -> letters.Fields:
    """The invitation as this person would get it now, but for the reply link, which is theirs alone. Nothing is written."""
    is_optional = person.id in audiences.optional(meeting)
    mailing = Mailing(Kind.INVITATION, meeting, clock.now(), agenda=queries.agenda(meeting), is_optional=is_optional)
    token = queries.reply_token(meeting.id, person.id, 1)
    letter = mailing.to(Addressee(person.id, person.name, person.email, is_optional=is_optional))
    return letter | {"text": letter["text"].replace(token, "…"), "html": letter["html"].replace(token, "…")}


def tell(actor: Member, meeting: Meeting) -> int:
    """Have everybody written to who was not told of the newest change, five minutes from now; how many those are.

    A correction until then goes in the same letter, which tells each what is new to them. Those for whom the time has
    changed are asked again: their answer was for another time. Nothing is ordered twice.
    """
    rules.check_scheduler(actor)
    now = clock.now()
    rules.check_inviting(meeting, now)
    telling.carry_over(meeting)
    total = tellings.untold(meeting)
    for waiting in tellings.open_orders(meeting, Kind.UPDATE):
        if total and waiting.ordered_at >= meeting.changed_at:
            return 0
        ordering.close(waiting, "A correction goes in its place." if total else "What was changed was changed back.")
    if total:
        ordering.order(actor, meeting, Kind.UPDATE, total, due_at=now + telling_rules.SECOND_THOUGHTS)
        history.note(actor, "ordered an update", meeting, count=total)
    return total


def call_off(actor: Member, meeting: Meeting, reason: str) -> int:
    """Write to everybody invited that the meeting, now cancelled, will not be; to how many."""
    for waiting in tellings.open_orders(meeting):
        ordering.close(waiting, "The meeting was cancelled.")
    people = sa.select(sa.func.count()).select_from(Invitation).join(Member, Member.id == Invitation.member_id)
    invited = (Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None), Member.email.is_not(None))
    total = db.session.scalar(people.where(*invited)) or 0
    if total > telling_rules.IN_ONE_REQUEST:
        ordering.order(actor, meeting, Kind.CANCELLATION, total, reason=reason)
        return total
    return telling.write(Kind.CANCELLATION, meeting, by=actor, reason=reason)


_COLUMNS = [column.key for column in sa.inspect(Invitation).column_attrs]


def _take(meeting: Meeting, invitation: Invitation) -> None:
    """Read both anew, and keep others from changing or mailing them until this transaction ends."""
    queries.take(meeting)
    db.session.refresh(invitation, _COLUMNS)


def resend(actor: Member, meeting: Meeting, invitation: Invitation, seen: int | None = None) -> None:
    """Send the invitation to one person again, as the meeting stands now; their answer stays if the time is the same.

    `invitation` has its member loaded. `seen` is how many letters about it the actor had seen go to that person: Raises
    Rejected when there is one more by now, because the same button was pressed twice.
    """
    rules.check_scheduler(actor)
    _take(meeting, invitation)
    if seen is not None and seen != invitation.sent_times:
        raise Rejected("The invitation has already been sent again, so nothing more was sent.")
    rules.check_inviting(meeting, clock.now())
    rules.check_invited(invitation)
    rules.check_reachable(invitation.member)
    telling.write(Kind.INVITATION, meeting, Invitation.id == invitation.id, by=actor)
    history.note(actor, "sent again", invitation, about=meeting)


def withdraw(actor: Member, meeting: Meeting, invitation: Invitation, reason: str) -> None:
    """Take one person's invitation back: their link ends, and their calendar is told.

    `invitation` has its member loaded.
    """
    rules.check_scheduler(actor)
    _take(meeting, invitation)
    rules.check_invited(invitation)
    rules.check_changing(meeting)
    if rules.may_invite(meeting, clock.now()):
        telling.write(Kind.CANCELLATION, meeting, Invitation.id == invitation.id, by=actor, reason=reason)
    invitation.removed_at = clock.now()
    invitation.link_version += 1
    places.vacate(meeting, invitation)
    needs.forget(invitation)
    history.note(actor, "withdrew", invitation, reason, about=meeting)


def withdraw_all(actor: Member, member: Member, reason: str) -> int:
    """Take this person's invitations to all meetings to come back, because they leave the Forum; how many there were."""
    invitations = queries.invitations_to_come(member)
    for invitation in invitations:
        withdraw(actor, invitation.meeting, invitation, reason)
    return len(invitations)


def invite_again(actor: Member, meeting: Meeting, invitation: Invitation, in_place_of: str = "") -> None:
    """Invite somebody whose invitation was withdrawn. `invitation` has its member loaded."""
    rules.check_scheduler(actor)
    _take(meeting, invitation)
    rules.check_inviting(meeting, clock.now())
    rules.check_reachable(invitation.member)
    if invitation.removed_at is None:
        return
    invitation.removed_at = None
    db.session.flush()
    telling.write(
        Kind.INVITATION, meeting, Invitation.id == invitation.id, by=actor, is_fresh=True, in_place_of=in_place_of
    )
    history.note(actor, "invited again", invitation, about=meeting)


def send_stand_in(actor: Member, meeting: Meeting, invitation: Invitation, stand_in: Member) -> bool:
    """Invite somebody in the place of whom this invitation is for; whether that took a letter.

    Who is invited already is noted as the stand-in, and written to no second time. `invitation` has its member loaded.
    """
    rules.check_scheduler(actor)
    queries.take(meeting)
    rules.check_inviting(meeting, clock.now())
    rules.check_reachable(stand_in)
    if stand_in.id == invitation.member_id:
        raise Rejected("Select somebody else: nobody can stand in for themselves", "stand_in")
    there = db.session.scalar(
        sa.select(Invitation).where(Invitation.meeting_id == meeting.id, Invitation.member_id == stand_in.id)
    )
    instead_of = invitation.member
    if there is not None:
        was_removed = there.removed_at is not None
        there.stands_in_for_id = instead_of.id
        if was_removed:
            there.member = stand_in
            invite_again(actor, meeting, there, in_place_of=instead_of.name)
    else:
        person = InviteeRow(stand_in.id, stand_in.name, stand_in.email or "", "", "", "")
        telling.invite_them(actor, meeting, [person], (), in_place_of=instead_of)
    history.note(actor, "sent a stand-in", invitation, about=meeting, stand_in=stand_in.id)
    return there is None or was_removed
