"""What the pages of an answer share: the meeting's own page, the page of a reply link, and the secretariat's."""

from __future__ import annotations

from typing import NamedTuple

from flask import request

from forum.base.db import transaction
from forum.meetings.commands import needs, replying
from forum.meetings.models import AnswerSource, Invitation, Meeting
from forum.meetings.queries import needs as need_queries
from forum.meetings.queries import places
from forum.members.models import Member
from forum.web.furniture import say
from forum.web.meetings.forms.replies import WHO_READS, ReplyForm


class Standing(NamedTuple):
    """How somebody's answer stands, beside the answer itself: `replies/_buttons.html` draws it."""

    own: places.Own
    are_needs_known: bool
    calendar: str  # where the meeting is to be added to a calendar; "": nowhere
    who_reads: str = WHO_READS


def standing(invitation: Invitation | None, calendar: str = "") -> Standing:
    """Two statements at most; none for who is not invited."""
    if invitation is None:
        return Standing(places.Own(), False, "")
    return Standing(places.own(invitation), need_queries.are_known(invitation), calendar)


def save(
    actor: Member,
    meeting: Meeting,
    invitation: Invitation,
    form: ReplyForm,
    source: AnswerSource = AnswerSource.SIGNED_IN,
) -> bool:
    """Do what the form says: answer, or delete what was said of needs. False: it is not complete. Raises Rejected."""
    if request.form.get("forget"):
        with transaction():
            needs.take_back(actor, invitation)
        say("What was said about access and food is deleted.")
        return True
    if not form.submitted():
        return False
    with transaction():
        replying.answer(actor, meeting, invitation, form.way(), source=source, **form.details())
    return True
