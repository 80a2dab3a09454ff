"""Telling those invited that the papers are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from markupsafe import escape

from forum.base import clock, history, letters
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.letters import Kind
from forum.base.words import pages_in_words
from forum.meetings import queries
from forum.meetings.models import Invitation, Meeting, PaperPack
from forum.meetings.rules import check_inviting
from forum.meetings.rules import papers as rules
from forum.members.models import Member, Standing
from forum.reference.models import Marking

# Stand for what differs between the letters of one mailing. Characters for private use: nobody types them.
NAME, LEAVE_LINK = "\ue000", "\ue001"


def tell(actor: Member, meeting: Meeting, pack: PaperPack) -> int:
    """Write to those invited that the papers are there, once for each pack; to how many.

    Members who want no letters about meetings but invitations get none.
    """
    rules.check_keeper(actor, meeting)
    queries.take(meeting)
    db.session.refresh(pack)
    check_inviting(meeting, clock.now())
    if pack.file_id is None:
        raise Rejected("This pack is not made yet.")
    if pack.told_at is not None:
        return 0
    people = db.session.execute(_to_tell(meeting)).all()
    pack.told_at = clock.now()
    letters.write_many(_letters(meeting, pack, people))
    history.note(actor, "told of", pack, about=meeting, count=len(people))
    return len(people)


def _to_tell(meeting: Meeting) -> Any:
    return (
        sa.select(Member.id, Member.name, Member.email)
        .join(Invitation, Invitation.member_id == Member.id)
        .where(Invitation.meeting_id == meeting.id, Invitation.removed_at.is_(None))
        .where(Member.standing == Standing.ACTIVE, Member.email.is_not(None), Member.wants_meeting_mail)
        .order_by(Member.name, Member.id)
    )


def _letters(meeting: Meeting, pack: PaperPack, people: Sequence[Any]) -> Iterator[letters.Fields]:
    """The letter to each: put together once, and filled in."""
    subject = f"Papers: {meeting.title}, {clock.show_date(meeting.starts_at)}"
    text, html = letters.render("papers", **_words(meeting, pack), name=NAME, leave_url=LEAVE_LINK)
    for member_id, name, email in people:
        of_list = letters.leaving(letters.MEETINGS, member_id)
        leave_url = letters.link(of_list["unsubscribe_path"])
        yield {
            "key": f"papers:{meeting.id}:{pack.number}:{member_id}",
            "kind": Kind.NOTICE,
            "member_id": member_id,
            "to_name": name,
            "to_address": email,
            "subject": subject,
            "text": text.replace(NAME, name).replace(LEAVE_LINK, leave_url),
            "html": html.replace(NAME, str(escape(name))).replace(LEAVE_LINK, leave_url),
            "about": queries.about(meeting),
            "not_after": meeting.ends_at,
            "list_name": of_list["list_name"],
            "unsubscribe_path": of_list["unsubscribe_path"],
        }


def _words(meeting: Meeting, pack: PaperPack) -> dict[str, Any]:
    """What the letter says. A pack marked OFFICIAL-SENSITIVE is not told about by the titles in it."""
    inside, changed = pack.contents["papers"], pack.contents["changed_pages"]
    return {
        "meeting": meeting,
        "marking": pack.marking,
        "count": len(inside),
        "papers": [] if pack.marking is Marking.SENSITIVE else inside,
        "changed": pages_in_words(changed),
        "papers_url": letters.link(f"/meetings/{meeting.id}/papers"),
    }
