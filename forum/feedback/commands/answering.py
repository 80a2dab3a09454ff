"""Giving a thread to an officer, reminding them, and noting among officials."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from forum.base import clock, history, letters, richtext
from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.base.letters import Kind
from forum.feedback import queries
from forum.feedback.models import Feedback, InternalNote
from forum.feedback.queries import answering
from forum.feedback.queries.one import may_open
from forum.feedback.rules import answering as rules
from forum.members.models import Member
from forum.reference.models import Marking


def assign(actor: Member, feedback: Feedback, officer_id: int | None) -> None:
    """Give the thread to an officer, who is written to; None takes it from whoever has it."""
    rules.check_worker(actor)
    if not may_open(actor, feedback):
        raise NotFound
    db.session.refresh(feedback, ["assigned_to_id", "assigned_at", "withdrawn_at"], with_for_update=True)
    rules.check_assignable(feedback)
    if officer_id == feedback.assigned_to_id:
        return
    officer = db.session.get(Member, officer_id) if officer_id is not None else None
    if officer_id is not None:
        rules.check_officer(officer, officer is not None and may_open(officer, feedback))
    feedback.assigned_to_id, feedback.assigned_at = officer_id, clock.now() if officer_id else None
    history.note(actor, "assigned" if officer else "took back", feedback, about=officer)
    if officer is not None and officer is not actor:
        _tell("assigned", f"assigned:{feedback.id}:{officer.id}:{feedback.assigned_at}", officer, feedback)


def remind() -> bool:
    """Remind somebody of a thread that they have had for ten working days without an official reply, once; whether there
    may be more to do."""
    found = answering.next_overdue(clock.midnight(rules.due_before(clock.today()) + timedelta(days=1)))
    if found is None:
        return False
    feedback, officer = found
    _tell("answer_due", f"answer-due:{feedback.id}:{officer.id}", officer, feedback)
    return True


def note(actor: Member, number: int, words: str, form_key: str | None = None) -> InternalNote:
    """Note something about a thread that only officials and the secretariat read. The same form makes one note."""
    rules.check_worker(actor)
    thread = sa.select(Feedback.id).where(Feedback.id == number, queries.openable_by(actor))
    if db.session.scalar(thread.with_for_update()) is None:
        raise NotFound
    if made := answering.note_made_from(form_key):
        return made
    source = richtext.clean(words)
    rules.check_note(source)
    try:
        html = richtext.to_html(source)
    except Rejected as refusal:
        raise Rejected(refusal.message, field="words") from None
    noted = InternalNote(
        feedback_id=number, author_id=actor.id, words=source, html=html, noted_at=clock.now(), form_key=form_key
    )
    db.session.add(noted)
    db.session.flush()
    history.note(actor, "noted", noted)
    return noted


def close_by_answer(actor: Member | None, number: int, at: datetime, is_withheld: bool) -> None:
    """Close a thread whose row is locked, by an official reply that says why. `is_withheld`: that reply names nobody."""
    feedback = db.session.get_one(Feedback, number, populate_existing=True)
    feedback.closed_at, feedback.closed_because = at, rules.CLOSED_BECAUSE
    feedback.version += 1
    history.note(actor, "closed", feedback, is_withheld=is_withheld)


def _tell(template: str, key: str, officer: Member, feedback: Feedback) -> None:
    """A letter without the words of any post. Of what is OFFICIAL-SENSITIVE not even the title is in a mail."""
    if not officer.email:
        return
    title = "" if feedback.marking is Marking.SENSITIVE else feedback.title
    link = letters.link(f"/feedback/{feedback.id}")
    fields = {"reference": feedback.reference, "title": title, "days": rules.DAYS_TO_ANSWER}
    text, html = letters.render(template, name=officer.name, link=link, **fields)
    subjects = {
        "assigned": f"{feedback.reference} is yours to answer",
        "answer_due": f"{feedback.reference} still waits for an answer",
    }
    letters.write(
        key=key, kind=Kind.NOTICE, to_name=officer.name, to_address=officer.email, member_id=officer.id,
        subject=subjects[template], text=text, html=html, about=f"feedback:{feedback.id}",
    )  # fmt: skip
