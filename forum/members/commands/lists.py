"""Letters of a list: who still wants them, and leaving with one press."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import history, letters
from forum.base.db import db
from forum.base.letters import Kind, Letter
from forum.members.models import Member, Notify, Standing


def want_meeting_mail(member: Member, wants: bool) -> None:
    """Note whether this member gets reminders and papers of meetings. Saying so twice changes nothing more."""
    if member.wants_meeting_mail is wants:
        return
    member.wants_meeting_mail = wants
    member.version += 1  # an account page left open since would undo it
    history.note(member, "asked for emails about meetings" if wants else "stopped emails about meetings", member)


def notify_about_feedback(member: Member, notify: Notify) -> None:
    """Note how often this member is written to about feedback. Saying so twice changes nothing more."""
    if member.notify is notify:
        return
    member.notify = notify
    member.version += 1
    history.note(member, "chose how often to hear of feedback", member, notify=notify.value)


def _is_feedback_wanted(letter: Letter) -> str | None:
    """The same for the list about feedback, whose letters say in their key alone whom they are to. One statement."""
    if letter.list_name != letters.FEEDBACK:
        return None
    number = letters.who_leaves(letters.FEEDBACK, letter.unsubscribe_path.rpartition("/")[2])
    found = db.session.execute(sa.select(Member.notify, Member.standing).where(Member.id == number)).one_or_none()
    if found is None or found.standing is Standing.LEFT:
        return "This member has left the Forum."
    return "This member has switched emails about feedback off." if found.notify is Notify.NONE else None


def _may_still_come(letter: Letter) -> str | None:
    """Why a letter about meetings should not go out any more. One statement, and none for a letter of no list."""
    if letter.list_name != letters.MEETINGS or letter.member_id is None:
        return None
    wanted = sa.select(Member.wants_meeting_mail, Member.standing).where(Member.id == letter.member_id)
    found = db.session.execute(wanted).one_or_none()
    if found is None or found.standing is Standing.LEFT:
        return "This member has left the Forum."
    return None if found.wants_meeting_mail else "This member has switched emails about meetings off."


for kind in (Kind.REMINDER, Kind.NOTICE):
    letters.check(kind, _may_still_come)
letters.check(Kind.NOTICE, _is_feedback_wanted)
