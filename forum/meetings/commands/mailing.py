"""The letters about a meeting: composed once, made out to each person, and asked once more before they leave.

A letter is filed under `queries.about(meeting)`. Its key, and so its Message-ID, says meeting, member, SEQUENCE, method
and which letter to that member it is: writing the same one again adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from markupsafe import escape

from forum.base import clock, letters
from forum.base.db import db, read
from forum.base.letters import Kind, Letter, State
from forum.meetings import exports, queries, rules
from forum.meetings.exports import Method, Partstat, Prepared, Role
from forum.meetings.models import Answer, Invitation, Meeting, Place, Stage
from forum.meetings.queries import ItemRow
from forum.meetings.queries.tellings import Difference
from forum.members.models import Member, Standing

# Stand for what differs between the letters of one mailing. Characters for private use: nobody types them.
NAME, REPLY_LINK = "\ue000", "\ue001"

PARTSTATS: dict[Answer | None, Partstat] = {
    None: "NEEDS-ACTION",
    Answer.YES: "ACCEPTED",
    Answer.NO: "DECLINED",
    Answer.MAYBE: "TENTATIVE",
}
_SUBJECTS = {Kind.INVITATION: "Invitation", Kind.UPDATE: "Updated", Kind.CANCELLATION: "Cancelled"}


def partstat_of(answer: Answer | None, place: Place | None) -> Partstat:
    """What their calendar is told about somebody's answer: who waits for a place has not been given one."""
    is_waiting = answer is Answer.YES and place in (Place.WAITING, Place.OFFERED)
    return "TENTATIVE" if is_waiting else PARTSTATS[answer]


class Addressee(NamedTuple):
    """Whom a letter about a meeting is for. `number`: which letter to them about it this is, from 1."""

    member_id: int
    name: str
    email: str
    number: int = 1
    link_version: int = 1
    answer: Answer | None = None
    place: Place | None = None
    is_optional: bool = False


class Mailing:
    """Letters of one kind about a meeting as it stands now."""

    def __init__(
        self,
        kind: Kind,
        meeting: Meeting,
        stamped_at: datetime,
        *,
        agenda: Sequence[ItemRow] = (),
        differences: Sequence[Difference] = (),
        asks_again: bool = False,
        is_optional: bool = False,
        reason: str = "",
        in_place_of: str = "",
    ) -> None:
        self.kind, self.meeting, self.stamped_at = kind, meeting, stamped_at
        self.method: Method = "CANCEL" if kind is Kind.CANCELLATION else "REQUEST"
        url = letters.link(f"/meetings/{meeting.id}")
        self.entry = exports.entry(meeting, url, shows_link=self.method == "REQUEST")
        self.calendars: dict[int, Prepared] = {}
        self.subject = f"{_SUBJECTS[kind]}: {meeting.title}, {clock.show_date(meeting.starts_at)}"
        self.text, self.html = letters.render(
            kind.value,
            name=NAME,
            reply_url=REPLY_LINK,
            meeting=meeting,
            meeting_url=url,
            agenda=() if meeting.is_sensitive else agenda,
            differences=differences,
            asks_again=asks_again,
            is_optional=is_optional,
            reason=reason,
            in_place_of=in_place_of,
            was={difference.name: difference.before for difference in differences},
        )

    def to(self, person: Addressee) -> letters.Fields:
        """The letter made out to this person."""
        token = queries.reply_token(self.meeting.id, person.member_id, person.link_version)
        link = letters.link(f"/reply/{token}")
        return {
            "key": self._key(person),
            "kind": self.kind,
            "member_id": person.member_id,
            "to_name": person.name,
            "to_address": person.email,
            "subject": self.subject,
            "text": self.text.replace(NAME, person.name).replace(REPLY_LINK, link),
            "html": self.html.replace(NAME, escape(person.name)).replace(REPLY_LINK, escape(link)),
            "about": queries.about(self.meeting),
            "calendar": self._calendar(person),
            "method": self.method,
            "not_after": self.meeting.ends_at,
        }

    def _calendar(self, person: Addressee) -> bytes:
        is_withdrawal = self.kind is Kind.CANCELLATION and self.meeting.is_open
        sequence = rules.sequence_for(self.meeting, person.link_version, is_withdrawal=is_withdrawal)
        if sequence not in self.calendars:
            entry, organizer = self.entry._replace(sequence=sequence), exports.Person(*letters.sender())
            self.calendars[sequence] = exports.prepare(entry, organizer, self.method)
        role: Role = "OPT-PARTICIPANT" if person.is_optional else "REQ-PARTICIPANT"
        attendee, partstat = exports.Person(person.name, person.email), partstat_of(person.answer, person.place)
        return self.calendars[sequence].to(attendee, partstat, role, self.stamped_at)

    def _key(self, person: Addressee) -> str:
        parts = (self.meeting.id, person.member_id, self.meeting.ical_sequence, self.method, person.number)
        return "meeting:" + ":".join(map(str, parts))


# --- asked by the worker before a letter leaves ------------------------------------------------------------------------


def _standing_now() -> sa.Select[*tuple[Any, ...]]:
    """How :member stands with meeting :number, and whether another letter about it follows number :letter. Put together
    once: it is asked for every invitation that leaves."""
    newer = sa.exists().where(
        Letter.about == sa.bindparam("about"),
        Letter.member_id == sa.bindparam("member"),
        Letter.id > sa.bindparam("letter"),
        Letter.calendar_method.is_not(None),
        Letter.next_try_at.is_not(None),
    )
    return (
        sa.select(Meeting.stage, Invitation.removed_at, Member.standing, newer)
        .join(Invitation, Invitation.meeting_id == Meeting.id)
        .join(Member, Member.id == Invitation.member_id)
        .where(Meeting.id == sa.bindparam("number"), Invitation.member_id == sa.bindparam("member"))
    )


_STANDING_NOW = _standing_now()


def _may_still_ask(letter: Letter) -> str | None:
    """Why this invitation or update should not go out any more. One statement."""
    asked = {"number": _number(letter), "member": letter.member_id, "about": letter.about, "letter": letter.id}
    found = next(iter(read(_STANDING_NOW, asked)), None)
    if found is None or found.removed_at is not None:
        return "The invitation was withdrawn."
    stage, _, standing, is_followed = found
    if stage is not Stage.OPEN:
        return "The meeting was cancelled."
    if standing is Standing.LEFT:
        return "This member has left the Forum."
    return "A newer letter about this meeting follows." if is_followed else None


def _has_anything_to_cancel(letter: Letter) -> str | None:
    """A cancellation goes to whoever may have had a request: sent, or tried with an outcome nobody knows."""
    arrived = sa.exists().where(
        Letter.about == letter.about,
        Letter.member_id == letter.member_id,
        Letter.id < letter.id,
        Letter.calendar_method == "REQUEST",
        sa.or_(Letter.state.in_((State.SENT, State.HELD)), Letter.attempts > 1),
    )
    if db.session.scalar(sa.select(arrived)):
        return None
    return "The invitation had not gone out, so there is nothing to cancel."


def _number(letter: Letter) -> int:
    return int(letter.about.partition(":")[2])


letters.check(Kind.INVITATION, _may_still_ask)
letters.check(Kind.UPDATE, _may_still_ask)
letters.check(Kind.CANCELLATION, _has_anything_to_cancel)
