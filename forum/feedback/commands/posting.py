"""Posting a thread, and replying in it.

Whoever runs the Forum (or the operator, None) may enter what a member said elsewhere (`author`) or earlier (`at`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.base.errors import NotFound, Rejected
from forum.feedback import queries, rules
from forum.feedback.commands import answering, asking, attaching, checking, mentioning
from forum.feedback.commands.reading import mark_read
from forum.feedback.models import (
    Attribution,
    Feedback,
    FeedbackAnswer,
    FeedbackKind,
    FlagKind,
    OfficialKind,
    Reply,
    feedback_theme,
)
from forum.feedback.queries import checking as checking_queries
from forum.feedback.rules import answering as officials
from forum.feedback.rules import checking as checks
from forum.feedback.rules import guarding
from forum.feedback.rules.asking import Asked
from forum.members.models import Member
from forum.reference import queries as reference
from forum.reference.models import Marking, PoliceForce, Priority, Theme

SHOWN = ("html", "html_affected", "html_would_help")
FRESH = timedelta(hours=1)  # what is entered as said longer ago is no news that somebody is written to about at once


class Entry(NamedTuple):
    """What somebody said elsewhere and the secretariat enters for them: whose words they are, and how they reached us.

    `author` is a member. None: somebody who is none, called `contributor` where they may be named at all, of this
    organisation. `unnamed` are the names that must not stand in the text.
    """

    source: str
    said_on: date
    author: Member | None
    contributor: str = ""
    organisation_id: int | None = None
    occasion: str = ""
    unnamed: Sequence[str] = ()


def post(
    actor: Member | None,
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
    form_key: str | None = None,
    author: Member | None = None,
    posted_at: datetime | None = None,
    meeting_id: int | None = None,
    is_demonstration: bool = False,
    answers: Mapping[str, str] | None = None,
    confirmed: str | None = None,
    told: str | None = None,
    files: Mapping[int, str] | None = None,
    entry: Entry | None = None,
) -> Feedback:
    """Start a thread. No priority means cross-cutting. The same form sent twice starts one thread.

    `answers`: to the themes' questions, by key; None where nobody is asked. `confirmed` has the guard look: it raises
    MayIdentify until the seal of the very same words is given back ("": not yet); None lets words from elsewhere in. So
    does `told` with mentions that reach many (ReachesMany); None tells nobody of these. `files`: those that wait with the
    form, by number, with what each shows. `entry`: see `entering`.
    """
    rules.check_poster(actor)
    speaker = _speaker(actor, author, posted_at, entry)
    if made := queries.made_from(form_key):
        return made
    at = posted_at or clock.now()
    themes = chosen_themes(theme_ids, [])
    words = worded(title, happening, affected, would_help)
    said = asking.answered(asking.to_ask(theme_ids), answers) if answers is not None else []
    with _taken_once(queries.made_from, form_key):
        taken = attaching.take(actor, form_key, files)
    found = _guard(guarded(words, said) | attaching.guarded(taken), confirmed, entry)
    may_wait = entry is None and checks.may_wait(actor, speaker, attribution)
    is_held = checks.is_held(may_wait, themes, may_wait and checking_queries.is_new(speaker, attribution))
    words["html"] = asking.with_answers(words["html"], said)
    shown, called = mentioning.mark({name: words[name] for name in SHOWN} if posted_at is None else {})
    words |= shown
    called = mentioning.check(speaker, called, None, told)
    feedback = Feedback(
        **words,
        **filed(priority_id, force_id),
        **_said_by(actor, speaker, attribution, at, entry),
        occasion=entry.occasion if entry else "",
        kind=kind,
        themes=themes,
        held_at=at if is_held else None,
        marking=marking,
        form_key=form_key,
        active_at=at,
        meeting_id=meeting_id,
        is_demonstration=is_demonstration,
    )
    keep_once(feedback)
    if said:
        asking.keep(feedback, said)
    mentioning.keep(feedback.id, None, called, at)
    attaching.attach(actor, feedback, taken)
    _note(actor, feedback, entry)
    if is_held:
        checking.raise_flag(feedback.id, None, FlagKind.CHECKED_FIRST, "", None)
    if found:
        checking.raise_flag(feedback.id, None, FlagKind.PERSONAL_DATA, found, None)
    if actor and (speaker is actor or entry) and posted_at is None:
        mark_read(actor, feedback.id, at)
    return feedback


def reply(
    actor: Member | None,
    number: int,
    body: str,
    *,
    attribution: Attribution,
    is_official: bool = False,
    official_kind: OfficialKind | None = None,
    form_key: str | None = None,
    author: Member | None = None,
    posted_at: datetime | None = None,
    confirmed: str | None = None,
    told: str | None = None,
    files: Mapping[int, str] | None = None,
    entry: Entry | None = None,
) -> Reply:
    """Reply in the thread with this number. The same form sent twice makes one reply.

    The thread is taken by its number, not read first: one statement locks it, counts the reply and tells its state.
    Raises Rejected when it is closed or withdrawn, NotFound when there is none for this person.

    `is_official`: said for the department, if this person may; `official_kind` says what it does there, and is refused to
    others. To close the thread is one of these. `told`, `files` and `entry` as in `post`.
    """
    rules.check_poster(actor)
    speaker = _speaker(actor, author, posted_at, entry)
    if official_kind is not None:
        officials.check_official(speaker)
    speaks = (is_official or official_kind is not None) and rules.may_speak_officially(speaker)
    source = richtext.clean(body)
    if not source:
        raise Rejected("Enter your reply.", field="body")
    html = rendered(source, "body")
    at = posted_at or clock.now()
    may_wait = entry is None and checks.may_wait(actor, speaker, attribution)
    waits = {"may_wait": may_wait, "is_new": may_wait and checking_queries.is_new(speaker, attribution)}
    thread = _take_up(actor if entry and actor else speaker, number, form_key, at, speaks, waits)
    if thread.made:
        return db.session.get_one(Reply, thread.made)
    with _taken_once(queries.reply_made_from, form_key):
        rules.check_open(thread)
        taken = attaching.take(actor, form_key, files)
    found = _guard({"body": source} | attaching.guarded(taken), confirmed, entry)
    shown, called = mentioning.mark({"html": html} if posted_at is None else {})
    called = mentioning.check(speaker, called, thread.id, told)
    said = Reply(
        **_said_by(actor, speaker, attribution, at, entry),
        feedback_id=thread.id,
        held_at=at if thread.is_held else None,
        body=source,
        html=shown.get("html", html),
        is_official=speaks,
        official_kind=official_kind,
        form_key=form_key,
    )
    keep_once(said)
    mentioning.keep(thread.id, said.id, called, at)
    attaching.attach(actor, said, taken)
    _note(actor, said, entry)
    if official_kind is OfficialKind.CLOSE:
        answering.close_by_answer(actor, thread.id, at, attribution is Attribution.UNATTRIBUTED)
    if thread.is_held:
        checking.raise_flag(thread.id, said.id, FlagKind.CHECKED_FIRST, "", None)
    if found:
        checking.raise_flag(thread.id, said.id, FlagKind.PERSONAL_DATA, found, None)
    if actor and (speaker is actor or entry) and posted_at is None:
        mark_read(actor, thread.id, at)
    return said


# --- parts -----------------------------------------------------------------------------------------------------------


def worded(title: str, happening: str, affected: str, would_help: str) -> dict[str, str]:
    """The words of a thread's first post, as typed and as shown."""
    title, words = richtext.plain(title), richtext.clean(happening)
    rules.check_title(title)
    if not words:
        raise Rejected("Enter what is happening.", field="happening")
    more = {"affected": richtext.clean(affected), "would_help": richtext.clean(would_help)}
    shown = {f"html_{name}": rendered(source, name) for name, source in more.items()}
    return {"title": title, "happening": words, "html": rendered(words, "happening"), **more, **shown}


def guarded(words: Mapping[str, str], answers: Iterable[FeedbackAnswer]) -> dict[str, str]:
    """The texts the guard looks at, by the field of the form they were typed in."""
    typed = {name: words[name] for name in ("title", "happening", "affected", "would_help")}
    return typed | {Asked(one.label).key: one.words for one in answers}


def rendered(source: str, field: str) -> str:
    """Markdown as safe HTML; what richtext refuses is refused at the form's field."""
    try:
        return richtext.to_html(source)
    except Rejected as refusal:
        raise Rejected(refusal.message, field=field) from None


def filed(priority_id: int | None, force_id: int | None) -> dict[str, int | None]:
    """Where a thread is filed, checked against the lists."""
    rules.check_priority(db.session.get(Priority, priority_id) if priority_id is not None else None, priority_id)
    rules.check_force(db.session.get(PoliceForce, force_id) if force_id is not None else None, force_id)
    return {"priority_id": priority_id, "force_id": force_id}


def chosen_themes(ids: Iterable[int], kept: Sequence[Theme]) -> list[Theme]:
    """The themes with these ids; `kept` may stay though they are no longer in use."""
    asked = list(ids)
    themes = reference.chosen(Theme, asked) if asked else []
    rules.check_themes(themes, asked, kept, clock.today())
    return themes


class SentTwice(Rejected):
    """The same form came in another transaction at the very same moment. Ask once more, and you get what that one made."""

    def __init__(self) -> None:
        super().__init__("This has been posted already. Open the thread to see it.")


def keep_once(posted: Feedback | Reply) -> None:
    """Store it. Of the same form sent twice at the very same moment, one is stored and the other refused."""
    db.session.add(posted)
    try:
        db.session.flush()
    except sa.exc.IntegrityError as clash:
        if "form_key" not in str(clash.orig):
            raise
        raise SentTwice from None


@contextmanager
def _taken_once(made: Callable[[str | None], object], form_key: str | None) -> Iterator[None]:
    """PostgreSQL shows a transaction that waited the row it waited for, and not what else was done with it: that the same
    form took the files away a moment ago, or closed the thread, is no reason to refuse it."""
    try:
        yield
    except Rejected:
        if made(form_key):
            raise SentTwice from None
        raise


def _speaker(actor: Member | None, author: Member | None, posted_at: datetime | None, entry: Entry | None) -> Member:
    """Whose words they are; of somebody who is no member, who enters them."""
    if author is not None or posted_at is not None or entry is not None:
        rules.check_bringing_in(actor)
    speaker = (entry.author if entry else author) or actor
    if speaker is None:
        raise ValueError("Words entered at the command line need an author.")
    return speaker


def _guard(parts: dict[str, str], confirmed: str | None, entry: Entry | None) -> str:
    """The kinds the guard finds; nothing where it is not asked."""
    if confirmed is None:
        return ""
    if entry is None:
        return guarding.check(parts, confirmed)
    return guarding.check(parts | {"occasion": entry.occasion}, confirmed, entry.unnamed)


def _said_by(
    actor: Member | None, speaker: Member, attribution: Attribution, at: datetime, entry: Entry | None
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "author_id": speaker.id,
        "posted_by_id": actor.id if actor else None,
        "organisation_id": speaker.organisation_id,
        "attribution": attribution,
        "posted_at": at,
        "untold_from": 0 if at >= clock.now() - FRESH else None,
    }
    if entry:
        said |= {"source": entry.source, "said_on": entry.said_on}
    if entry and entry.author is None:
        said |= {"author_id": None, "contributor": entry.contributor, "organisation_id": entry.organisation_id}
    return said


def _note(actor: Member | None, posted: Feedback | Reply, entry: Entry | None) -> None:
    """The history names who posts their own words as these do, and whoever enters somebody else's always."""
    if entry:
        history.note(actor, "entered", posted, source=entry.source)
    else:
        history.note(actor, "posted", posted, is_withheld=posted.attribution is Attribution.UNATTRIBUTED)


class _Taken(NamedTuple):
    """A thread that is locked until the transaction ends, its state, and the reply this form made before."""

    id: int
    closed_at: datetime | None
    withdrawn_at: datetime | None
    made: int | None
    is_held: bool


def _take_up(
    speaker: Member, number: int, form_key: str | None, at: datetime, speaks: bool, waits: Mapping[str, bool]
) -> _Taken:
    """Lock the thread and count one more reply, unless this form's reply is there already or it waits for a look; the first
    that `speaks` for the department answers it. One statement."""
    reach = queries.reach(speaker)
    given = {"thread": number, "form": form_key or None, "said_at": at, "speaks": speaks, **waits, **reach.values}
    found = db.session.execute(_counted(reach.where), given).one_or_none()
    if found is None:
        raise NotFound
    return _Taken._make(found)


@lru_cache(maxsize=8)
def _counted(reach: sa.ColumnElement[bool]) -> sa.Executable:
    """The statement of `_take_up`, put together once. Without a `form` no reply was made from it."""
    again = sa.select(Reply.id).where(Reply.form_key == sa.bindparam("form", type_=sa.String)).scalar_subquery()
    at = sa.bindparam("said_at", type_=Feedback.active_at.type)
    of_theme = feedback_theme.join(Theme, Theme.id == feedback_theme.c.theme_id)
    is_checked = sa.select(sa.literal(1)).select_from(of_theme)
    is_checked = is_checked.where(feedback_theme.c.feedback_id == Feedback.id, Theme.is_checked_first)
    given = {name: sa.bindparam(name, type_=sa.Boolean) for name in ("may_wait", "is_new")}
    waits = sa.or_(given["is_new"], sa.and_(given["may_wait"], is_checked.correlate(Feedback).exists()))
    is_said = sa.and_(again.is_(None), ~waits)
    answers = sa.and_(is_said, sa.bindparam("speaks", type_=sa.Boolean), Feedback.first_answered_at.is_(None))
    return (
        sa.update(Feedback)
        .where(Feedback.id == sa.bindparam("thread"), reach)
        .values(
            reply_count=Feedback.reply_count + sa.case((is_said, 1), else_=0),
            first_answered_at=sa.case((answers, at), else_=Feedback.first_answered_at),
            active_at=sa.case((sa.and_(is_said, Feedback.active_at < at), at), else_=Feedback.active_at),
        )
        .returning(Feedback.id, Feedback.closed_at, Feedback.withdrawn_at, sa.cast(again, sa.Integer), waits)
        .execution_options(synchronize_session=False)
    )
