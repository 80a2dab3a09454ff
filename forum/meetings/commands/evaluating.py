"""Saying what one thought of a meeting, and asking for it."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.meetings import queries as meetings
from forum.meetings.models import Evaluation, EvaluationGiven, Meeting
from forum.meetings.queries import evaluations as queries
from forum.meetings.rules import evaluations as rules
from forum.members.models import Member


def give(member: Member, meeting: Meeting, *, usefulness: int, heard: int, words: str) -> None:
    """Say what one thought of a meeting, once. Grades run from 1 (not at all) to 5 (very much).

    What is said and who has said something are two rows that nothing joins: no number, no moment, and no line in the
    history, whose moments would tell.
    """
    part = queries.part_of(member, meeting)
    rules.check_giving(meeting, takes_part=part.takes_part, was_given=part.was_given, now=clock.now())
    rules.check_grades(usefulness, heard, words)
    _keep(member, meeting, usefulness, heard, words, clock.today())


def note_given(
    actor: Member, member: Member, meeting: Meeting, *, usefulness: int, heard: int, words: str, on: date
) -> None:
    """Enter an evaluation that was given on paper, on that day, whenever it is entered. For whoever runs the Forum."""
    rules.check_entering(actor, meeting, clock.now())
    rules.check_grades(usefulness, heard, words)
    _keep(member, meeting, usefulness, heard, words, on)


def _keep(member: Member, meeting: Meeting, usefulness: int, heard: int, words: str, on: date) -> None:
    first = _insert().values(meeting_id=meeting.id, member_id=member.id).on_conflict_do_nothing()
    if not db.session.execute(first.returning(EvaluationGiven.member_id)).first():
        raise Rejected(rules.GIVEN)
    db.session.add(
        Evaluation(
            id=secrets.token_hex(16),
            meeting_id=meeting.id,
            usefulness=usefulness,
            heard=heard,
            words=words,
            given_on=on,
        )
    )


def _insert() -> Any:
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(EvaluationGiven)
    return sqlite.insert(EvaluationGiven)


def ask(actor: Member, meeting: Meeting) -> int:
    """One letter to each member who was there and has not answered; how many. Ordered again, it writes to newcomers only."""
    rules.check_asking(actor, meeting, clock.now())
    people = queries.to_ask(meeting)
    keys = {f"evaluation:{meeting.id}:{person.id}": person for person in people}
    known = set(db.session.scalars(sa.select(letters.Letter.key).where(letters.Letter.key.in_(keys))))
    letters.write_many([_letter(meeting, key, person) for key, person in keys.items() if key not in known])
    meeting.evaluation_asked_at = meeting.evaluation_asked_at or clock.now()
    history.note(actor, "asked for an evaluation", meeting, letters=len(keys) - len(known))
    return len(keys) - len(known)


def _letter(meeting: Meeting, key: str, person: queries.ToAskRow) -> letters.Fields:
    closes_at = meeting.ends_at + rules.LASTS
    text, html = letters.render(
        "evaluation",
        meeting=meeting,
        name=person.name,
        closes_at=closes_at,
        link=letters.link(f"/evaluation/{queries.token(meeting.id, person.id)}"),
    )
    of_list = letters.leaving(letters.MEETINGS, person.id)
    return {
        "key": key,
        "kind": Kind.NOTICE,
        "to_name": person.name,
        "to_address": person.email,
        "member_id": person.id,
        "about": meetings.about(meeting),
        "subject": f"What did you think of it? {meeting.title}",
        "text": text,
        "html": html,
        "not_after": closes_at,
        "list_name": of_list["list_name"],
        "unsubscribe_path": of_list["unsubscribe_path"],
    }
