"""Access needs: who reads them, and how they are put together for the host."""

from __future__ import annotations

import pytest

from forum.base.errors import Rejected
from forum.meetings.models import Answer, Meeting, Mode
from forum.meetings.queries import needs as queries
from forum.meetings.rules import needs as rules
from forum.meetings.rules import replying
from forum.meetings.rules.needs import Needs
from forum.members.models import Member, Role
from tests.builders import moment

ENDS = moment(2027, 1, 20, 15)


@pytest.mark.parametrize(
    ("role", "number", "expected"),
    [
        (Role.SECRETARIAT, 1, True),
        (Role.OFFICIAL, 7, True),  # the host
        (Role.MEMBER, 7, True),
        (Role.OFFICIAL, 2, False),
        (Role.ADMIN, 3, False),
        (Role.MEMBER, 4, False),
    ],
)
def test_the_secretariat_and_the_host_read_them_and_nobody_else(role, number, expected):
    assert rules.may_read(Member(id=number, role=role), Meeting(host_id=7)) is expected


def test_a_meeting_without_a_host_has_none_who_reads_them():
    assert not rules.may_read(Member(id=4, role=Role.MEMBER), Meeting(host_id=None))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [(Needs(("a unicorn",)), "access"), (Needs((), "x" * 1001), "words"), (Needs(("vegan",)), None)],
)
def test_only_needs_there_are_words_for(wanted, field):
    if field is None:
        rules.check_telling(Meeting(ends_at=ENDS), wanted, moment(2027, 1, 1))
        return
    with pytest.raises(Rejected) as refused:
        rules.check_telling(Meeting(ends_at=ENDS), wanted, moment(2027, 1, 1))
    assert refused.value.field == field


def test_they_are_put_together_by_what_is_to_arrange():
    def row(name: str, needs: list[str], words: str = "", *, is_met: bool = False) -> queries.NeedRow:
        met_at = ENDS if is_met else None
        return queries.NeedRow(1, name, "", Answer.YES, Mode.IN_PERSON, needs, words, met_at, None)

    rows = [row("Amina", ["vegan", "hearing-loop"]), row("Bryn", ["hearing-loop"], "Near the stage", is_met=True)]
    found = [(group.words, len(group.people), group.open) for group in queries.grouped(rows)]
    assert found == [("Hearing loop", 2, 1), ("Vegan food", 1, 1), ("In their own words", 1, 0)]


@pytest.mark.parametrize(
    ("name", "email", "words"),
    [
        ("Bryn Heron", "bryn@cast.example", "Bryn Heron <bryn@cast.example>"),
        ("Bryn Heron", "", "Bryn Heron"),
        ("", "bryn@cast.example", "bryn@cast.example"),
        ("", "", ""),
    ],
)
def test_who_comes_instead_is_one_line(name, email, words):
    assert replying.stand_in(name, email) == words


@pytest.mark.parametrize("answer", [Answer.YES, Answer.MAYBE])
def test_nobody_comes_instead_of_who_comes(answer):
    replying.check_stand_in(Answer.NO, "Bryn")
    with pytest.raises(Rejected):
        replying.check_stand_in(answer, "Bryn")
