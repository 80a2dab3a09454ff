"""When and how those invited are told."""

from __future__ import annotations

from datetime import datetime, timedelta

from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.meetings.models import Invitation, MailingOrder, Meeting
from forum.meetings.rules import sequence_for

SECOND_THOUGHTS = timedelta(minutes=5)  # an update waits so long: a correction goes in the same letter
IN_ONE_REQUEST = 300  # letters; more are ordered, and written by the worker
IN_ONE_PART = 500  # letters of one transaction of the worker, so that no other writer waits long


def may_correct(order: MailingOrder, now: datetime) -> bool:
    """Whether this update has not begun to go out."""
    return order.kind is Kind.UPDATE and order.finished_at is None and not order.written and order.due_at > now


def sequence_known(meeting: Meeting, invitation: Invitation) -> int:
    """The SEQUENCE from which on an answer is for the meeting as it stands.

    Who knows it as it stands knows it by the entry they were sent, though it was moved and moved back since.
    """
    current = sequence_for(meeting, invitation.link_version)
    is_up_to_date = invitation.sent_version == meeting.version
    return current - (meeting.ical_sequence - invitation.sent_sequence) if is_up_to_date else current


def check_open(order: MailingOrder) -> None:
    if order.finished_at is not None:
        raise Rejected(
            "This mailing has been stopped already." if order.stopped_because else "This mailing has gone out already."
        )
