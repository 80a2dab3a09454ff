"""Replies by email (MAIL_REPLIES): posted, or kept as a draft for their author to look at.

A reply is taken when it came to an address that we made for this thread and this member, when our own mail server vouches
that it is from an address of theirs, and when no program sent it. Files that come with it are never taken.

Nothing of the mail is kept, and the inbox does not say whose it was: the person may choose to post it without a name. For
the same reason nothing of somebody who is unattributed in the thread is posted by itself.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock, inbox, letters, personal_data
from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.base.inbox import Mail, Reading, Verdict
from forum.base.letters import Kind
from forum.feedback.commands.posting import reply
from forum.feedback.models import Attribution, Draft, Feedback, Reply
from forum.feedback.queries import following
from forum.feedback.queries.one import readable_by
from forum.feedback.rules import by_mail as rules
from forum.members.models import Member
from forum.members.queries import aliases

LONGEST_READ = 10_000  # characters: of what is longer the end is not read (inbox.Mail.text)

CHECK_FIRST = "You have not asked us to post your emails straight away. You can do that in your account."
GUARDED = "It has something in it that may tell who somebody is. Look at it again before you post it."
UNNAMED = "You wrote in this thread without your name. Choose again what name this should show."
CUT = "It is very long, so its end may be missing."


def read(mail: Mail) -> Reading:
    """Act on a mail a person wrote: an answer to a letter about feedback, or anything else."""
    answered = next(filter(None, map(letters.who_answers, mail.recipients)), None)
    if not letters.takes_answers() or answered is None or not mail.is_readable:
        return inbox.leave_to_a_person(mail)
    number, member_id = answered
    member = db.session.get(Member, member_id)
    if member is None or not member.is_active:
        return _reading("A reply by email from somebody who is no member any more.")
    thread = db.session.scalar(sa.select(Feedback).where(Feedback.id == number, readable_by(member)))
    if not _is_from(mail, member):
        return _reading("A reply by email that does not prove whose it is. It was not posted.")
    if thread is None:
        return _not_taken(mail, member, number, "You may not read this thread any more, or it has been taken back.")
    return _take(mail, member, thread)


def _is_from(mail: Mail, member: Member) -> bool:
    writer = aliases.member_at(mail.sender) if inbox.is_authentic(mail) else None
    return writer is not None and writer.id == member.id


def _take(mail: Mail, member: Member, thread: Feedback) -> Reading:
    if len(mail.raw) > rules.LARGEST:
        return _not_taken(
            mail, member, thread.id, "Your email is larger than 200 KB. Send it again without attachments."
        )
    words = rules.own_words(mail.text, letters.MARKER)
    if not words:
        return _not_taken(mail, member, thread.id, f"There are no words in it above “{letters.MARKER}”.")
    why = _why_to_look_first(mail, member, thread, words)
    if why:
        return _keep(mail, member, thread, words, why)
    try:
        with db.session.begin_nested():
            reply(member, thread.id, words, attribution=_attribution(member, thread), form_key=_form_key(mail))
    except Rejected as refusal:
        return _keep(mail, member, thread, words, refusal.message)
    except NotFound:
        return _not_taken(mail, member, thread.id, "You may not read this thread any more, or it has been taken back.")
    return _reading("A reply by email was posted.", Verdict.RECORDED)


def _why_to_look_first(mail: Mail, member: Member, thread: Feedback, words: str) -> str:
    """Why the author has to look at it before it is posted; empty when it can be posted by itself."""
    if len(mail.text) >= LONGEST_READ and letters.MARKER not in mail.text:
        return CUT
    if not member.posts_by_mail:
        return CHECK_FIRST
    if personal_data.find(words):
        return GUARDED
    return UNNAMED if _attribution(member, thread) is Attribution.UNATTRIBUTED else ""


def _attribution(member: Member, thread: Feedback) -> Attribution:
    """As they last wrote in this thread, and their organisation when they did not; unattributed if they ever were."""
    said = sa.select(Reply.attribution).where(Reply.feedback_id == thread.id, Reply.author_id == member.id)
    found = list(db.session.scalars(said.order_by(Reply.id.desc())))
    if thread.author_id == member.id:
        found.append(thread.attribution)
    if Attribution.UNATTRIBUTED in found:
        return Attribution.UNATTRIBUTED
    return found[0] if found else Attribution.ORGANISATION


def _keep(mail: Mail, member: Member, thread: Feedback, words: str, why: str) -> Reading:
    """Keep it as their draft of a reply, below what they have there already, and tell them."""
    adapt = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    about, now = f"reply:{thread.id}", clock.now()
    fields = {"body": [words], "form_key": [_form_key(mail)]}  # as the form would send them
    added = adapt(Draft).values(member_id=member.id, about=about, fields=fields, saved_at=now)
    made = db.session.scalar(added.on_conflict_do_nothing().returning(Draft.id))
    if made is None:
        draft = db.session.scalars(
            sa.select(Draft).where(Draft.member_id == member.id, Draft.about == about).with_for_update()
        ).one()
        earlier = "".join(draft.fields.get("body", []))
        draft.fields = {**draft.fields, "body": [f"{earlier}\n\n{words}" if earlier else words]}
        draft.saved_at, draft.version = now, draft.version + 1
    _tell(mail, member, thread.id, why, is_kept=True)
    return _reading("A reply by email was kept for its author to look at.", Verdict.RECORDED)


def _form_key(mail: Mail) -> str:
    """The same mail makes one reply, however often it comes in."""
    return f"mail:{mail.digest[:56]}"


def _not_taken(mail: Mail, member: Member, number: int, why: str) -> Reading:
    _tell(mail, member, number, why, is_kept=False)
    return _reading("A reply by email could not be taken. Its author was told.")


def _tell(mail: Mail, member: Member, number: int, why: str, *, is_kept: bool) -> None:
    """To the address we know, which is not the one in the mail unless that was proven."""
    if not db.session.scalar(sa.select(following.can_be_written_to()).where(Member.id == member.id)):
        return
    text, html = letters.render(
        "reply_by_mail",
        reference=f"FB-{number}",
        why=why,
        is_kept=is_kept,
        link=letters.link(f"/feedback/{number}#reply"),
    )
    letters.write(
        key=f"reply-by-mail:{mail.digest}", kind=Kind.NOTICE, member_id=None, to_name="", to_address=member.email or "",
        subject=f"Your reply to FB-{number} is not posted yet" if is_kept else f"Your reply to FB-{number} was not posted",
        text=text, html=html, about=f"feedback:{number}", is_recipient_withheld=True,
        thread_ref=letters.thread_ref(f"feedback:{number}"),
    )  # fmt: skip


def _reading(words: str, verdict: Verdict = Verdict.IGNORED) -> Reading:
    return Reading(verdict, words, keeps_raw=False)
