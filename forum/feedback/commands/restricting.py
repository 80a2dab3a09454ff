"""Keeping a thread to a group of members."""

from __future__ import annotations

from forum.base import history
from forum.base.errors import Rejected
from forum.feedback.commands.keeping import lock
from forum.feedback.models import Feedback
from forum.feedback.queries import restricting as queries
from forum.feedback.rules import checking as rules
from forum.members.models import Member


def restrict(actor: Member, feedback: Feedback, group_id: int | None) -> None:
    """Let the members of this group alone read the thread, and whoever runs the Forum; None: everybody again.

    Its author may keep it to a group of their own; only the secretariat opens it again, as others may have spoken freely.
    """
    lock(feedback)
    rules.check_restricting(actor, feedback, group_id)
    if group_id is not None and group_id not in dict(queries.groups_for(actor)):
        raise Rejected("Select a group from the list.", field="group_id")
    if group_id is not None and feedback.author_id == actor.id:
        rules.check_hiding_among(feedback, queries.people_in(group_id))
    if group_id == feedback.group_id:
        return
    feedback.group_id, feedback.version = group_id, feedback.version + 1
    verb = "kept to a group" if group_id is not None else "opened to everybody"
    history.note(actor, verb, feedback, is_withheld=rules.acts_unseen(actor, feedback))
