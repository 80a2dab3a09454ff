"""Reading invitations: who is invited, what they answered, how far their letters are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager

from forum.base import clock, links
from forum.base.db import db
from forum.base.errors import NotFound
from forum.base.letters import Letter, State
from forum.base.paging import Page, page
from forum.meetings import rules
from forum.meetings.models import (
    Answer,
    AnswerSource,
    Invitation,
    InvitationReply,
    Meeting,
    Mode,
    Stage,
)
from forum.meetings.queries.audiences import is_to_invite
from forum.members.models import Member, Organisation, Standing
from forum.members.queries import is_reachable

REPLY = "meeting reply"  # what reply links are signed for


def about(meeting: Meeting | int) -> str:
    """What letters about this meeting are filed under."""
    return f"meeting:{meeting if isinstance(meeting, int) else meeting.id}"


class Tally(NamedTuple):
    """How an invitation stands, in numbers of people."""

    invited: int
    in_person: int
    online: int
    maybe: int
    no: int
    unanswered: int
    untold: int  # not told of the newest change
    uninvited: int  # whom the meeting is for, and who were not invited yet

    @property
    def yes(self) -> int:
        return self.in_person + self.online


class Progress(NamedTuple):
    """How the newest letter to each invited person is doing."""

    sent: int
    under_way: int
    failed: int
    skipped: int

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def words(self) -> str:
        return f"{self.sent:,} of {self.total:,} sent"


class InvitedRow(NamedTuple):
    """Somebody invited, what they answered and what became of the newest letter to them."""

    member_id: int
    name: str
    organisation: str
    answer: Answer | None
    mode: Mode | None
    answered_at: datetime | None
    removed_at: datetime | None
    source: AnswerSource | None
    note: str | None
    letter: State | None
    letter_words: str | None

    @property
    def answer_in_words(self) -> str:
        return rules.answer_in_words(self.answer, self.mode)


FAILED = (State.REFUSED, State.BOUNCED, State.HELD)
UNDER_WAY = (State.WAITING, State.SENDING, State.DELAYED)
ANSWERS: dict[str, sa.ColumnElement[bool]] = {
    "yes": Invitation.answer == Answer.YES,
    "in-person": (Invitation.answer == Answer.YES) & (Invitation.mode == Mode.IN_PERSON),
    "online": (Invitation.answer == Answer.YES) & (Invitation.mode == Mode.ONLINE),
    "maybe": Invitation.answer == Answer.MAYBE,
    "no": Invitation.answer == Answer.NO,
    "none": Invitation.answer.is_(None),
}
DELIVERIES = {"sent": (State.SENT,), "waiting": UNDER_WAY, "failed": FAILED}


def tally(meeting: Meeting) -> Tally:
    """Invited, answers, and who is still to be told or invited. One statement."""

    def number(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)

    answer, yes = Invitation.answer, Invitation.answer == Answer.YES
    wanted = sa.select(
        sa.func.count(),
        number(yes, Invitation.mode == Mode.IN_PERSON),
        number(yes, Invitation.mode == Mode.ONLINE),
        number(answer == Answer.MAYBE),
        number(answer == Answer.NO),
        number(answer.is_(None)),
        number(Invitation.sent_version < meeting.version),
        sa.select(sa.func.count()).where(is_reachable(), is_to_invite(meeting)).scalar_subquery(),
    ).where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None))
    return Tally._make(db.session.execute(wanted).one())


def progress(meeting: Meeting) -> Progress:
    """How far the newest mailing has come, to those whose invitation stands. One statement."""
    withdrawn = sa.select(Invitation.member_id).where(
        Invitation.meeting_id == meeting.id, Invitation.removed_at.is_not(None)
    )
    newest = (
        sa.select(sa.func.max(Letter.id))
        .where(Letter.about == about(meeting), Letter.calendar_method.is_not(None))
        .where(Letter.member_id.not_in(withdrawn))
        .group_by(Letter.member_id)
    )
    counted = sa.select(Letter.state, sa.func.count()).where(Letter.id.in_(newest)).group_by(Letter.state)
    counts = dict(db.session.execute(counted).all())

    def together(states: Collection[State]) -> int:
        return sum(counts.get(state, 0) for state in states)

    return Progress(counts.get(State.SENT, 0), together(UNDER_WAY), together(FAILED), counts.get(State.SKIPPED, 0))


def invited(
    meeting: Meeting, *, answer: str = "", letter: str = "", text: str = "", key: str | None = None
) -> Page[InvitedRow]:
    """The people invited, by name; 50 a page. One statement.

    `answer` is one of ANSWERS, `letter` one of DELIVERIES, `text` a part of a name; empty: all.
    """
    wanted: Any = (
        sa.select(
            Member.id,
            Member.name,
            sa.func.coalesce(Organisation.name, ""),
            Invitation.answer,
            Invitation.mode,
            Invitation.answered_at,
            Invitation.removed_at,
            InvitationReply.source,
            _newest_note(),
            Letter.state,
            Letter.last_words,
        )
        .select_from(Invitation)
        .join(Member, Member.id == Invitation.member_id)
        .outerjoin(Member.organisation)
        .outerjoin(InvitationReply, InvitationReply.id == _newest_reply())
        .outerjoin(Letter, Letter.id == _newest_letter(meeting))
        .where(Invitation.meeting_id == meeting.id)
    )
    if answer:
        wanted = wanted.where(ANSWERS[answer], Invitation.removed_at.is_(None))
    if letter:
        wanted = wanted.where(Letter.state.in_(DELIVERIES[letter]))
    if text:
        wanted = wanted.where(Member.name.icontains(text, autoescape=True))
    return page(wanted, [Member.name, Member.id], key, size=50).of(InvitedRow._make)


def _newest_reply() -> sa.ScalarSelect[int]:
    reply = aliased(InvitationReply)
    newest = sa.select(sa.func.max(reply.id)).where(reply.invitation_id == Invitation.id)
    return newest.correlate(Invitation).scalar_subquery()


def _newest_note() -> sa.ScalarSelect[str]:
    """An answer changed without writing the note again takes nothing back: steps are still in the way."""
    reply = aliased(InvitationReply)
    noted = sa.select(reply.note).where(reply.invitation_id == Invitation.id, reply.note != "")
    return noted.order_by(reply.id.desc()).limit(1).correlate(Invitation).scalar_subquery()


def _newest_letter(meeting: Meeting) -> sa.ScalarSelect[int]:
    letter = aliased(Letter)
    newest = sa.select(sa.func.max(letter.id)).where(
        letter.about == about(meeting),
        letter.member_id == Invitation.member_id,
        letter.calendar_method.is_not(None),
    )
    return newest.correlate(Invitation).scalar_subquery()


# Put together once: read for every visit to a meeting's page.
_INVITATION_OF = sa.select(Invitation).where(
    Invitation.meeting_id == sa.bindparam("meeting"),
    Invitation.member_id == sa.bindparam("member"),
    Invitation.removed_at.is_(None),
)


def invitation_of(member: Member, meeting: Meeting) -> Invitation | None:
    """This member's invitation to this meeting, unless it was withdrawn. One statement."""
    return db.session.scalar(_INVITATION_OF, {"meeting": meeting.id, "member": member.id})


def invitation(meeting: Meeting, member_id: int) -> Invitation:
    """The invitation of the member with this number, withdrawn or not, with the member. Raises NotFound."""
    found = db.session.scalar(
        sa.select(Invitation)
        .join(Invitation.member)
        .outerjoin(Member.organisation)
        .options(contains_eager(Invitation.member).contains_eager(Member.organisation))
        .where(Invitation.meeting_id == meeting.id, Invitation.member_id == member_id)
    )
    if found is None:
        raise NotFound("This member has not been invited to this meeting.")
    return found


def invitations_to_come(member: Member) -> list[Invitation]:
    """This person's invitations that stand, to open meetings that are not over; with meeting and member."""
    wanted = (
        sa.select(Invitation)
        .join(Invitation.meeting)
        .join(Invitation.member)
        .options(contains_eager(Invitation.meeting).selectinload(Meeting.themes), contains_eager(Invitation.member))
        .where(Invitation.member_id == member.id, Invitation.removed_at.is_(None))
        .where(Meeting.stage == Stage.OPEN, Meeting.ends_at > clock.now())
        .order_by(Invitation.id)
    )
    return list(db.session.scalars(wanted))


class ReplyRow(NamedTuple):
    """One answer of somebody's, as it was given."""

    answer: Answer
    mode: Mode | None
    note: str
    source: AnswerSource
    answered_at: datetime
    recorded_by: str | None
    stand_in: str  # who comes instead, as it was typed

    @property
    def answer_in_words(self) -> str:
        return rules.answer_in_words(self.answer, self.mode)


def replies(invitation: Invitation) -> list[ReplyRow]:
    """Every answer given to this invitation, the newest first. One statement."""
    wanted = (
        sa.select(
            InvitationReply.answer,
            InvitationReply.mode,
            InvitationReply.note,
            InvitationReply.source,
            InvitationReply.answered_at,
            Member.name,
            InvitationReply.stand_in,
        )
        .outerjoin(Member, Member.id == InvitationReply.recorded_by_id)
        .where(InvitationReply.invitation_id == invitation.id)
        .order_by(InvitationReply.id.desc())
    )
    return [ReplyRow._make(row) for row in db.session.execute(wanted)]


class StandsIn(NamedTuple):
    """Whom somebody stands in for, and who stands in for them; (id, name) of each."""

    instead_of: tuple[int, str] | None
    by: list[tuple[int, str]]


def stands_in(invitation: Invitation) -> StandsIn:
    """Who comes instead of whom, as far as this invitation goes. One statement."""
    other = aliased(Invitation)
    wanted = (
        sa.select(Member.id, Member.name, Member.id == invitation.stands_in_for_id)
        .outerjoin(
            other,
            sa.and_(
                other.member_id == Member.id,
                other.meeting_id == invitation.meeting_id,
                other.stands_in_for_id == invitation.member_id,
                other.removed_at.is_(None),
            ),
        )
        .where(sa.or_(Member.id == invitation.stands_in_for_id, other.id.is_not(None)))
        .order_by(Member.name)
    )
    rows = [(row[0], row[1], bool(row[2])) for row in db.session.execute(wanted)]
    instead_of = next(((number, name) for number, name, is_of in rows if is_of), None)
    return StandsIn(instead_of, [(number, name) for number, name, is_of in rows if not is_of])


class SentRow(NamedTuple):
    """One letter to somebody about a meeting."""

    id: int
    subject: str
    state: State
    written_at: datetime
    sent_at: datetime | None
    last_words: str | None


def letters_to(meeting: Meeting, member_id: int) -> list[SentRow]:
    """The letters about this meeting to one member, the newest first. One statement."""
    wanted = (
        sa.select(Letter.id, Letter.subject, Letter.state, Letter.written_at, Letter.sent_at, Letter.last_words)
        .where(Letter.about == about(meeting), Letter.member_id == member_id)
        .order_by(Letter.id.desc())
    )
    return [SentRow._make(row) for row in db.session.execute(wanted)]


# --- reply links ---


def reply_token(meeting_id: int, member_id: int, link_version: int) -> str:
    """What the reply link in a letter carries."""
    return links.sign(REPLY, meeting_id, member_id, link_version)


def by_link(token: str) -> Invitation | None:
    """The invitation a reply link stands for, with meeting and member, while it may be shown; else None.

    A link ends a day after its meeting, when the invitation is withdrawn, and when the member leaves.
    """
    parts = links.read(REPLY, token, 3)
    if parts is None:
        return None
    meeting_id, member_id, link_version = parts
    return db.session.scalar(
        sa.select(Invitation)
        .join(Invitation.meeting)
        .join(Invitation.member)
        .options(contains_eager(Invitation.meeting), contains_eager(Invitation.member))
        .where(
            Invitation.meeting_id == meeting_id,
            Invitation.member_id == member_id,
            Invitation.link_version == link_version,
            Invitation.removed_at.is_(None),
            Member.standing != Standing.LEFT,
            Meeting.ends_at > clock.now() - rules.LINK_OUTLIVES,
        )
    )
