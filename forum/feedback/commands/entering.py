"""Entering what somebody said on the phone, at an event, on paper or in an email, for them.

A member is the author from then on: they are written to with the text, and correct or withdraw it as anything else of
theirs. Of somebody who is no member the name is kept only where it is to be shown; what is not stored cannot be told.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from forum.base import clock, letters, richtext
from forum.base.db import db
from forum.base.letters import Kind
from forum.feedback import queries, rules
from forum.feedback.commands import posting
from forum.feedback.commands.posting import Entry
from forum.feedback.models import Attribution, Feedback, Reply
from forum.feedback.queries import entering
from forum.feedback.queries.one import may_open
from forum.feedback.rules import entering as entries
from forum.members.models import Member, Organisation
from forum.reference.models import Marking

ITS_OWN_AREA = 0  # in place of an area: the one of their organisation


def enter(
    actor: Member,
    *,
    source: str,
    said_on: date | None,
    attribution: Attribution,
    author_id: int | None = None,
    contributor: str = "",
    organisation_id: int | None = None,
    occasion: str = "",
    force_id: int | None = None,
    form_key: str | None = None,
    **words: Any,
) -> Feedback:
    """Start a thread for somebody; `words` as `post` takes them. `author_id` None: for somebody who is no member.

    `force_id` 0 is the area of their organisation, or none where they are not named: it would help to tell who they are.
    """
    if made := queries.made_from(form_key):
        return made
    entry, home = _entry(actor, source, said_on, attribution, author_id, contributor, organisation_id, occasion)
    if force_id == ITS_OWN_AREA:
        force_id = home.force_id if home and attribution is not Attribution.UNATTRIBUTED else None
    posted = posting.post(
        actor, attribution=attribution, force_id=force_id, form_key=form_key, entry=entry, **words
    )  # fmt: skip
    _tell(posted, posted, entry)
    return posted


def enter_reply(
    actor: Member,
    thread: Feedback,
    body: str,
    *,
    source: str,
    said_on: date | None,
    attribution: Attribution,
    author_id: int | None = None,
    contributor: str = "",
    organisation_id: int | None = None,
    form_key: str | None = None,
    confirmed: str | None = None,
    told: str | None = None,
) -> Reply:
    """Reply in a thread for somebody, who must be able to read it."""
    if made := queries.reply_made_from(form_key):
        return made
    entry, _ = _entry(actor, source, said_on, attribution, author_id, contributor, organisation_id, "")
    entries.check_may_read(entry.author, entry.author is None or may_open(entry.author, thread))
    said = posting.reply(
        actor, thread.id, body, attribution=attribution, form_key=form_key, confirmed=confirmed, told=told, entry=entry
    )
    _tell(said, thread, entry)
    return said


def _entry(
    actor: Member,
    source: str,
    said_on: date | None,
    attribution: Attribution,
    author_id: int | None,
    contributor: str,
    organisation_id: int | None,
    occasion: str,
) -> tuple[Entry, Organisation | None]:
    """What is entered, checked, and the organisation of who said it."""
    entries.check_enterer(actor)
    occasion = richtext.plain(occasion) if source == "event" else ""
    entries.check_source(source, occasion)
    entries.check_said_on(said_on, clock.today())
    author = entering.member(author_id) if author_id is not None else None
    if author:
        entries.check_author(actor, author)
    home = author.organisation if author else entering.organisation(organisation_id)
    name, organisation = author.name if author else richtext.plain(contributor)[:200], home.name if home else ""
    entries.check_attribution(attribution, name, organisation, is_member=author is not None)
    kept = name if author is None and attribution is Attribution.NAMED else ""
    unnamed = entries.not_to_be_named(attribution, name, organisation)
    entry = Entry(source, said_on or clock.today(), author, kept, home.id if home else None, occasion, unnamed)
    return entry, home


def _tell(post: Feedback | Reply, thread: Feedback, entry: Entry) -> None:
    """Write to the member whose words they are. Such a letter is withheld from the letters page whatever they chose: they
    may choose otherwise later."""
    to = entry.author
    if to is None or not to.email:
        return
    db.session.flush()
    is_sensitive = thread.marking is not Marking.OFFICIAL
    path = f"/feedback/{thread.id}" + ("" if post is thread else f"?at={post.id}#post-{post.id}")
    own = f"/feedback/{thread.id}" + ("" if post is thread else f"/replies/{post.id}")
    text, html = letters.render(
        "entered", name=to.name, reference=f"FB-{thread.id}", is_reply=post is not thread,
        how=entries.SOURCES[entry.source][1], said_on=entry.said_on, shown_as=rules.attributed_to(post.attribution, to),
        words="" if is_sensitive else _words(post), is_sensitive=is_sensitive, link=letters.link(path),
        edit=letters.link(f"{own}/edit"), withdraw=letters.link(f"{own}/withdraw"), deny=letters.link(f"{own}/flag"),
        may_sign_in=to.is_active,
    )  # fmt: skip
    letters.write(
        key=f"entered:{post.__tablename__}:{post.id}", kind=Kind.NOTICE, to_name=to.name, to_address=to.email,
        member_id=to.id, subject=f"We entered what you told us as {'a reply in ' if post is not thread else ''}FB-{thread.id}",
        text=text, html=html, about=f"feedback:{thread.id}", is_recipient_withheld=True,
    )  # fmt: skip


def _words(post: Feedback | Reply) -> str:
    if isinstance(post, Reply):
        return post.body
    parts = (post.title, richtext.to_text(post.html), post.affected, post.would_help)
    return "\n\n".join(filter(None, parts))
