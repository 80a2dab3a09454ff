"""Answers that calendar programs send (iTIP replies, RFC 5546): recorded when they are surely what the person invited
says of the meeting as it stands; all others are left to the secretariat.

A reply is told by meeting and person, not by the bytes we once sent: mail servers rewrite calendar parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, inbox, letters
from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.base.inbox import Mail, Reading, Verdict, calendars
from forum.base.inbox.calendars import Property
from forum.base.letters import Kind
from forum.base.richtext import clean
from forum.meetings import queries, rules
from forum.meetings.commands import replying
from forum.meetings.models import Answer, AnswerSource, Invitation, Meeting
from forum.meetings.rules import Way
from forum.meetings.rules import tellings as telling_rules
from forum.members.models import Member
from forum.members.queries import aliases

ANSWERS = {"ACCEPTED": Answer.YES, "DECLINED": Answer.NO, "TENTATIVE": Answer.MAYBE}
CLOCKS_DIFFER = timedelta(days=1)  # a reply from further in the future would make all later ones look old
LONGEST_NOTE = 1_000  # characters; as on the reply page
_METHODS = {
    "COUNTER": "They propose another time, which answers nothing yet. Write to them.",
    "REQUEST": "It invites the Forum to somebody else's meeting.",
    "CANCEL": "It cancels an entry in a calendar, and answers nothing.",
}


class Reply(NamedTuple):
    """What a calendar program says somebody answered. `stamp`: when; None when it does not say, or not how it should."""

    method: str
    uid: str
    attendee: str
    partstat: str
    sequence: int
    stamp: datetime | None
    comment: str


def read(mail: Mail) -> Reading:
    """For mail that came in by itself: it must prove that it is from the person who answers."""
    return _read(mail.calendars, mail, None)


def read_file(actor: Member, data: bytes) -> Reading:
    """For a reply the secretariat has before it, saved as .eml or .ics: it is recorded on their word."""
    rules.check_scheduler(actor)
    is_calendar = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR"
    reading = _read([data] if is_calendar else Mail(data).calendars, None, actor)
    if reading.verdict is Verdict.QUEUED:
        raise Rejected(reading.words, "file")
    return reading


def _read(parts: Sequence[bytes], mail: Mail | None, actor: Member | None) -> Reading:
    reply = understand(parts)
    if isinstance(reply, str):
        return Reading(Verdict.QUEUED, reply)
    meeting = db.session.scalar(sa.select(Meeting).where(Meeting.ical_uid == reply.uid))
    if meeting is None:
        return Reading(
            Verdict.QUEUED, _METHODS.get(reply.method, "It answers an invitation to no meeting of the Forum.")
        )
    queries.take(meeting)
    invitation = _invitation(meeting, reply.attendee)
    known = queries.about(meeting), invitation.member_id if invitation else None
    doubt = _doubt(reply, meeting, invitation) or (_doubt_of_sender(mail, invitation) if mail else "")
    if invitation is None or doubt:
        return Reading(Verdict.QUEUED, doubt, *known)
    try:
        rules.check_answering(
            actor or invitation.member, invitation, meeting, _way(reply, meeting, invitation), clock.now()
        )
    except Rejected as refusal:
        return Reading(Verdict.QUEUED, refusal.message, *known)
    outdated = _outdated(reply, meeting, invitation)
    if outdated:
        return Reading(Verdict.STALE, outdated, *known)
    return Reading(Verdict.RECORDED, _record(reply, meeting, invitation, actor), *known)


# --- what it says ----------------------------------------------------------------------------------------------------


def understand(parts: Sequence[bytes]) -> Reply | str:
    """The reply in the calendar parts of a mail, or in words why there is none."""
    if len(parts) != 1:
        return "It brings more than one calendar entry." if parts else "It brings no calendar entry."
    calendar = calendars.read(parts[0])
    if calendar is None or len(calendar.events) != 1:
        return "Its calendar entry cannot be read, or is about more than one meeting."
    event = calendar.events[0]
    attendees = [line for line in event if line.name == "ATTENDEE"]
    if len(attendees) != 1:
        return "Its calendar entry does not say who answers." if not attendees else "It answers for several people."
    sequence = _first(event, "SEQUENCE").strip() or "0"
    if not re.fullmatch(r"\d{1,9}", sequence, re.ASCII):
        return "Its calendar entry does not say which version of the meeting it answers."
    return Reply(
        calendar.method,
        _first(event, "UID").replace("\0", "").strip(),
        re.sub(r"^mailto:", "", attendees[0].value.strip(), flags=re.IGNORECASE).lower().replace("\0", ""),
        attendees[0].parameters.get("PARTSTAT", "").upper(),
        int(sequence),
        _moment(_first(event, "DTSTAMP").strip()),
        clean(_first(event, "COMMENT"))[:LONGEST_NOTE],
    )


def _first(event: Sequence[Property], name: str) -> str:
    return next((line.text for line in event if line.name == name), "")


def _moment(stamp: str) -> datetime | None:
    """DTSTAMP, which is always UTC."""
    try:
        return datetime.strptime(stamp.upper(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


# --- whether it can be believed --------------------------------------------------------------------------------------


def _invitation(meeting: Meeting, attendee: str) -> Invitation | None:
    member = aliases.member_at(attendee)
    try:
        return queries.invitation(meeting, member.id) if member else None
    except NotFound:
        return None


def _doubt(reply: Reply, meeting: Meeting, invitation: Invitation | None) -> str:
    """Why a person has to look at what it says, or ""."""
    if reply.method != "REPLY":
        return _METHODS.get(reply.method, "It is a calendar entry, and no answer to an invitation.")
    if invitation is None:
        return f"{reply.attendee[:100] or 'Nobody'} answers, who is not invited to {meeting.reference}."
    if reply.partstat not in ANSWERS:
        return "It does not say yes, no or maybe: perhaps they passed the invitation on."
    if reply.stamp is None or reply.stamp > clock.now() + CLOCKS_DIFFER:
        return "It does not say when it was given, or gives a time that is still to come."
    return ""


def _doubt_of_sender(mail: Mail, invitation: Invitation | None) -> str:
    """Why it may not be from the person who is said to answer, or ""."""
    sender = aliases.member_at(mail.sender) if mail.sender else None
    if invitation is None or sender is None or sender.id != invitation.member_id:
        name = invitation.member.name if invitation else "the person invited"
        return f"{mail.sender or 'Nobody'} sent it, which is no address of {name}: ask whether it is what they say."
    if not inbox.is_authentic(mail):
        return f"Our mail server does not vouch that it is from {mail.sender} (DMARC), so somebody may have made it up."
    return ""


def _outdated(reply: Reply, meeting: Meeting, invitation: Invitation) -> str:
    """Why it is no longer what they say, or "". Who answered for an earlier date is asked again."""
    assert reply.stamp is not None
    if reply.sequence < telling_rules.sequence_known(meeting, invitation):
        is_told = _ask_again(meeting, invitation)
        return "It answers for the earlier date. " + (
            "They have been asked again." if is_told else "They will be asked again when they are told of the change."
        )
    if invitation.calendar_stamp is not None and reply.stamp <= invitation.calendar_stamp:
        return "An answer from their calendar that is newer, or this very one, is on record."
    newest = next(iter(queries.replies(invitation)), None)
    if newest and newest.source is not AnswerSource.CALENDAR and reply.stamp < newest.answered_at:
        return "They gave another answer after this one."
    return ""


def _ask_again(meeting: Meeting, invitation: Invitation) -> bool:
    """Write once for each date to somebody who knows of it; whether they do. The letter brings nothing to the calendar:
    the right entry is there already."""
    if invitation.sent_sequence < meeting.ical_sequence or not rules.may_invite(meeting, clock.now()):
        return False
    member = invitation.member
    if member.email is None:
        return False
    link = letters.link(f"/reply/{queries.reply_token(meeting.id, member.id, invitation.link_version)}")
    text, html = letters.render("asked_again", name=member.name, meeting=meeting, reply_url=link)
    letters.write(
        key=f"asked-again:{meeting.id}:{member.id}:{meeting.ical_sequence}",
        kind=Kind.UPDATE,
        member_id=member.id,
        to_name=member.name,
        to_address=member.email,
        subject=f"Please answer again: {meeting.title}, {clock.show_date(meeting.starts_at)}",
        text=text,
        html=html,
        about=queries.about(meeting),
        not_after=meeting.ends_at,
    )
    return True


# --- recording it ----------------------------------------------------------------------------------------------------


def _way(reply: Reply, meeting: Meeting, invitation: Invitation) -> Way:
    """A calendar cannot say how somebody comes: as they said before, else in person where that is possible."""
    fitting = [way for way in rules.ways(meeting.mode) if way.answer is ANSWERS[reply.partstat]]
    before = (row.mode for row in queries.replies(invitation) if row.mode is not None)
    chosen = next(before, None)
    return next((way for way in fitting if way.mode is chosen), fitting[0])


def _record(reply: Reply, meeting: Meeting, invitation: Invitation, actor: Member | None) -> str:
    """Record the answer, for them or on the secretariat's word; what was recorded."""
    way = _way(reply, meeting, invitation)
    said_by = "email" if actor else ""
    replying.answer(
        actor or invitation.member,
        meeting,
        invitation,
        way,
        note=reply.comment,
        said_by=said_by,
        source=AnswerSource.CALENDAR,
        at=reply.stamp,
    )
    stamped = sa.update(Invitation).where(Invitation.id == invitation.id).values(calendar_stamp=reply.stamp)
    db.session.execute(stamped, execution_options={"synchronize_session": False})
    return f"Recorded for {invitation.member.name}: {way.words}"


inbox.reader(inbox.Kind.CALENDAR, read)
