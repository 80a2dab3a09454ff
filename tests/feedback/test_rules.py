from __future__ import annotations

import pytest

from forum.base import files
from forum.base.errors import Rejected
from forum.feedback import rules
from forum.feedback.models import Attribution, Feedback, ParkedFile
from forum.feedback.rules import attaching
from forum.members.models import Member, Role, Standing

AMINA = Member(id=1, role=Role.MEMBER, standing=Standing.ACTIVE)
BRYN = Member(id=2, role=Role.MEMBER, standing=Standing.ACTIVE)
SITA = Member(id=3, role=Role.SECRETARIAT, standing=Standing.ACTIVE)
OLU = Member(id=4, role=Role.OFFICIAL, standing=Standing.ACTIVE)
GONE = Member(id=1, role=Role.MEMBER, standing=Standing.LEFT)


@pytest.mark.parametrize(
    ("attribution", "name", "organisation", "words"),
    [
        (Attribution.NAMED, "Amina Rowan", "Essex", "Amina Rowan, Essex"),
        (Attribution.NAMED, "Amina Rowan", "", "Amina Rowan"),
        (Attribution.NAMED, "", "Essex", "Essex"),
        (Attribution.NAMED, "", "", "A Forum member"),
        (Attribution.ORGANISATION, "Amina Rowan", "Essex", "Essex"),
        (Attribution.ORGANISATION, "Amina Rowan", "", "A Forum member"),
        (Attribution.UNATTRIBUTED, "Amina Rowan", "Essex", "A Forum member"),
    ],
)
def test_authors_are_named_as_they_let_be(attribution, name, organisation, words):
    assert rules.attributed(attribution, name, organisation) == words


def test_outsiders_are_not_called_members():
    assert rules.attributed(Attribution.UNATTRIBUTED, "R1", "", is_member=False) == "A contributor"


def test_who_may_do_what():
    post = Feedback(author_id=1)
    assert [rules.may_edit(one, post) for one in (AMINA, BRYN, SITA, OLU, GONE)] == [True, False, False, False, False]
    assert [rules.may_withdraw(one, post) for one in (AMINA, BRYN, SITA, OLU, GONE)] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert [rules.may_close(one, post) for one in (AMINA, SITA, OLU)] == [False, True, False]
    assert [rules.may_bring_in(one) for one in (AMINA, SITA, OLU, None)] == [False, True, False, True]
    assert not rules.may_edit(AMINA, Feedback(author_id=None))


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_reasons_are_given_and_short(reason):
    with pytest.raises(Rejected):
        rules.check_reason(reason)


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribution", "name", "kind", "shown"),
    [
        (Attribution.NAMED, "Rules.PDF", files.PDF, "Rules.PDF"),
        (Attribution.NAMED, "picture.html", files.JPEG, "picture.jpg"),
        (Attribution.NAMED, "picture.jpeg", files.JPEG, "picture.jpeg"),
        (Attribution.NAMED, "notes", files.TEXT, "notes.txt"),
        (Attribution.ORGANISATION, "Amina.pdf", files.PDF, "FB-12-3.pdf"),
        (Attribution.UNATTRIBUTED, "Amina.pdf", files.PDF, "FB-12-3.pdf"),
    ],
)
def test_a_file_keeps_its_name_only_beside_its_authors_name_and_ends_as_its_content_says(
    attribution, name, kind, shown
):
    assert attaching.shown_name(attribution, 12, 3, name, kind) == shown


def test_only_pictures_must_be_described():
    paper, photo = ParkedFile(id=1, name="a.pdf"), ParkedFile(id=2, name="a.png", width=1)
    attaching.check_described([paper, photo], {2: "A dot"})
    with pytest.raises(Rejected, match=r"Enter what the picture a.png shows") as refused:
        attaching.check_described([paper, photo], {1: "Words"})
    assert refused.value.field == "alt_2"
