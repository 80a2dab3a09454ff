"""Putting digests together, a few members at a time, and once more when they leave.

A digest is withheld from the letters page: it holds what somebody follows, and what is missing from it is what they wrote.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa

from forum.base import clock, letters
from forum.base.db import db
from forum.base.letters import Kind, Letter
from forum.digests import queries, rules
from forum.digests.queries import Digest
from forum.members.models import Member, Notify

PART = 10  # digests put together in one transaction
_KEY = re.compile(r"digest:(\d+):([^/]+)/([^/]+)")


def send_due() -> bool:
    """Write the digests of a few members for whom one is due; whether there may be more to do."""
    now = clock.london(clock.now())
    moments: dict[tuple[Notify, int | None], datetime] = {
        (Notify.DAILY, None): rules.last_due(now, Notify.DAILY, 0),
        **{(Notify.WEEKLY, day): rules.last_due(now, Notify.WEEKLY, day) for day in range(7)},
    }
    _pass_over(moments[Notify.DAILY, None])
    members = queries.due(moments, PART)
    found: list[letters.Fields] = []
    reached: dict[datetime, list[int]] = defaultdict(list)
    spans = {member: _span(member, moments) for member in members}
    if not spans:
        return False
    new = queries.posted(min(after for after, _ in spans.values()), max(until for _, until in spans.values()))
    for member, (after, due) in spans.items():
        digest = queries.digest_of(member, after, due, new)
        if digest.threads:
            found.append(_letter(member, digest, after, due))
        reached[due].append(member.id)
    letters.write_many(found)
    for due, numbers in reached.items():
        moved = sa.update(Member).where(Member.id.in_(numbers)).values(digested_until=due)
        db.session.execute(moved, execution_options={"synchronize_session": False})
    return len(members) == PART


def _span(member: Member, moments: dict[tuple[Notify, int | None], datetime]) -> tuple[datetime, datetime]:
    """The time whose posts belong into this member's digest."""
    due = moments[member.notify, member.digest_weekday if member.notify is Notify.WEEKLY else None]
    return rules.begins(member.digested_until, due, member.notify), due


def _pass_over(due: datetime) -> None:
    """Who gets no digest now starts with what is posted from today, should they want one later. Their letters at once
    told them the rest, or they wanted none."""
    without = sa.update(Member).where(
        Member.notify.not_in([Notify.DAILY, Notify.WEEKLY]),
        sa.or_(Member.digested_until.is_(None), Member.digested_until < due),
    )
    db.session.execute(without.values(digested_until=due), execution_options={"synchronize_session": False})


def _letter(member: Member, digest: Digest, after: datetime, due: datetime) -> letters.Fields:
    of_list = letters.leaving(letters.FEEDBACK, member.id)
    sections = rules.grouped(digest.threads)
    count = len(digest.threads) + digest.more
    text, html = letters.render(
        "digest",
        sections=sections,
        more=digest.more,
        count=count,
        shortened=rules.shortened,
        link=letters.link,
        is_weekly=member.notify is Notify.WEEKLY,
        leave_url=letters.link(of_list["unsubscribe_path"]),
    )
    day = due.date()
    return {
        "key": f"digest:{member.id}:{after.isoformat()}/{due.isoformat()}",
        "kind": Kind.NOTICE,
        "member_id": None,
        "to_name": "",
        "to_address": member.email or "",
        "subject": f"Feedback: {count} {'thread' if count == 1 else 'threads'} with something new, {clock.show_date(day)}",
        "text": text,
        "html": html,
        "about": "digest",
        "rank": 3,
        "is_recipient_withheld": True,
        "list_name": of_list["list_name"],
        "unsubscribe_path": of_list["unsubscribe_path"],
    }


def _may_still_come(letter: Letter) -> str | None:
    """Why a digest should not go out any more. It is put together again at the last moment, so that it says what stands
    then: what was taken back, renamed or marked since it was written does not take the rest with it."""
    found = _KEY.fullmatch(letter.key)
    if found is None:
        return None
    reader, after, due = db.session.get(Member, int(found[1])), *map(datetime.fromisoformat, found.groups()[1:])
    digest = queries.digest_of(reader, after, due, queries.posted(after, due)) if reader else None
    if reader is None or digest is None or not digest.threads:
        return "Everything in this digest was taken back after it was written, or may not be read any more."
    anew = _letter(reader, digest, after, clock.london(due))
    letter.text, letter.html, letter.subject = anew["text"], anew["html"], anew["subject"]
    return None


letters.check(Kind.NOTICE, _may_still_come)
