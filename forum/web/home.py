"""Home: what waits for you."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from forum.base import clock, inbox, letters
from forum.base.paging import First
from forum.challenges import queries as challenges
from forum.challenges.queries import ChallengeMark
from forum.feedback import queries as feedback
from forum.feedback import rules as feedback_rules
from forum.feedback.queries import answering
from forum.feedback.queries import checking as checks
from forum.meetings import queries as meetings
from forum.meetings import rules as meeting_rules
from forum.meetings.models import Stage
from forum.meetings.queries import ComingRow, attendance
from forum.members import queries as members
from forum.members.models import Member, Standing
from forum.members.queries import addresses
from forum.members.queries.addresses import StoppedRow
from forum.minutes import queries as minutes
from forum.minutes.queries import ToWriteRow
from forum.web.furniture import me, plural

blueprint = Blueprint("home", __name__)

SOON = timedelta(days=14)  # when a response that is due is told apart from those that have time


class Task(NamedTuple):
    """Something to do: the words lead there; `status` is a word of components/tags.html, or empty."""

    words: str
    href: str
    status: str = ""
    hint: str = ""


@blueprint.get("/")
def show() -> ResponseReturnValue:
    person = me()
    if person.runs_the_forum:
        return _for_the_secretariat(person)
    return _for_an_official(person) if person.is_official else _for_a_member(person)


# --- a member --------------------------------------------------------------------------------------------------------


def _for_a_member(person: Member) -> str:
    own = feedback.threads(person, feedback.Filter(only_mine=True, only_unread=True))
    return render_template(
        "home/member.html",
        unread_threads=feedback.unread_count(person),
        owed=meetings.unanswered_by(person),
        next_meeting=meetings.next_for(person),
        ways=meeting_rules.ways,
        hosted=attendance.hosted_today(person),
        became=challenges.for_author(person, size=5),
        replies=own.items[:5],
        interests=members.interests_of(person),
        fresh=feedback.new_for(person),
        kinds=feedback_rules.KINDS,
    )


# --- an official -----------------------------------------------------------------------------------------------------


def _for_an_official(person: Member) -> str:
    own = challenges.without_response(person, 20, owner=person)
    soon = clock.today() + SOON
    return render_template(
        "home/official.html",
        unread_threads=feedback.unread_count(person),
        overdue=[row for row in own if row.is_overdue],
        soon=[row for row in own if not row.is_overdue and row.response_due_on and row.response_due_on <= soon],
        later=[row for row in own if not row.is_overdue and not (row.response_due_on and row.response_due_on <= soon)],
        others=[] if own else challenges.without_response(person, 5),
        assigned=feedback.unanswered_of(person),
        questions=feedback.unanswered_questions(person),
        pace=answering.pace(person),
        owed=meetings.unanswered_by(person),
        next_meeting=meetings.next_for(person),
        ways=meeting_rules.ways,
        hosted=attendance.hosted_today(person),
    )


# --- the secretariat -------------------------------------------------------------------------------------------------


def _for_the_secretariat(person: Member) -> str:
    coming, standings = meetings.coming(), members.standings()
    to_do = [
        *_letters(letters.trouble()),
        *_checks(checks.waiting_count()),
        *_mail(inbox.waiting(), addresses.stopped()),
        *_meetings(coming),
        *_minutes(minutes.to_write()),
        *_owners(challenges.without_owner(person, size=3)),
        *_joining(standings.get(Standing.INVITED, 0)),
    ]
    return render_template(
        "home/secretariat.html",
        to_do=to_do,
        untriaged=challenges.untriaged(person),
        coming=[row for row in coming if row.stage is Stage.OPEN],
        has_members=bool(standings),
        has_meetings=bool(coming),
        kinds=feedback_rules.KINDS,
    )


def _letters(trouble: letters.Trouble) -> Iterator[Task]:
    if trouble.due_since and letters.is_late(trouble.due_since):
        since = f"Due since {clock.show_moment(trouble.due_since)}. The worker may not be running."
        yield Task("Letters wait and nothing sends them", "/letters", "overdue", since)
    if trouble.failed:
        hint = "Correct the addresses, then send them again."
        yield Task(f"{plural(trouble.failed, 'letter')} failed", "/letters", "failed", hint)
    if trouble.held:
        yield Task(f"{plural(trouble.held, 'letter is', 'letters are')} held", "/letters?state=held")


def _mail(waiting: int, stopped: list[StoppedRow]) -> Iterator[Task]:
    if waiting:
        yield Task(f"{plural(waiting, 'mail waits', 'mails wait')} to be read", "/inbox")
    for row in stopped[:3]:
        whom = row.organisation or "them by phone or post"
        hint = f"{row.reason}. Ask {whom} for the right address."
        yield Task(f"Letters to {row.name} come back", f"/members/{row.id}", "failed", hint)
    if len(stopped) > 3:
        yield Task(
            f"Letters to {plural(len(stopped) - 3, 'more member comes', 'more members come')} back", "/inbox", "failed"
        )


def _meetings(coming: list[ComingRow]) -> Iterator[Task]:
    for row in coming:
        on = f"{row.reference}, {clock.show_day(row.starts_at)}"
        if row.stage is Stage.DRAFT:
            yield Task(f"Finish “{row.title}” and open it", f"/meetings/{row.id}", "draft", on)
        elif not row.invited:
            yield Task(f"Invite people to “{row.title}”", f"/meetings/{row.id}/invitations", "", on)


def _minutes(unwritten: First[ToWriteRow]) -> Iterator[Task]:
    for row in unwritten.items:
        held = f"{row.reference}, held on {clock.show_date(row.starts_at)}"
        verb, status = ("Finish", "draft") if row.is_begun else ("Write", "")
        yield Task(f"{verb} the minutes of “{row.title}”", f"/meetings/{row.id}/minutes", status, held)
    if unwritten.total > len(unwritten.items):
        more = unwritten.total - len(unwritten.items)
        yield Task(f"{plural(more, 'earlier meeting has', 'earlier meetings have')} no minutes", "/meetings?show=past")


def _owners(unowned: First[ChallengeMark]) -> Iterator[Task]:
    for mark in unowned.items:
        yield Task(f"Choose who answers for {mark.reference}", f"/challenges/{mark.id}/owner", "", mark.title)
    if unowned.total > len(unowned.items):
        more = unowned.total - len(unowned.items)
        yield Task(f"{plural(more, 'more challenge has', 'more challenges have')} no owner", "/challenges")


def _checks(posts: int) -> Iterator[Task]:
    if posts:
        yield Task(
            f"{plural(posts, 'post waits', 'posts wait')} for a look", "/feedback/checks", "", "Reported, or held."
        )


def _joining(invited: int) -> Iterator[Task]:
    if invited:
        words = f"{plural(invited, 'member has', 'members have')} not joined yet"
        yield Task(words, "/members?standing=invited", "", "Their page says when a joining letter went out.")
