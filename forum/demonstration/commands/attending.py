"""Who was at the demonstration's meetings, and what they thought of them: made up from the answers, always the same.

The files give how many attended (substitutes among them) and how many sent apologies, not who.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from forum.base import clock
from forum.meetings.commands import attendance, evaluating
from forum.meetings.models import Meeting
from forum.meetings.queries import attendance as attendances
from forum.meetings.rules import attendance as marking
from forum.members.models import Member

SUBSTITUTES = (
    "Alun Teal",
    "Beti Sedge",
    "Farah Linnet",
    "Idris Rush",
    "Joan Plover",
    "Kofi Reed",
    "Lena Dunlin",
    "Marek Willow",
)
WORDS = (
    "Send the papers a week earlier.",
    "More time at the tables, fewer slides.",
    "A young person’s voice at the start, not at the end.",
    "Tell us what became of what we said last time. The log was the best part.",
    "Those online could not hear the tables.",
    "Start later for those who travel from Wales and the north.",
    "Name who takes each action before we leave the room.",
)
HEARD = ((4, 4, 5, 4, 3, 5, 5), (4, 3, 2, 4, 3, 5, 3))  # at the second meeting more than at the first
WHO_EVALUATES = 3  # of four who were there
ONE_ONLINE_OF = 4  # as in the answers


def attend(meeting: Meeting, entry: dict[str, Any], secretary: Member, people: dict[str, Member]) -> str:
    """Mark who was there and who sent apologies, and enter what they thought; what was done, in words."""
    said: dict[str, list[Member]] = {}
    online = {people[number].id for place, number in enumerate(entry["rsvp"]) if place % ONE_ONLINE_OF == 3}
    for number, answer in entry["rsvp"].items():
        said.setdefault(answer, []).append(attendances.member(people[number].id))
    count = entry["attended"] - entry["substitutes"]
    there, away = said["accepted"][:count], said["accepted"][count:]
    at = meeting.starts_at
    for place, member in enumerate(there):
        how = marking.ONLINE if member.id in online else marking.IN_PERSON
        attendance.mark(secretary, meeting, member, how, at=at + timedelta(seconds=20 * place))
    for member, name in zip(away, SUBSTITUTES[: entry["substitutes"]], strict=False):
        attendance.add_visitor(secretary, meeting, name, "", marking.IN_PERSON, stands_in_for=member, at=at)
    sorry = said["declined"] + said["tentative"][: entry["apologies"] - len(said["declined"])]
    for member in sorry:
        attendance.mark(secretary, meeting, member, marking.APOLOGIES, at=at)
    evaluations = _evaluate(meeting, secretary, there)
    return (
        f"{meeting.reference}: {entry['attended']} attended, {entry['substitutes']} of them substitutes, "
        f"{len(sorry)} apologies, {evaluations} evaluations"
    )


def _evaluate(meeting: Meeting, secretary: Member, there: list[Member]) -> int:
    """Three of four who were there say what they thought, most of them well of it, and some in words."""
    given = [member for place, member in enumerate(there) if place % (WHO_EVALUATES + 1) != WHO_EVALUATES]
    for place, member in enumerate(given):
        evaluating.note_given(
            secretary,
            member,
            meeting,
            usefulness=(4, 5, 4, 3, 5, 4, 2, 5)[(place + meeting.id) % 8],
            heard=HEARD[meeting.id % 2][place % 7],
            words=WORDS[place // 3 % len(WORDS)] if place % 3 == 0 else "",
            on=clock.london(meeting.starts_at).date() + timedelta(days=1 + place % 9),
        )
    return len(given)
