"""Editing, filing, withdrawing and closing what was posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.feedback import queries, rules
from forum.feedback.commands import asking, checking, mentioning, quoting
from forum.feedback.commands.posting import FRESH, SHOWN, chosen_themes, filed, guarded, rendered, worded
from forum.feedback.models import (
    Attribution,
    Contribution,
    Edition,
    Feedback,
    FeedbackAnswer,
    FeedbackKind,
    FlagKind,
    Reply,
    Support,
)
from forum.feedback.queries import asking as asked
from forum.feedback.rules import guarding
from forum.feedback.rules.mentioning import Target
from forum.members.models import Member
from forum.reference.models import Marking

WITHDRAWN_TITLE = "Withdrawn feedback"
WORDS: tuple[str, ...] = ("title", "happening", "affected", "would_help")


def edit(
    actor: Member,
    feedback: Feedback,
    *,
    kind: FeedbackKind,
    title: str,
    happening: str,
    attribution: Attribution,
    affected: str = "",
    would_help: str = "",
    priority_id: int | None = None,
    theme_ids: Sequence[int] = (),
    force_id: int | None = None,
    marking: Marking = Marking.OFFICIAL,
    version: int,
    answers: Mapping[str, str] | None = None,
    confirmed: str | None = None,
    told: str | None = None,
) -> None:
    """Word and file one's own thread anew. How it read before stays in its history.

    `answers` (None: they stay), `confirmed` and `told` as in `post`.
    """
    _take_up(feedback, version)
    rules.check_editor(actor, feedback)
    words = worded(title, happening, affected, would_help)
    before = asked.answers(feedback.id)
    said = asking.answered(*asking.again(theme_ids, before, answers))
    found = guarding.check(guarded(words, said), confirmed) if confirmed is not None else ""
    if any(words[name] != getattr(feedback, name) for name in WORDS) or asking.differ(said, before):
        _keep_edition(feedback, and_answers=True)
        feedback.edited_at = clock.now()
        asking.keep(feedback, said)
    words["html"] = asking.with_answers(words["html"], said)
    shown, called = mentioning.mark({name: words[name] for name in SHOWN})
    words |= shown
    _set(feedback, **words)
    _call(actor, feedback, called, told)
    _attribute(feedback, attribution)
    if found:
        checking.raise_flag(feedback.id, None, FlagKind.PERSONAL_DATA, found, None)
    _file(feedback, kind, priority_id, theme_ids, force_id, marking)
    _note(actor, "edited", feedback)


def edit_reply(
    actor: Member,
    reply: Reply,
    body: str,
    attribution: Attribution,
    *,
    version: int,
    confirmed: str | None = None,
    told: str | None = None,
) -> None:
    """Word one's own reply anew. How it read before stays in the thread's history."""
    _take_up(reply, version)
    rules.check_editor(actor, reply)
    source = richtext.clean(body)
    if not source:
        raise Rejected("Enter your reply.", field="body")
    found = guarding.check({"body": source}, confirmed) if confirmed is not None else ""
    if found:
        checking.raise_flag(reply.feedback_id, reply.id, FlagKind.PERSONAL_DATA, found, None)
    if source != reply.body:
        _keep_edition(reply)
        shown, called = mentioning.mark({"html": rendered(source, "body")})
        _set(reply, body=source, html=shown["html"], edited_at=clock.now())
        _call(actor, reply, called, told)
    _attribute(reply, attribution)
    _note(actor, "edited", reply)


def classify(
    actor: Member,
    feedback: Feedback,
    *,
    kind: FeedbackKind,
    priority_id: int | None,
    theme_ids: Sequence[int],
    force_id: int | None,
    marking: Marking,
    version: int,
) -> None:
    """File somebody's thread elsewhere, without touching its words."""
    _take_up(feedback, version)
    rules.check_classifier(actor, feedback)
    _file(feedback, kind, priority_id, theme_ids, force_id, marking)
    _note(actor, "filed", feedback, marking=marking.value)


def withdraw(actor: Member, contribution: Feedback | Reply, reason: str) -> None:
    """Take words back: they leave every page and the search, and the reason stands where they stood."""
    lock(contribution)
    rules.check_withdrawer(actor, contribution)
    reason = richtext.plain(reason)
    rules.check_reason(reason)
    empty(contribution, WITHDRAWN_TITLE, reason, clock.now())
    _note(actor, "withdrew", contribution, reason)


def empty(contribution: Feedback | Reply, title: str, because: str, at: datetime) -> None:
    """Take the words out of the row, so that nothing can show them by mistake; an edition that no page shows keeps them.

    It says when (`at`) and why from then on, and counts no more. Quotes of it go too.
    """
    quoting.take_back(contribution)
    _keep_edition(contribution, at, and_answers=True)
    _set(contribution, withdrawn_at=at, withdrawn_because=because, html="", version=contribution.version + 1)
    if isinstance(contribution, Feedback):
        _set(contribution, title=title, happening="", affected="", would_help="")
        _set(contribution, html_affected="", html_would_help="")
        db.session.execute(sa.delete(FeedbackAnswer).where(FeedbackAnswer.feedback_id == contribution.id))
    else:
        contribution.body = ""
        recount(contribution.feedback_id)


def recount(number: int) -> None:
    """Count the replies of this thread that stand, and find its last activity, after one came or went."""
    db.session.flush()
    standing = (Reply.feedback_id == number, queries.stands(Reply))
    last = sa.select(sa.func.max(Reply.posted_at)).where(*standing).scalar_subquery()
    counted = sa.select(sa.func.count()).select_from(Reply).where(*standing).scalar_subquery()
    latest = sa.case((last > Feedback.posted_at, last), else_=Feedback.posted_at)
    thread = sa.update(Feedback).where(Feedback.id == number)
    db.session.execute(thread.values(reply_count=counted, active_at=latest))


def close(actor: Member, feedback: Feedback, reason: str) -> None:
    """Take no more replies, for a reason everybody sees."""
    lock(feedback)
    rules.check_closer(actor, feedback)
    reason = richtext.plain(reason)
    rules.check_reason(reason)
    if feedback.is_closed:
        raise Rejected("This thread is closed already.")
    _set(feedback, closed_at=clock.now(), closed_because=reason, version=feedback.version + 1)
    history.note(actor, "closed", feedback, reason)


def reopen(actor: Member, feedback: Feedback) -> None:
    """Take replies again."""
    lock(feedback)
    rules.check_closer(actor, feedback)
    if not feedback.is_closed:
        raise Rejected("This thread is open already.")
    _set(feedback, closed_at=None, closed_because="", version=feedback.version + 1)
    history.note(actor, "reopened", feedback)


# --- parts -----------------------------------------------------------------------------------------------------------


def lock(contribution: Feedback | Reply | Support) -> None:
    """Hold the row until the transaction ends, and know its present state: of two who change it, one waits."""
    columns = [attribute.key for attribute in type(contribution).__mapper__.column_attrs]
    db.session.refresh(contribution, columns, with_for_update=True)


def _take_up(contribution: Feedback | Reply, version: int) -> None:
    """Begin a change of what was at this version. Raises Rejected when somebody was quicker."""
    lock(contribution)
    if not contribution.is_withdrawn and version != contribution.version:
        rules.check_version(contribution, version, queries.last_to_change(contribution))
    contribution.version += 1


def _call(actor: Member, post: Feedback | Reply, called: list[Target], told: str | None) -> None:
    """Who is called by an edit is told of the post while it is news; who was told of it already is not told again."""
    number, reply_number = (post.id, None) if isinstance(post, Feedback) else (post.feedback_id, post.id)
    now = clock.now()
    if mentioning.change(actor, number, reply_number, called, told, now) and post.posted_at >= now - FRESH:
        post.untold_from = 0


def _attribute(post: Feedback | Reply, attribution: Attribution) -> None:
    """Name the author otherwise, in quotes too."""
    if post.attribution is attribution:
        return
    post.attribution = attribution
    db.session.flush()
    quoting.name_anew(post, queries.author_of(post))


def _set(contribution: Contribution, **values: Any) -> None:
    for name, value in values.items():
        setattr(contribution, name, value)


def _file(
    feedback: Feedback,
    kind: FeedbackKind,
    priority_id: int | None,
    theme_ids: Sequence[int],
    force_id: int | None,
    marking: Marking,
) -> None:
    feedback.themes = chosen_themes(theme_ids, feedback.themes)
    _set(feedback, kind=kind, marking=marking, **filed(priority_id, force_id))


def _keep_edition(contribution: Feedback | Reply, at: datetime | None = None, *, and_answers: bool = False) -> None:
    """Keep how it reads now, before it is changed."""
    if isinstance(contribution, Feedback):
        feedback_id, reply_id, names = contribution.id, None, WORDS
    else:
        feedback_id, reply_id, names = contribution.feedback_id, contribution.id, ("body",)
    words: dict[str, Any] = {name: getattr(contribution, name) for name in names}
    if and_answers and reply_id is None and (answers := _answers(feedback_id)):
        words["answers"] = answers
    db.session.add(Edition(feedback_id=feedback_id, reply_id=reply_id, words=words, replaced_at=at or clock.now()))


def _answers(number: int) -> list[list[Any]]:
    """Position, question and answer of what was answered to a theme's questions."""
    columns = (FeedbackAnswer.position, FeedbackAnswer.label, FeedbackAnswer.words)
    wanted = sa.select(*columns).where(FeedbackAnswer.feedback_id == number).order_by(FeedbackAnswer.position)
    return [list(row) for row in db.session.execute(wanted)]


def _note(actor: Member, verb: str, contribution: Feedback | Reply, reason: str = "", **details: Any) -> None:
    """A line of history that does not name an unattributed author who acts on their own words."""
    is_own = contribution.author_id == actor.id
    withheld = is_own and contribution.attribution is Attribution.UNATTRIBUTED
    history.note(actor, verb, contribution, reason, is_withheld=withheld, **details)
