"""Showing somebody who wrote a post that carries no name: once, for a reason, and the author is told."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, history, letters, richtext
from forum.base.db import db
from forum.base.letters import Kind
from forum.feedback.models import Feedback, Reply, Reveal
from forum.feedback.rules import checking as rules
from forum.members.models import Member, Organisation


class Shown(NamedTuple):
    """Who wrote it. Goes to the page of whoever asked and nowhere else."""

    name: str
    organisation: str


def reveal(actor: Member, post: Feedback | Reply, reason: str) -> Shown:
    """Show `actor` who wrote this. The log keeps who asked, when and why; not whose name it was."""
    reason = richtext.plain(reason)
    rules.check_revealing(actor, post, reason)
    thread = post if isinstance(post, Feedback) else post.feedback
    seen = Reveal(
        feedback_id=thread.id,
        reply_id=None if post is thread else post.id,
        reason=reason,
        revealed_at=clock.now(),
        revealed_to_id=actor.id,
    )
    db.session.add(seen)
    db.session.flush()
    history.note(actor, "was shown who wrote", post, reason)
    author = sa.select(Member, sa.func.coalesce(Organisation.name, "")).outerjoin(
        Organisation, Organisation.id == Member.organisation_id
    )
    member, organisation = db.session.execute(author.where(Member.id == post.author_id)).one()
    _tell(actor, seen, member)
    return Shown(member.name, organisation)


def _tell(actor: Member, seen: Reveal, author: Member) -> None:
    if not author.email:
        return
    reference = f"FB-{seen.feedback_id}"
    place = f"/feedback/{seen.feedback_id}" + (f"?at={seen.reply_id}#post-{seen.reply_id}" if seen.reply_id else "")
    text, html = letters.render(
        "revealed", name=author.name, to=actor.name, reference=reference, reason=seen.reason, link=letters.link(place)
    )
    letters.write(
        key=f"reveal:{seen.id}", kind=Kind.NOTICE, to_name=author.name, to_address=author.email, member_id=author.id,
        subject=f"{actor.name} was shown that you wrote in {reference}", text=text, html=html,
        about=f"feedback:{seen.feedback_id}", is_recipient_withheld=True,
    )  # fmt: skip
