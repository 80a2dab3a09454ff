"""Writing to those invited, each about what is new to them; and keeping what they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock, letters
from forum.base.db import db
from forum.base.letters import Kind, Letter, State
from forum.meetings import queries
from forum.meetings.commands.mailing import Addressee, Mailing
from forum.meetings.models import AnswerSource, Invitation, InvitationReply, Meeting, Telling
from forum.meetings.queries import tellings
from forum.meetings.queries.tellings import Difference
from forum.members.models import Member, Standing
from forum.members.queries import InviteeRow


class Letters(NamedTuple):
    """What letters that differ in their recipients alone have in common."""

    kind: Kind
    differences: tuple[Difference, ...]
    asks_again: bool


def keep_words(meeting: Meeting, by: Member | None = None) -> Telling:
    """What letters say about the meeting as it stands: kept once for each version of it that people know."""
    of_it = sa.select(Telling).where(Telling.meeting_id == meeting.id)
    newest = db.session.scalar(of_it.order_by(Telling.version.desc(), Telling.id.desc()).limit(1))
    if newest is not None and newest.version == meeting.version:
        return newest
    telling = Telling(
        meeting_id=meeting.id,
        version=meeting.version,
        sequence=meeting.ical_sequence,
        told_at=clock.now(),
        told_by_id=by.id if by else None,
        before=newest.after if newest else {},
        after=tellings.in_words(meeting),
    )
    db.session.add(telling)
    db.session.flush()
    return telling


def keep_known(meeting: Meeting) -> None:
    """Before a change: keep what people know now, if they were told by other means or before this was kept."""
    knows = sa.exists().where(Invitation.meeting_id == meeting.id, Invitation.sent_version == meeting.version)
    if db.session.scalar(sa.select(knows)):
        keep_words(meeting)


def carry_over(meeting: Meeting) -> None:
    """After a change: who knows all that a letter would say now needs none, and their answer stands."""
    now = tellings.in_words(meeting)
    same = [version for version, said in tellings.known(meeting).items() if said == now and version < meeting.version]
    if not same:
        return
    knew = sa.update(Invitation).where(Invitation.meeting_id == meeting.id, Invitation.sent_version.in_(same))
    carried = db.session.scalars(
        knew.values(sent_version=meeting.version).returning(Invitation.id),
        execution_options={"synchronize_session": False},
    ).all()
    if carried:
        keep_words(meeting)


def write(
    kind: Kind,
    meeting: Meeting,
    *which: sa.ColumnElement[bool],
    by: Member | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    is_fresh: bool = False,
    reason: str = "",
    in_place_of: str = "",
) -> int:
    """Letters to those invited who meet the conditions, the first `limit`, noted on their invitations; how many.

    Each is told what is new to them, and asked again when their answer was for something else; an answer given after
    `since` was not. `is_fresh`: to be asked as if for the first time.
    """
    found = db.session.execute(_reachable(kind, meeting, since).where(*which).limit(limit)).all()
    if not found:
        return 0
    agenda = () if kind is Kind.CANCELLATION else queries.agenda(meeting)
    groups: dict[Letters, list[Any]] = {}
    said, now = tellings.known(meeting), tellings.in_words(meeting)
    for row in found:
        groups.setdefault(_letters(kind, meeting, row, said, now, is_fresh), []).append(row)
    for common, rows in groups.items():
        _write_alike(common, meeting, rows, agenda=agenda, reason=reason, in_place_of=in_place_of)
    keep_words(meeting, by)
    return len(found)


def _letters(
    kind: Kind, meeting: Meeting, row: Any, said: dict[int, tellings.Said], now: tellings.Said, is_fresh: bool
) -> Letters:
    """Which letter this person gets."""
    is_known = row.sent_version in said
    differences = tellings.between(said[row.sent_version], now) if is_known else []
    if kind is Kind.CANCELLATION:
        return Letters(kind, tuple(differences), asks_again=False)
    is_moved = tellings.asks_again(differences) if is_known else row.sent_sequence < meeting.ical_sequence
    asks_again = is_fresh or (is_moved and not row.has_answered_since)
    # Who never had the first letter knows nothing that could differ.
    if is_fresh or row.has_left == 0 or not (differences or is_moved or kind is Kind.UPDATE):
        return Letters(Kind.INVITATION, (), asks_again)
    return Letters(Kind.UPDATE, tuple(differences), asks_again)


def _write_alike(common: Letters, meeting: Meeting, rows: Sequence[Any], **words: Any) -> None:
    # Calendars ignore a message that is not stamped later than the one before it.
    stamped_at = max(clock.now(), max(row.sent_at for row in rows) + timedelta(seconds=1))
    mailing = Mailing(
        common.kind, meeting, stamped_at, differences=common.differences, asks_again=common.asks_again, **words
    )
    letters.write_many(mailing.to(_addressee(row, common)) for row in rows)
    _note_sent(meeting, [row.id for row in rows], stamped_at, common.asks_again)


def _addressee(row: Any, common: Letters) -> Addressee:
    return Addressee(
        row.id,
        row.name,
        row.email,
        number=row.sent_times + 1,
        link_version=row.link_version,
        answer=None if common.asks_again else row.answer,
        place=None if common.asks_again else row.place,
        is_optional=row.is_optional,
    )


def _reachable(kind: Kind, meeting: Meeting, since: datetime | None) -> sa.Select[Any]:
    """The people invited to whom a letter can be written; who has left still learns that a meeting is off."""
    wanted: Any = (
        sa.select(
            Member.id,
            Member.name,
            Member.email,
            Invitation.sent_times,
            Invitation.sent_version,
            Invitation.sent_sequence,
            Invitation.link_version,
            Invitation.answer,
            Invitation.place,
            Invitation.is_optional,
            Invitation.sent_at,
            _has_left(meeting).label("has_left"),
            _has_answered(since).label("has_answered_since"),
        )
        .join(Invitation, Invitation.member_id == Member.id)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None), Member.email.is_not(None))
        .order_by(Member.name, Member.id)
    )
    return wanted if kind is Kind.CANCELLATION else wanted.where(Member.standing == Standing.ACTIVE)  # type: ignore[no-any-return]


def _has_left(meeting: Meeting) -> sa.ScalarSelect[int]:
    """1 when a letter to this member has left our hands, 0 when none has yet; NULL when they were invited otherwise."""
    left = sa.or_(Letter.state.in_((State.SENT, State.BOUNCED)), Letter.attempts > 0)
    of_them = sa.select(sa.func.max(sa.case((left, 1), else_=0))).where(
        Letter.about == queries.about(meeting),
        Letter.member_id == Invitation.member_id,
        Letter.calendar_method == "REQUEST",
    )
    return of_them.correlate(Invitation).scalar_subquery()


def _has_answered(since: datetime | None) -> sa.ColumnElement[bool]:
    """Whether the answer was given on our pages since then: those show a meeting as it stands, calendars do not."""
    if since is None:
        return sa.false()
    given = sa.exists().where(
        InvitationReply.invitation_id == Invitation.id,
        InvitationReply.answered_at > since,
        InvitationReply.source != AnswerSource.CALENDAR,
    )
    return given.correlate(Invitation)


def _note_sent(meeting: Meeting, member_ids: Collection[int], stamped_at: datetime, asks_again: bool) -> None:
    cleared = ("answer", "mode", "answered_at", "place", "waiting_since", "offered_until")
    noted = (
        sa.update(Invitation)
        .where(Invitation.meeting_id == meeting.id, Invitation.member_id.in_(member_ids))
        .values(
            sent_sequence=meeting.ical_sequence,
            sent_version=meeting.version,
            sent_times=Invitation.sent_times + 1,
            sent_at=stamped_at,
            **dict.fromkeys(cleared if asks_again else ()),
        )
    )
    db.session.execute(noted, execution_options={"synchronize_session": False})


def invite_them(
    actor: Member,
    meeting: Meeting,
    people: Iterable[InviteeRow],
    optional: Collection[int],
    in_place_of: Member | None = None,
) -> None:
    """First invitations to these people, noted and written; `optional`: the members who need not come."""
    now, chosen = clock.now(), list(people)
    note_invitations(actor, meeting, [person.id for person in chosen], now, optional, in_place_of)
    instead = in_place_of.name if in_place_of else ""
    agenda = queries.agenda(meeting)
    for is_optional in (False, True):
        of_them = [person for person in chosen if (person.id in optional) is is_optional]
        if of_them:
            mailing = Mailing(
                Kind.INVITATION, meeting, now, agenda=agenda, is_optional=is_optional, in_place_of=instead
            )
            letters.write_many(
                mailing.to(Addressee(person.id, person.name, person.email, is_optional=is_optional))
                for person in of_them
            )
    keep_words(meeting, actor)


def note_invitations(
    actor: Member,
    meeting: Meeting,
    member_ids: Collection[int],
    at: datetime,
    optional: Collection[int] = (),
    in_place_of: Member | None = None,
) -> None:
    """Note on invitations of their own that these people are invited."""
    common = {
        "meeting_id": meeting.id,
        "invited_by_id": actor.id,
        "invited_at": at,
        "sent_at": at,
        "sent_sequence": meeting.ical_sequence,
        "sent_version": meeting.version,
        "stands_in_for_id": in_place_of.id if in_place_of else None,
    }
    rows = [common | {"member_id": number, "is_optional": number in optional} for number in member_ids]
    if rows:
        db.session.execute(sa.insert(Invitation), rows)
