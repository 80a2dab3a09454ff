"""Digests: what is in them, when they are written, and that nobody gets one twice, or one of nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.letters import Letter, State
from forum.digests import commands as digests
from forum.digests import rules
from forum.feedback import commands as feedback
from forum.feedback.commands import following, mailing
from forum.feedback.models import Attribution, Feedback, FollowKind, FollowLevel, Reply
from forum.members.models import Group, Member, Notify, theme_interest
from forum.reference.models import Marking
from tests import builders
from tests.feedback.builders import reply, thread

SEVEN = builders.moment(2016, 11, 15, 7)  # a Tuesday


@pytest.fixture
def at(monkeypatch):
    """Sets the clock."""

    def put(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    put(SEVEN - timedelta(hours=10))
    return put


@pytest.fixture
def theme(inside, cast):
    """A theme that Bryn is interested in."""
    found = builders.theme()
    with transaction():
        db.session.execute(theme_interest.insert().values(member_id=cast.bryn.id, theme_id=found.id))
    return found


def send(at, moment=SEVEN + timedelta(minutes=3)):
    """The digests that are written by then, by the name of who gets them."""
    at(moment)
    db.session.expire_all()
    known = {letter.id for letter in written()}
    for _ in range(50):
        with transaction():
            if not digests.send_due():
                break
    return {letter.to_address.partition("@")[0]: letter for letter in written() if letter.id not in known}


def written():
    return list(db.session.scalars(sa.select(Letter).where(Letter.about == "digest").order_by(Letter.id)))


def test_a_digest_holds_what_others_posted_with_its_words_and_comes_once(cast, theme, at):
    posted = thread(cast.amina, "Doors are closed", happening="They *are* closed.", theme_ids=[theme.id])
    reply(cast.olu, posted, "We are looking into it.")
    reply(cast.bryn, posted, "Thank you.")
    thread(cast.amina, "Elsewhere")
    sent = send(at)
    assert set(sent) == {"bryn", "amina", "olu"}
    letter = sent["bryn"]
    assert letter.subject == "Feedback: 1 thread with something new, 15 November 2016"
    for said in (letter.text, letter.html):
        assert said.index("We are looking into it.") < said.index("They are closed."), "the newest first"
        assert "Essex Police area" in said
        assert letter.unsubscribe_path in said
        assert "Thank you." not in said
        assert "Elsewhere" not in said
        assert f"/feedback/{posted.id}#post-0" in said
    assert theme.title.upper() in letter.text
    assert "They are closed." not in sent["amina"].text
    assert "Thank you." in sent["amina"].text
    assert letter.is_recipient_withheld
    assert (letter.member_id, letter.to_name) == (None, "")
    raw = letters.build(letter).decode()
    assert "List-Id: <feedback.egve-forum.example>" in raw
    assert send(at) == {}
    assert send(at, SEVEN + timedelta(days=1, hours=1)) == {}, "an empty one is not sent"


def test_an_empty_digest_moves_on(cast, theme, at):
    assert send(at) == {}
    db.session.expire_all()
    assert db.session.get(Member, cast.bryn.id).digested_until == SEVEN


def test_the_days_a_worker_was_away_are_in_one_digest(cast, theme, at):
    send(at)
    for days in (1, 2, 3):
        at(SEVEN + timedelta(days=days))
        thread(cast.amina, f"Day {days}", theme_ids=[theme.id])
    sent = send(at, SEVEN + timedelta(days=4, hours=5))
    assert [name in sent["bryn"].text for name in ("Day 1", "Day 2", "Day 3")] == [True] * 3
    assert len(sent) == 1


def test_a_weekly_digest_comes_on_the_day_that_was_chosen(cast, theme, at):
    with transaction():
        bryn = db.session.get(Member, cast.bryn.id)
        bryn.notify, bryn.digest_weekday = Notify.WEEKLY, 3
    thread(cast.amina, theme_ids=[theme.id])
    assert send(at) == {}
    assert send(at, SEVEN + timedelta(days=1, minutes=3)) == {}
    assert set(send(at, SEVEN + timedelta(days=2, minutes=3))) == {"bryn"}


@pytest.mark.parametrize("notify", [Notify.NONE, Notify.IMMEDIATE])
def test_who_wants_no_digest_gets_none_and_does_not_find_the_past_in_a_later_one(cast, theme, at, notify):
    with transaction():
        db.session.get(Member, cast.bryn.id).notify = notify
    thread(cast.amina, theme_ids=[theme.id])
    assert send(at) == {}
    with transaction():
        db.session.get(Member, cast.bryn.id).notify = Notify.DAILY
    assert send(at, SEVEN + timedelta(days=1, hours=1)) == {}


def test_what_somebody_was_written_to_about_is_not_told_again(cast, theme, at):
    with transaction():
        following.follow(cast.bryn, FollowKind.THEME, theme.id, FollowLevel.ALL)
    posted = thread(cast.amina, "Told", theme_ids=[theme.id])
    while True:
        with transaction():
            if not mailing.tell_followers():
                break
    reply(cast.amina, posted, "Not told yet.")
    text = send(at)["bryn"].text
    assert "Not told yet." in text
    assert "Referrals come back" not in text


def test_a_digest_holds_only_what_may_be_read_then_and_again_when_it_leaves(cast, theme, at, leaving):
    shown, hidden, kept = (thread(cast.amina, name, theme_ids=[theme.id]) for name in ("Shown", "Hidden", "Kept"))
    said = reply(cast.amina, kept, "Taken back.")
    waits = reply(cast.amina, kept, "Waits.")
    with transaction():
        group = Group(slug="nights", title="Nights")
        db.session.add(group)
        db.session.flush()
        db.session.get(Feedback, hidden.id).group_id = group.id
        feedback.withdraw(cast.amina, db.session.get(Reply, said.id), "Wrong")
        db.session.get(Reply, waits.id).held_at = clock.now()
    letter = send(at)["bryn"]
    assert [name in letter.text for name in ("Shown", "Hidden", "Kept", "Taken back", "Waits")] == [True, False, True, False, False]  # fmt: skip
    with transaction():
        feedback.withdraw(cast.amina, db.session.get(Feedback, shown.id), "Wrong")
    db.session.expire_all()
    (left,) = leaving()
    assert "Shown" not in left
    assert "Kept" in left, "the rest is not lost with it"
    assert "1 thread with" in left


def test_a_digest_of_which_nothing_is_left_does_not_leave(cast, theme, at):
    posted = thread(cast.amina, theme_ids=[theme.id])
    send(at)
    with transaction():
        feedback.withdraw(cast.amina, db.session.get(Feedback, posted.id), "Wrong")
    assert letters.deliver_due() == {State.SKIPPED: 1}


def test_a_digest_names_nobody_who_took_their_name_off_before_it_left(cast, theme, at, leaving):
    posted = thread(cast.amina, theme_ids=[theme.id], attribution=Attribution.NAMED)
    said = reply(cast.amina, posted, "My own words.", attribution=Attribution.NAMED)
    assert cast.amina.name in send(at)["bryn"].text
    with transaction():
        words = db.session.get_one(Reply, said.id)
        feedback.edit_reply(cast.amina, words, "Ours.", Attribution.UNATTRIBUTED, version=words.version)
        first = db.session.get_one(Feedback, posted.id)
        first.attribution, first.marking = Attribution.ORGANISATION, Marking.OFFICIAL
    (left,) = leaving()
    assert cast.amina.name not in left
    assert "My own words" not in left
    assert "Ours." in left


def test_a_digest_that_still_stands_leaves_though_a_post_in_it_points_elsewhere(cast, theme, at):
    thread(cast.amina, happening='See <a href="/feedback/99#post-0"> and /feedback/99#post-0', theme_ids=[theme.id])
    assert set(send(at)) == {"bryn"}
    assert letters.deliver_due() == {State.SENT: 1}


def test_unattributed_posts_name_nobody_and_do_not_follow_from_the_organisation(cast, theme, at):
    with transaction():
        following.follow(cast.olu, FollowKind.ORGANISATION, cast.amina.organisation_id, FollowLevel.DIGEST)
    thread(cast.amina, theme_ids=[theme.id], attribution=Attribution.UNATTRIBUTED)
    sent = send(at)
    assert set(sent) == {"bryn"}
    assert "A Forum member" in sent["bryn"].text
    assert "Essex" not in sent["bryn"].text + sent["bryn"].html


def test_sensitive_words_stay_in_the_forum(cast, theme, at):
    thread(cast.amina, "Quiet title", happening="Quiet words.", theme_ids=[theme.id], marking=Marking.SENSITIVE)
    letter = send(at)["bryn"]
    assert "Quiet" not in letter.subject + letter.text + letter.html
    assert "OFFICIAL-SENSITIVE" in letter.text


def test_long_posts_and_long_digests_are_cut(cast, theme, at):
    posted = thread(cast.amina, happening="word " * 1000, theme_ids=[theme.id])
    for _ in range(rules.MOST_POSTS + 2):
        reply(cast.amina, posted, "word " * 1000)
    for number in range(rules.MOST_THREADS + 2):
        at(clock.now() + timedelta(seconds=1))
        thread(cast.amina, f"Thread {number}", theme_ids=[theme.id])
    letter = send(at)["bryn"]
    assert "23 threads" in letter.subject
    assert "And 3 more threads" in letter.text
    assert letter.text.count("\nFB-") == 20
    assert len(letter.text) < 15_000


@pytest.mark.parametrize("count", [3, 60])
def test_a_digest_takes_few_statements_however_much_is_in_it(cast, theme, at, statements, count):
    for _ in range(count):
        thread(cast.amina, theme_ids=[theme.id])
    at(SEVEN + timedelta(minutes=3))
    with statements() as seen, transaction():
        digests.send_due()
    readers = db.session.scalar(sa.select(sa.func.count()).select_from(Member))
    assert len(seen) <= 6 + readers + 2, "one for each member, and two more for each with something new"


def test_many_members_are_digested_in_parts(cast, theme, at, monkeypatch):
    monkeypatch.setattr(digests, "PART", 2)
    people = [builders.member() for _ in range(5)]
    with transaction():
        db.session.execute(theme_interest.insert(), [{"member_id": one.id, "theme_id": theme.id} for one in people])
    thread(cast.amina, theme_ids=[theme.id])
    at(SEVEN + timedelta(minutes=3))
    with transaction():
        assert digests.send_due()
    assert len(written()) <= 2
    assert len(send(at)) + len(written()) >= 6
    assert len({letter.to_address for letter in written()}) == len(written()) == 6
