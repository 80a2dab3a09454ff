"""What is done with challenges. `at` loads what happened at an earlier moment: nobody is written to about that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from forum.base import clock, history, letters, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.challenges import queries, rules
from forum.challenges.models import PROGRESS, RESPONSE, Challenge, Citation, Response, Status, StatusChange
from forum.feedback.models import Feedback, Reply
from forum.members.models import Member
from forum.reference import queries as reference
from forum.reference.models import Marking, Priority, Theme


class Passage(NamedTuple):
    """Words of a thread's first post, or of a reply in it."""

    feedback: Feedback
    words: str
    reply: Reply | None = None


# --- raising and citing ----------------------------------------------------------------------------------------------


def open(
    actor: Member,
    passage: Passage | None = None,
    *,
    title: str,
    description: str,
    prevalence: int,
    impact: int,
    priority_id: int | None = None,
    theme_ids: Sequence[int] = (),
    category: str = "",
    owner_id: int | None = None,
    response_due_on: date | None = None,
    marking: Marking = Marking.OFFICIAL,
    form_key: str | None = None,
    is_demonstration: bool = False,
    at: datetime | None = None,
) -> Challenge:
    """Put a challenge on the log, with the words it is raised from. The same form sent twice opens one challenge."""
    rules.check_keeper(actor)
    if made := queries.made_from(form_key):
        return made
    at = at or clock.now()
    challenge = Challenge(
        status=Status.NEW,
        marking=marking,
        owner_id=_owner(owner_id),
        response_due_on=response_due_on,
        opened_at=at,
        opened_by_id=actor.id,
        active_at=at,
        form_key=form_key,
        is_demonstration=is_demonstration,
        themes=_themes(theme_ids, []),
        **_described(title, description, category, prevalence, impact),
        priority_id=_priority(priority_id),
    )
    kept = _keep_once(challenge)
    if kept is not challenge:
        return kept
    db.session.add(_step(actor, challenge, Status.NEW, "Raised from what members said.", at))
    history.note(actor, "opened", challenge)
    if passage:
        cite(actor, challenge, passage.feedback, passage.words, passage.reply, at=at)
    return challenge


def cite(
    actor: Member,
    challenge: Challenge,
    feedback: Feedback,
    words: str,
    reply: Reply | None = None,
    *,
    at: datetime | None = None,
) -> Citation:
    """Stand these words of this feedback, or of this reply in it, as evidence for that challenge."""
    rules.check_keeper(actor)
    _lock(challenge)
    if reply is not None and reply.feedback_id != feedback.id:
        raise Rejected("This reply belongs to another thread.", field="words")
    rules.check_citation(challenge, reply or feedback, words)
    words, key = rules.fold(words), rules.words_key(words, reply.id if reply else None)
    if queries.is_cited(challenge, feedback, key):
        raise Rejected(f"These words are part of {challenge.reference} already.", field="words")
    at = at or clock.now()
    citation = Citation(
        challenge_id=challenge.id,
        feedback_id=feedback.id,
        reply_id=reply.id if reply else None,
        words=words,
        words_key=key,
        cited_at=at,
        cited_by_id=actor.id,
    )
    db.session.add(citation)
    challenge.marking = rules.highest([challenge.marking, feedback.marking])
    challenge.active_at = max(challenge.active_at, at)
    history.note(actor, "cited", challenge, about=feedback)
    db.session.flush()
    return citation


def uncite(actor: Member, challenge: Challenge, citation: Citation, reason: str) -> None:
    """Take words out of a challenge, for a reason that stays in the history."""
    rules.check_keeper(actor)
    rules.check_reason(reason)
    _lock(challenge)
    history.note(actor, "removed words from", challenge, reason, about=citation.feedback)
    db.session.delete(citation)


# --- keeping it up to date -------------------------------------------------------------------------------------------


def edit(
    actor: Member,
    challenge: Challenge,
    *,
    title: str,
    description: str,
    prevalence: int,
    impact: int,
    priority_id: int | None,
    theme_ids: Sequence[int],
    category: str,
    marking: Marking,
    version: int | None = None,
) -> None:
    """Word, rate and place a challenge anew. Retired themes it has already may stay."""
    rules.check_answerer(actor)
    _take_up(challenge, version)
    rules.check_marking(marking, queries.markings_of(challenge))
    before = {name: getattr(challenge, name) for name in ("title", "category", "prevalence", "impact", "priority_id")}
    after = _described(title, description, category, prevalence, impact) | {"priority_id": _priority(priority_id)}
    challenge.themes = _themes(theme_ids, challenge.themes)
    challenge.marking = marking
    for name, value in after.items():
        setattr(challenge, name, value)
    changed = {name: [was, after[name]] for name, was in before.items() if was != after[name]}
    history.note(actor, "edited", challenge, changed=changed)


def assign(
    actor: Member,
    challenge: Challenge,
    owner_id: int | None,
    response_due_on: date | None = None,
    *,
    version: int | None = None,
) -> None:
    """Say who answers for a challenge, and by when a response is due. None: nobody, or no date."""
    rules.check_answerer(actor)
    _take_up(challenge, version)
    challenge.owner_id = _owner(owner_id, kept=challenge.owner_id)
    challenge.response_due_on = response_due_on
    due = response_due_on.isoformat() if response_due_on else None
    history.note(actor, "assigned", challenge, owner_id=owner_id, response_due_on=due)


def change_status(
    actor: Member,
    challenge: Challenge,
    status: Status,
    reason: str,
    *,
    version: int | None = None,
    at: datetime | None = None,
) -> StatusChange:
    """Move a challenge on, close or reopen it, and tell those whose words it quotes why."""
    rules.check_answerer(actor)
    reason = richtext.clean(reason)
    rules.check_reason(reason)
    _take_up(challenge, version)
    step = _move(actor, challenge, status, reason, at or clock.now())
    if at is None:
        _tell(actor, challenge, step)
    return step


def respond(
    actor: Member,
    challenge: Challenge,
    text: str,
    *,
    status: Status | None = None,
    reason: str = "",
    version: int | None = None,
    form_key: str | None = None,
    at: datetime | None = None,
) -> Response:
    """Answer a challenge (Markdown), and move it on at the same time when `status` is given: one letter tells both."""
    rules.check_answerer(actor)
    _lock(challenge)
    if said := queries.said_already(form_key):
        return said
    _take_up(challenge, version)
    when = at or clock.now()
    response = _say(actor, challenge, RESPONSE, text, form_key, when)
    challenge.answered_at = max(challenge.answered_at or when, when)
    history.note(actor, "responded to", challenge)
    step = None
    if status is not None and status is not challenge.status:
        step = _move(actor, challenge, status, richtext.clean(reason) or "A response was given.", when)
    if at is None:
        _tell(actor, challenge, step, response)
    return response


def report_progress(
    actor: Member, challenge: Challenge, text: str, *, form_key: str | None = None, at: datetime | None = None
) -> Response:
    """Say how far things have come (Markdown). Nobody is written to: it stands on the challenge's page."""
    rules.check_answerer(actor)
    _lock(challenge)
    if said := queries.said_already(form_key):
        return said
    progress = _say(actor, challenge, PROGRESS, text, form_key, at or clock.now())
    history.note(actor, "reported progress on", challenge)
    return progress


# --- parts -----------------------------------------------------------------------------------------------------------


def _lock(challenge: Challenge) -> None:
    """Hold the row until the transaction ends, and know its present state: of two who change it, one waits."""
    db.session.flush()  # what this transaction changed already must not be read over
    db.session.refresh(challenge, ["status", "marking", "active_at", "answered_at", "version"], with_for_update=True)


def _take_up(challenge: Challenge, version: int | None) -> None:
    """Begin a change of what was at this version (None: whichever). Raises Rejected when somebody was quicker."""
    _lock(challenge)
    if version is not None and version != challenge.version:
        who = queries.last_to_change(challenge)
        raise Rejected(
            f"{who} changed this challenge while you were writing. Check what they saved, then save yours again."
        )
    challenge.version += 1


def _keep_once(challenge: Challenge) -> Challenge:
    """The challenge, stored; or the one that the same form, sent at the same moment, has just made."""
    try:
        with db.session.begin_nested():
            db.session.add(challenge)
    except sa.exc.IntegrityError:
        made = queries.made_from(challenge.form_key)
        if made is None:
            raise
        return made
    return challenge


def _described(
    title: str, description: str, category: str, prevalence: int, impact: int
) -> dict[str, str | int | None]:
    title = richtext.plain(title)
    rules.check_title(title)
    rules.check_rating(prevalence, impact)
    return {
        "title": title,
        "description": richtext.clean(description),
        "category": richtext.plain(category)[:60],
        "prevalence": prevalence,
        "impact": impact,
    }


def _priority(number: int | None) -> int | None:
    rules.check_priority(db.session.get(Priority, number) if number else None, number)
    return number


def _themes(ids: Sequence[int], kept: Sequence[Theme]) -> list[Theme]:
    themes = reference.chosen(Theme, ids)
    rules.check_themes(themes, kept, ids, clock.today())
    return themes


def _owner(number: int | None, kept: int | None = None) -> int | None:
    if number is not None and number != kept:
        rules.check_owner(db.session.get(Member, number))
    return number


def _step(actor: Member, challenge: Challenge, status: Status, reason: str, at: datetime) -> StatusChange:
    return StatusChange(challenge_id=challenge.id, status=status, reason=reason, changed_at=at, changed_by_id=actor.id)


def _move(actor: Member, challenge: Challenge, status: Status, reason: str, at: datetime) -> StatusChange:
    rules.check_status(challenge, status)
    was, challenge.status = challenge.status, status
    challenge.closed_at = at if challenge.is_closed else None
    challenge.active_at = max(challenge.active_at, at)
    challenge.answered_at = max(challenge.answered_at or at, at)
    step = _step(actor, challenge, status, reason, at)
    db.session.add(step)
    history.note(actor, "changed the status of", challenge, reason, was=was.value, status=status.value)
    return step


def _say(actor: Member, challenge: Challenge, kind: str, text: str, form_key: str | None, at: datetime) -> Response:
    source = richtext.clean(text)
    if not source:
        raise Rejected(f"Enter {'a response' if kind == RESPONSE else 'what progress was made'}.", field="text")
    said = Response(
        challenge_id=challenge.id,
        kind=kind,
        source=source,
        html=richtext.to_html(source),
        given_at=at,
        given_by_id=actor.id,
        form_key=form_key,
    )
    db.session.add(said)
    challenge.active_at = max(challenge.active_at, at)
    return said


def _tell(actor: Member, challenge: Challenge, step: StatusChange | None, response: Response | None = None) -> None:
    """One letter to each person whose words the challenge quotes, about all of this change.

    A letter does not say who else was quoted, and names nobody who is unattributed: it begins without a name, and its
    recipient is withheld from the letters page. An OFFICIAL-SENSITIVE challenge is only referred to.
    """
    news: dict[str, str | bool] = {
        "reference": challenge.reference,
        "title": challenge.title,
        "status": step.status.label if step else "",
        "reason": step.reason if step else "",
        "response": richtext.to_text(response.html) if response else "",
        "is_sensitive": rules.highest([challenge.marking, *queries.markings_of(challenge)]) is Marking.SENSITIVE,
        "link": letters.link(f"/challenges/{challenge.id}"),
    }
    letters.write_many(
        _letter(challenge, author, news) for author in queries.source_authors(challenge) if author.id != actor.id
    )


def _letter(challenge: Challenge, author: queries.SourceAuthor, news: dict[str, str | bool]) -> letters.Fields:
    of_list = letters.leaving(letters.FEEDBACK, author.id)
    leave_url = letters.link(of_list["unsubscribe_path"])
    text, html = letters.render("challenge_status", words=author.words, leave_url=leave_url, **news)
    what = news["status"] or "a response"
    return {
        "key": f"challenge:{challenge.id}:version:{challenge.version}:member:{author.id}",
        "kind": letters.Kind.NOTICE,
        "member_id": None if author.is_withheld else author.id,
        "to_name": author.name,
        "to_address": author.email,
        "subject": f"{challenge.reference}: {str(what).lower()}"
        + ("" if news["is_sensitive"] else f" – {challenge.title}"),
        "text": text,
        "html": html,
        "about": f"challenge:{challenge.id}",
        "rank": 1,
        "is_recipient_withheld": author.is_withheld,
        "list_name": of_list["list_name"],
        "unsubscribe_path": of_list["unsubscribe_path"],
    }
