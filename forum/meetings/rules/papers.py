"""Who may read and keep papers, and what a paper must have."""

from __future__ import annotations

from datetime import date

from forum.base import files
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.meetings.models import Invitation, Meeting, Paper
from forum.meetings.rules import check_changing, may_schedule
from forum.members.models import Member
from forum.reference.models import Marking

LARGEST = 10 * 1024**2  # bytes
KINDS = (files.PDF, files.ODT, files.ODS, files.ODP, files.CSV, files.PNG, files.JPEG)
ENDINGS = ("pdf", "odt", "ods", "odp", "csv", "png", "jpg", "jpeg")


def may_read_sensitive(actor: Member, invitation: Invitation | None) -> bool:
    """OFFICIAL-SENSITIVE papers are for those invited to their meeting, for officials and for the secretariat."""
    return actor.is_official or (invitation is not None and invitation.removed_at is None)


def may_bring(actor: Member, paper: Paper) -> bool:
    """Upload a version: the secretariat, and whoever was asked for the paper."""
    return may_schedule(actor) or paper.owner_id == actor.id


def is_late(due_on: date | None, on: date) -> bool:
    """Whether a paper that comes on this day (in London) is late."""
    return due_on is not None and on > due_on


def check_keeper(actor: Member, meeting: Meeting) -> None:
    """Papers may still come after the meeting, but not for one that does not take place."""
    if not may_schedule(actor):
        raise NotAllowed("Only the secretariat can keep the papers of a meeting.")
    check_changing(meeting)


def check_bringer(actor: Member, meeting: Meeting, paper: Paper) -> None:
    if not may_bring(actor, paper):
        raise NotFound
    check_changing(meeting)
    check_here(paper)


def check_details(title: str, author: str, is_asked: bool) -> None:
    """Somebody who is asked for a paper is its author until the paper says otherwise."""
    if not title:
        raise Rejected("Enter the title of the paper", "title")
    if not author and not is_asked:
        raise Rejected("Enter who wrote the paper", "author")


def check_start(has_file: bool, is_asked: bool) -> None:
    if not has_file and not is_asked:
        raise Rejected("Select the file, or select who is asked for the paper", "file")


def check_here(paper: Paper) -> None:
    if paper.withdrawn_at is not None:
        raise Rejected(f"Paper {paper.number} was withdrawn. Put it back before you change it.")


def check_withdrawing(paper: Paper, reason: str) -> None:
    check_here(paper)
    if not reason:
        raise Rejected("Enter why the paper is withdrawn", "reason")


# --- packs -----------------------------------------------------------------------------------------------------------


def highest(markings: list[Marking]) -> Marking:
    """What is made of several things is handled as the most sensitive of them."""
    return Marking.SENSITIVE if Marking.SENSITIVE in markings else Marking.OFFICIAL


def packs_to_make(meeting: Meeting, papers: list[Marking]) -> list[Marking]:
    """For whom packs are made: one with everything, and one for everybody when some papers are not for everybody.

    The agenda of a sensitive meeting is sensitive itself, and is in every pack.
    """
    whole = highest([meeting.marking, *papers])
    return [whole] if whole is meeting.marking else [whole, Marking.OFFICIAL]


def may_read_pack(actor: Member, marking: Marking, invitation: Invitation | None) -> bool:
    """Of a meeting that this person may see."""
    return marking is Marking.OFFICIAL or may_read_sensitive(actor, invitation)


def check_ordering(actor: Member, meeting: Meeting, papers: int) -> None:
    check_keeper(actor, meeting)
    if not papers:
        raise Rejected("There is no PDF to put into a pack. Add a paper as a PDF first.")
