"""Bringing the demonstration in: through the rooms' own commands, at the dates its files give, without a letter.

The files give days, not times of day, and do not say when a challenge moved on; both are made up here, always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db
from forum.base.errors import Rejected
from forum.challenges import commands as challenges
from forum.challenges import rules as citing
from forum.challenges.models import Challenge, Status
from forum.demonstration import queries
from forum.demonstration.commands import attending
from forum.feedback import commands as feedback
from forum.feedback.commands import supporting
from forum.feedback.models import Attribution, Feedback, FeedbackKind, HowOften
from forum.meetings import rules as answering
from forum.meetings.commands import agendas, inviting, replying, scheduling
from forum.meetings.models import Invitation, Meeting, MeetingKind, Mode, Purpose
from forum.members.commands import groups, keeping
from forum.members.commands.signing_in import hash_password
from forum.members.models import Member, Notify, Organisation, Role, Standing
from forum.reference.models import Listed, Marking, PoliceForce, Priority, Region, Sector, Theme

ADMIN = ("Forum administrator", "admin@egve-forum.example")
SECRETARY = "Forum secretary"
INVITED_BEFORE = timedelta(weeks=4)
ANSWERED_AFTER = timedelta(weeks=4)
LAST_DAY = date(2016, 12, 2)  # the newest date in the log: nothing of it moved later
ANSWERS = {"accepted": answering.IN_PERSON, "declined": answering.NO, "tentative": answering.MAYBE}

Tell = Callable[[str], object]


class Lists(NamedTuple):
    """Ids of the reference lists' entries by slug."""

    priorities: dict[str, int]
    themes: dict[str, int]
    sectors: dict[str, int]
    regions: dict[str, int]
    forces: dict[str, int]


def load(password: str, tell: Tell) -> None:
    """Everything of the demonstration that has a room; `tell` hears a line about each part.

    All its people sign in with `password`. Raises Rejected when there is anybody in the Forum already.
    """
    if queries.is_anybody_there():
        raise Rejected(
            "There are members in this database already, and the demonstration would mix with them. "
            "Load it into a new database: set DATABASE_URL."
        )
    lists = Lists(*(_ids(kind) for kind in (Priority, Theme, Sector, Region, PoliceForce)))
    people = _members(lists, password)
    tell(f"{len(people)} members of {len(queries.entries('organisations'))} organisations, and an administrator")
    secretary = next(member for member in people.values() if member.job_title == SECRETARY)
    for entry in queries.entries("working_groups"):
        groups.add_group(
            None, entry["title"], [people[reference].id for reference in entry["members"]], is_demonstration=True
        )
    meetings = [_meeting(entry, secretary, people, lists) for entry in queries.entries("meetings")]
    tell(f"{len(meetings)} meetings with agendas, invitations and answers")
    for meeting, entry in zip(meetings, queries.entries("meetings"), strict=True):
        if "attended" in entry:
            tell(attending.attend(meeting, entry, secretary, people))
    threads = {entry["ref"]: _thread(entry, people, lists, meetings) for entry in queries.entries("feedback")}
    tell(f"{len(threads)} threads of feedback with their replies")
    for place, entry in enumerate(queries.entries("supports")):
        _support(entry, place, people, threads, lists)
    tell(f"“Same here” {len(queries.entries('supports'))} times")
    log = [_challenge(entry, secretary, people, threads, lists) for entry in queries.entries("challenges")]
    tell(f"{len(log)} challenges with the words they stand on, their owners, status and responses")


def _ids(kind: type[Listed]) -> dict[str, int]:
    return dict(db.session.execute(sa.select(kind.slug, kind.id)).all())


def _at(day: str | date, hour: int, minute: int = 0) -> datetime:
    """The moment a London clock shows this time of this day."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time(hour, minute), clock.LONDON).astimezone(UTC)


# --- people ----------------------------------------------------------------------------------------------------------


def _members(lists: Lists, password: str) -> dict[str, Member]:
    """The members by the ids of the file. Hashing a password takes a tenth of a second by design: they share one."""
    shared = hash_password(password)
    organisations = {entry["slug"]: _organisation(entry, lists) for entry in queries.entries("organisations")}
    people = {row["id"]: _member(row, organisations[row["organisation"]], shared) for row in queries.people()}
    name, email = ADMIN
    keeping.add_member(
        None, name=name, email=email, role=Role.ADMIN, password_hash=shared, notify=Notify.NONE, is_demonstration=True
    )
    return people


def _organisation(entry: dict[str, Any], lists: Lists) -> Organisation:
    return keeping.add_organisation(
        None,
        name=entry["name"],
        sector_id=lists.sectors[entry["sector"]],
        force_id=lists.forces[entry["force"]] if entry["force"] else None,
        region_id=lists.regions[entry["region"]] if entry["region"] else None,
        is_demonstration=True,
    )


def _member(row: dict[str, str], organisation: Organisation, password_hash: str) -> Member:
    """One who is still invited has no password yet; one who left had one."""
    member = keeping.add_member(
        None,
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        organisation_id=organisation.id,
        job_title=row["job_title"],
        notify=Notify(row["notify"]),
        language=row["language"],
        contact_note=row["contact_note"],
        joined_on=date.fromisoformat(row["joined"]),
        password_hash=None if row["status"] == Standing.INVITED.value or not row["email"] else password_hash,
        is_demonstration=True,
    )
    if row["left"]:
        keeping.leave(None, member, date.fromisoformat(row["left"]))
    return member


# --- meetings --------------------------------------------------------------------------------------------------------


def _meeting(entry: dict[str, Any], secretary: Member, people: dict[str, Member], lists: Lists) -> Meeting:
    meeting = scheduling.schedule(
        secretary,
        title=entry["title"],
        kind=MeetingKind.FORUM,
        theme_ids=[lists.themes[slug] for slug in entry["themes"]],
        day=date.fromisoformat(entry["date"]),
        starts=time.fromisoformat(entry["start"]),
        ends=time.fromisoformat(entry["end"]),
        is_second_hour=None,
        mode=Mode.HYBRID if entry["dial_in"] else Mode.IN_PERSON,
        place=entry["venue"],
        joining_link="",
        description="",
        marking=Marking(entry["marking"]),
        is_chatham_house=entry["rule"] == "Chatham House Rule",
        is_demonstration=True,
    )
    for _, minutes, title, lead, paper in entry["agenda"]:
        agendas.add_item(
            secretary, meeting, title=title, minutes=minutes, lead=lead, paper=paper, purpose=_purpose(title)
        )
    scheduling.open_meeting(secretary, meeting)
    _invite(meeting, secretary, {people[number]: said for number, said in entry["rsvp"].items()})
    return meeting


def _purpose(title: str) -> Purpose:
    if title.startswith("Minutes"):
        return Purpose.DECISION
    return Purpose.DISCUSSION if any(word in title for word in (":", "iscussion", "orkshop")) else Purpose.INFORMATION


def _invite(meeting: Meeting, secretary: Member, answers: dict[Member, str]) -> None:
    """Four weeks before the meeting, or when they joined if that was later; they answered within two weeks."""
    invited = {member: _invited_at(member, meeting.starts_at) for member in answers}
    for at, members in _grouped(invited):
        inviting.note_invited(secretary, meeting, [member.id for member in members], at)
    found = db.session.scalars(sa.select(Invitation).where(Invitation.meeting_id == meeting.id))
    invitations = {invitation.member_id: invitation for invitation in found}
    for place, (member, said) in enumerate(answers.items()):
        if said in ANSWERS:
            way = answering.ONLINE if said == "accepted" and place % 4 == 3 else ANSWERS[said]
            at = min(
                invited[member] + timedelta(days=place % 13, minutes=17 * place), meeting.starts_at - timedelta(days=1)
            )
            replying.answer(secretary, meeting, invitations[member.id], way, at=at)


def _invited_at(member: Member, starts_at: datetime) -> datetime:
    """Who joined on the very day of a meeting had been invited to it first."""
    began, joined = starts_at - INVITED_BEFORE, _at(member.joined_on or date.min, 9)
    return joined if began < joined < starts_at - timedelta(days=1) else began


def _grouped(moments: dict[Member, datetime]) -> Iterator[tuple[datetime, list[Member]]]:
    for at in sorted(set(moments.values())):
        yield at, [member for member, moment in moments.items() if moment == at]


# --- feedback --------------------------------------------------------------------------------------------------------


def _thread(entry: dict[str, Any], people: dict[str, Member], lists: Lists, meetings: list[Meeting]) -> Feedback:
    author, attribution = people[entry["author"]], Attribution(entry["attribution"])
    number = int(entry["ref"].removeprefix("FB-"))
    thread = feedback.post(
        None,
        author=author,
        kind=FeedbackKind(entry["kind"]),
        title=entry["title"],
        happening=entry["body"],
        attribution=attribution,
        priority_id=lists.priorities[entry["priority"]],
        theme_ids=[lists.themes[slug] for slug in entry["themes"]],
        force_id=lists.forces[entry["force"]] if entry["force"] else None,
        marking=Marking(entry["marking"]),
        posted_at=_at(entry["posted"], 9 + number % 7, number * 7 % 60),
        meeting_id=_meeting_of(entry["meeting"], meetings),
        is_demonstration=True,
    )
    for place, said in enumerate(entry["replies"]):
        speaker = people[said["author"]]
        own = attribution if speaker is author else Attribution.ORGANISATION
        feedback.reply(
            None,
            thread.id,
            said["body"],
            author=speaker,
            attribution=Attribution.NAMED if said["official"] else own,
            is_official=said["official"],
            posted_at=_at(said["posted"], 16, place * 11),
        )
    return thread


def _support(
    entry: dict[str, Any], place: int, people: dict[str, Member], threads: dict[str, Feedback], lists: Lists
) -> None:
    supporting.support(
        people[entry["member"]],
        threads[entry["thread"]].id,
        force_id=lists.forces[entry["force"]] if entry["force"] else None,
        how_often=HowOften(entry["how_often"]) if entry["how_often"] else None,
        evidence=entry["evidence"],
        at=_at(entry["said"], 9 + place % 8, place * 7 % 60),
    )


def _meeting_of(words: str, meetings: Iterable[Meeting]) -> int | None:
    """The meeting of a month such as "July 2016"."""
    return next((m.id for m in meetings if f"{clock.london(m.starts_at):%B %Y}" == words), None)


# --- challenges ------------------------------------------------------------------------------------------------------


def _challenge(
    entry: dict[str, Any], secretary: Member, people: dict[str, Member], threads: dict[str, Feedback], lists: Lists
) -> Challenge:
    owner = next(member for member in people.values() if member.job_title == entry["owner"])
    sources = [threads[reference] for reference in entry["sources"]]
    opened = _at(entry["opened"], 17)
    challenge = challenges.open(
        secretary,
        title=entry["title"],
        description=entry["description"],
        category=entry["category"],
        prevalence=entry["prevalence"],
        impact=entry["impact"],
        priority_id=lists.priorities[entry["priority"]],
        theme_ids=_themes_of(entry["sources"], lists),
        owner_id=owner.id,
        response_due_on=date.fromisoformat(entry["response_due"]),
        is_demonstration=True,
        at=opened,
    )
    for source in sources:
        at = max(opened, source.posted_at + timedelta(days=1))
        challenges.cite(secretary, challenge, source, _quoted(source), at=at)
    _answer(entry, challenge, owner, opened.date())
    return challenge


def _themes_of(references: list[str], lists: Lists) -> list[int]:
    """The themes of these threads."""
    found = (slug for entry in queries.entries("feedback") if entry["ref"] in references for slug in entry["themes"])
    return sorted({lists.themes[slug] for slug in found})


def _quoted(source: Feedback) -> str:
    """Its first two sentences."""
    return " ".join(citing.sentences(citing.text_of(source))[:2])


def _answer(entry: dict[str, Any], challenge: Challenge, owner: Member, opened: date) -> None:
    """What was answered and how it went on, with what the file says as the reason for its present status."""
    status, response, progress = Status(entry["status"]), entry["response"], entry["progress"]
    is_over = status in {Status.RESPONDED, Status.CLOSED}
    answered = min(opened + ANSWERED_AFTER, LAST_DAY)
    due = date.fromisoformat(entry["response_due"])
    reported = min(due if is_over else answered + ANSWERED_AFTER, LAST_DAY)
    if response:
        challenges.respond(owner, challenge, response, at=_at(answered, 11))
    if progress:
        challenges.report_progress(owner, challenge, progress, at=_at(reported, 15))
    if status is not Status.NEW:
        day, reason = (reported, progress) if is_over else (answered, response)
        challenges.change_status(owner, challenge, status, reason, at=_at(day, 16))
