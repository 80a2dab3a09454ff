"""What somebody said elsewhere, entered for them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.feedback import commands
from forum.feedback.commands import checking, entering
from forum.feedback.commands import mailing as telling
from forum.feedback.models import Attribution, FeedbackKind, Flag, ReadMark
from forum.feedback.queries import entering as people
from forum.feedback.queries import get, mailing, thread
from forum.feedback.queries.following import Concern, Follower
from forum.feedback.rules import entering as rules
from forum.feedback.rules import guarding
from forum.members.models import Group, Standing
from forum.reference.models import Marking
from tests import builders
from tests.feedback import builders as told

TODAY = date(2016, 11, 15)
SILENT, NAMED, HOME = Attribution.UNATTRIBUTED, Attribution.NAMED, Attribution.ORGANISATION


# --- rules, without a database ---------------------------------------------------------------------------------------


def test_what_was_said_was_said_by_today():
    rules.check_said_on(TODAY, TODAY)
    for day in (TODAY + timedelta(days=1), None):
        with pytest.raises(Rejected) as refusal:
            rules.check_said_on(day, TODAY)
        assert refusal.value.field == "said_on"


@pytest.mark.parametrize(
    ("attribution", "text", "found"),
    [
        (SILENT, "Bryn heron rang: nobody answers.", ["Bryn heron"]),
        (SILENT, "Ask Mr Heron of canopy youth trust.", ["Heron", "canopy youth trust"]),
        (SILENT, "A heron stood by the canopy. Trust us.", []),
        (HOME, "Heron of Canopy Youth Trust.", ["Heron"]),
        (NAMED, "Bryn Heron of Canopy Youth Trust.", []),
    ],
)
def test_a_name_that_slips_into_the_text_is_pointed_at(attribution, text, found):
    unnamed = rules.not_to_be_named(attribution, "Bryn Heron", "Canopy Youth Trust")
    assert [one.words for one in guarding.look({"body": text}, unnamed)] == found


def test_how_it_reached_us_is_said_in_words():
    assert rules.in_words("phone") == "Entered by the secretariat from a phone call"
    assert (
        rules.in_words("event", "Roundtable in Leeds")
        == "Entered by the secretariat from an event: Roundtable in Leeds"
    )
    assert rules.in_words("site") == rules.in_words("consultation") == ""
    assert [rules.way(one) for one in ("site", "paper", "Survey 2015")] == [
        "Posted here",
        "Letter or paper form",
        "Survey 2015",
    ]


# --- commands --------------------------------------------------------------------------------------------------------


def enter(actor, author=None, **given):
    usual = {
        "kind": FeedbackKind.CHALLENGE, "title": "Nobody answers", "happening": "The phone rings.", "attribution": SILENT,
        "source": "phone", "said_on": clock.today(), "author_id": author.id if author else None,
    }  # fmt: skip
    with transaction():
        return entering.enter(actor, **(usual | given))


def enter_reply(actor, feedback, author=None, **given):
    usual = {
        "attribution": SILENT,
        "source": "paper",
        "said_on": clock.today(),
        "author_id": author.id if author else None,
    }
    with transaction():
        return entering.enter_reply(actor, feedback, "Here too.", **(usual | given))


def letters_to(member):
    return list(db.session.scalars(sa.select(Letter).where(Letter.to_address == member.email).order_by(Letter.id)))


def test_it_is_the_members_own_and_they_are_told_with_the_text(inside, cast):
    yesterday = clock.today() - timedelta(days=1)
    posted = enter(cast.sita, cast.bryn, said_on=yesterday, force_id=0, source="event", occasion="Roundtable in Leeds")
    assert (posted.author_id, posted.posted_by_id, posted.organisation_id) == (cast.bryn.id, cast.sita.id, cast.bryn.organisation_id)  # fmt: skip
    assert (posted.source, posted.said_on, posted.force_id, posted.contributor) == ("event", yesterday, None, "")
    assert thread(cast.olu, posted.id).occasion == ""  # who was there is known to some
    letter = letters_to(cast.bryn)[0]
    assert "The phone rings." in letter.text
    assert f"/feedback/{posted.id}/flag" in letter.text
    assert letter.is_recipient_withheld
    line = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb == "entered")).one()
    assert (line.actor_id, line.details) == (cast.sita.id, {"source": "event"})
    assert list(db.session.scalars(sa.select(ReadMark.member_id))) == [cast.sita.id]
    with transaction():
        commands.edit(cast.bryn, get(cast.bryn, posted.id), kind=posted.kind, title="Put right", happening="It rings on.",
                      attribution=NAMED, version=posted.version)  # fmt: skip
    assert thread(cast.olu, posted.id).author == "Bryn Heron, Canopy Youth Trust"
    assert thread(cast.olu, posted.id).occasion == "Roundtable in Leeds"
    with transaction():
        commands.withdraw(cast.bryn, get(cast.bryn, posted.id), "Not meant so.")


def test_letters_say_that_the_secretariat_entered_it(inside, cast):
    event = {"source": "event", "occasion": "Roundtable in Leeds", "said_on": date(2016, 11, 3)}
    named, silent = enter(cast.sita, cast.bryn, attribution=HOME, **event), enter(cast.sita, cast.bryn, **event)
    hers = enter_reply(cast.sita, named, cast.amina, said_on=date(2016, 11, 3))
    own = told.reply(cast.olu, named, "Thank you.")
    hidden = enter(cast.sita, cast.bryn, attribution=HOME, marking=Marking.SENSITIVE, **event)
    assert [mailing.news_of(post).entered for post in (named, silent, hers, own, hidden)] == [
        "Entered by the secretariat from an event: Roundtable in Leeds, said on 3 November 2016",
        "Entered by the secretariat from an event, said on 3 November 2016",
        "Entered by the secretariat from paper, said on 3 November 2016",
        "",
        "",
    ]
    amina = Follower(cast.amina.id, cast.amina.email, Concern.FOLLOWS)
    (fields,) = telling.letters_about(mailing.news_of(named), [amina], "you follow it")
    assert "event: Roundtable in Leeds" in fields["text"]
    assert "event: Roundtable in Leeds" in fields["html"]


def test_the_area_is_that_of_the_organisation_where_it_tells_nobody(inside, cast):
    assert enter(cast.sita, cast.bryn, attribution=HOME, force_id=0).force_id == cast.bryn.organisation.force_id


def test_a_name_is_kept_only_to_be_shown(inside, cast):
    home = cast.amina.organisation_id
    silent = enter(cast.sita, contributor="Zephyrine Quillfeather", organisation_id=home)
    shown = enter(cast.sita, contributor="Zephyrine Quillfeather", organisation_id=home, attribution=NAMED)
    assert (silent.author_id, silent.contributor, silent.organisation_id) == (None, "", home)
    assert [thread(cast.olu, one.id).author for one in (silent, shown)] == ["A contributor", "Zephyrine Quillfeather, Essex Police area"]  # fmt: skip
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0


def test_a_reply_is_entered_for_whoever_can_read_the_thread(inside, cast):
    begun = told.thread(cast.amina)
    said = enter_reply(cast.sita, begun, cast.bryn)
    assert (said.author_id, said.source, said.is_official, thread(cast.olu, begun.id).reply_count) == (
        cast.bryn.id,
        "paper",
        False,
        1,
    )
    with transaction():
        group = Group(slug="nights", title="Night work")
        db.session.add(group)
        db.session.flush()
        begun.group_id = group.id
    with pytest.raises(Rejected, match="Bryn Heron may not read this thread"):
        enter_reply(cast.sita, begun, cast.bryn)
    assert enter_reply(cast.sita, begun).author_id is None


def test_the_same_form_sent_twice_enters_once(inside, cast):
    assert enter(cast.sita, cast.bryn, form_key="k").id == enter(cast.sita, cast.bryn, form_key="k").id
    assert len(letters_to(cast.bryn)) == 1


def test_who_may_not_and_for_whom(inside, cast):
    for person in (cast.amina, cast.olu):
        with pytest.raises(NotAllowed):
            enter(person, cast.bryn)
    for given, field in (
        ({"author": cast.sita}, "member"),
        ({"author": builders.member("Gone", standing=Standing.LEFT)}, "member"),
        ({"attribution": NAMED}, "contributor"),
        ({"attribution": HOME}, "organisation_id"),
        ({"organisation_id": 999}, "organisation_id"),
        ({"source": "rumour"}, "source"),
        ({"said_on": clock.today() + timedelta(days=1)}, "said_on"),
    ):
        with pytest.raises(Rejected) as refusal:
            enter(cast.sita, **given)
        assert refusal.value.field == field


def test_only_its_author_says_that_it_is_not_what_they_said(inside, cast):
    entered, own = enter(cast.sita, cast.bryn), told.thread(cast.bryn)
    for person, post, reason in (
        (cast.amina, entered, "misquoted"),
        (cast.bryn, entered, "abusive"),
        (cast.bryn, own, "misquoted"),
    ):
        with pytest.raises((Rejected, NotAllowed)):
            checking.flag(person, post, reason)
    with transaction():
        checking.flag(cast.bryn, entered, "misquoted", "I said it the other way round.")
    words = db.session.scalars(sa.select(Flag.words)).one()
    assert words == "It is not what I said. I said it the other way round."


def test_a_member_is_found_by_what_they_are_called(inside, cast):
    other = builders.member("Bryn Heron", organisation=cast.amina.organisation)
    builders.member("Bryn Heronshaw")
    assert {one.id for one in people.called("bryn heron")} == {cast.bryn.id, other.id}
    assert [one.id for one in people.called("Bryn Heron, Canopy Youth Trust")] == [cast.bryn.id]
    assert [one.id for one in people.called("BRYN@cast.example")] == [cast.bryn.id]
    assert len(people.called("heron")) == 3
    assert people.called("  ") == people.called("nobody here") == []
