"""Following: who hears of a post, at which level, and who does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.errors import NotFound
from forum.base.letters import Letter, State
from forum.base.letters.models import SuppressedAddress
from forum.feedback import commands
from forum.feedback.commands import following, mailing
from forum.feedback.models import Attribution, Feedback, FollowKind, FollowLevel, Reply
from forum.feedback.queries import following as queries
from forum.feedback.rules import following as rules
from forum.members.commands import lists
from forum.members.models import Group, Member, Notify, Standing, theme_interest
from forum.reference.models import Marking
from tests import builders
from tests.feedback.builders import reply, thread

LEVELS = st.sampled_from(FollowLevel)
NONE, DIGEST, ALL = FollowLevel.NONE, FollowLevel.DIGEST, FollowLevel.ALL
THREAD, THEME, HOME = FollowKind.THREAD, FollowKind.THEME, FollowKind.ORGANISATION


def follow(person, kind, number, level=ALL):
    with transaction():
        following.follow(person, kind, number, level)


def tell(limit=100):
    """Do all the worker has to do; the addresses written to, in order."""
    for _ in range(limit):
        with transaction():
            if not mailing.tell_followers():
                break
    else:
        pytest.fail("It never ends.")
    return sorted(letter.to_address.partition("@")[0] for letter in written())


def written():
    return list(db.session.scalars(sa.select(Letter).where(Letter.list_name == letters.FEEDBACK).order_by(Letter.id)))


@given(own=LEVELS | st.none(), others=st.lists(LEVELS))
def test_the_threads_own_level_decides_and_else_the_highest(own, others):
    found = rules.level(own, others)
    if own is not None:
        assert found is own
    else:
        assert all(rules.RANKS[found] >= rules.RANKS[one] for one in others)
        assert found in [*others, NONE]


@pytest.mark.parametrize(
    ("level", "notify", "at_once"),
    [
        (NONE, Notify.IMMEDIATE, False), (DIGEST, Notify.IMMEDIATE, True), (ALL, Notify.DAILY, True),
        (DIGEST, Notify.DAILY, False), (ALL, Notify.WEEKLY, True), (ALL, Notify.NONE, False),
    ],
)  # fmt: skip
def test_a_post_is_told_at_once_to_who_asked_for_that(level, notify, at_once):
    assert rules.is_told_at_once(level, notify) is at_once


# --- levels ----------------------------------------------------------------------------------------------------------


def test_themes_of_interest_and_own_threads_are_followed_by_themselves_until_something_else_is_chosen(inside, cast):
    theme = builders.theme()
    posted = thread(cast.amina, theme_ids=[theme.id])
    with transaction():
        db.session.execute(theme_interest.insert().values(member_id=cast.bryn.id, theme_id=theme.id))
    assert queries.level_of(cast.amina, THREAD, posted.id) is DIGEST
    assert queries.level_of(cast.bryn, THREAD, posted.id) is DIGEST
    assert queries.level_of(cast.bryn, THEME, theme.id) is DIGEST
    assert queries.level_of(cast.olu, THREAD, posted.id) is NONE
    follow(cast.bryn, THEME, theme.id, NONE)
    assert queries.level_of(cast.bryn, THREAD, posted.id) is NONE, "a theme of interest may be set aside"
    reply(cast.bryn, posted)
    assert queries.level_of(cast.bryn, THREAD, posted.id) is DIGEST, "who replied follows"
    follow(cast.bryn, THREAD, posted.id, NONE)
    assert queries.level_of(cast.bryn, THREAD, posted.id) is NONE
    with transaction():
        following.leave_to_usual(cast.bryn, THREAD, posted.id)
    assert queries.level_of(cast.bryn, THREAD, posted.id) is DIGEST
    rows = {(row.kind, row.title): (row.level, row.is_chosen) for row in queries.followed(cast.bryn)}
    assert rows == {(THEME, theme.title): (NONE, True), (THREAD, posted.title): (DIGEST, False)}


def test_what_is_not_there_cannot_be_followed_and_is_not_told_apart_from_what_may_not_be_read(inside, cast):
    for kind in FollowKind:
        with pytest.raises(NotFound), transaction():
            following.follow(cast.amina, kind, 99_999, ALL)
    posted = thread(cast.sita)
    with transaction():
        db.session.get(Feedback, posted.id).group_id = _group(cast.bryn)
    with pytest.raises(NotFound), transaction():
        following.follow(cast.amina, THREAD, posted.id, ALL)
    follow(cast.bryn, THREAD, posted.id)


def _group(*members):
    group = Group(slug="nights", title="Nights", members=list(members))
    db.session.add(group)
    db.session.flush()
    return group.id


# --- letters at once -------------------------------------------------------------------------------------------------


def test_each_new_post_is_a_letter_to_each_close_follower_but_not_to_its_author(inside, cast):
    theme = builders.theme()
    follow(cast.bryn, THEME, theme.id)
    follow(cast.amina, THEME, theme.id)
    follow(cast.olu, THEME, theme.id, DIGEST)
    posted = thread(cast.amina, "Doors are closed", happening="They **are** closed.", theme_ids=[theme.id])
    assert tell() == ["bryn"]
    assert tell() == ["bryn"], "once"
    [letter] = written()
    assert letter.key == f"thread:{posted.id}:{cast.bryn.id}"
    assert letter.subject == f"FB-{posted.id}: Doors are closed"
    for said in (letter.text, letter.html):
        assert "Essex Police area" in said
        assert "closed." in said
        assert f"https://forum.example/feedback/{posted.id}#post-0" in said
        assert letter.unsubscribe_path in said
    said = reply(cast.bryn, posted, "Ours too.")
    assert tell() == ["amina", "bryn"]
    answer = written()[-1]
    assert answer.key == f"post:{said.id}:{cast.amina.id}"
    raw = letters.build(answer).decode()
    assert f"In-Reply-To: {letter.thread_ref}\r\n" in raw
    assert f"References: {letter.thread_ref}\r\n" in raw
    assert "List-Id: <feedback.egve-forum.example>" in raw
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert "\nReply-To:" not in raw


def test_who_is_notified_at_once_gets_a_letter_for_all_they_follow(inside, cast):
    with transaction():
        db.session.get(Member, cast.amina.id).notify = Notify.IMMEDIATE
    posted = thread(cast.amina)
    reply(cast.bryn, posted)
    assert tell() == ["amina"]


def test_an_organisations_unattributed_posts_do_not_reach_its_followers(inside, cast):
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    thread(cast.amina, attribution=Attribution.UNATTRIBUTED)
    assert tell() == []
    posted = thread(cast.amina, attribution=Attribution.NAMED)
    reply(cast.amina, posted, attribution=Attribution.UNATTRIBUTED)
    assert tell() == ["bryn"]


@pytest.mark.parametrize("attribution", Attribution)
def test_letters_say_who_wrote_as_everybody_reads_it_and_name_no_recipient(inside, cast, attribution):
    theme = builders.theme()
    follow(cast.bryn, THEME, theme.id)
    thread(cast.amina, theme_ids=[theme.id], attribution=attribution)
    tell()
    [letter] = written()
    assert ("Amina" in letter.text + letter.html) is (attribution is Attribution.NAMED)
    assert ("Essex" in letter.text + letter.html) is (attribution is not Attribution.UNATTRIBUTED)
    assert letter.is_recipient_withheld
    assert letter.member_id is None
    assert letter.to_name == ""


def test_sensitive_words_stay_in_the_forum(inside, cast):
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    thread(cast.amina, "Quiet title", happening="Quiet words.", marking=Marking.SENSITIVE)
    tell()
    [letter] = written()
    assert "Quiet" not in letter.subject + letter.text + letter.html
    assert "OFFICIAL-SENSITIVE" in letter.text


def test_what_waits_for_a_look_is_told_when_it_is_posted_and_not_before(inside, cast):
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    posted = thread(cast.amina)
    with transaction():
        db.session.get(Feedback, posted.id).held_at = clock.now()
    assert tell() == []
    with transaction():
        db.session.get(Feedback, posted.id).held_at = None
    assert tell() == ["bryn"]


def test_only_who_may_read_it_is_told_and_is_asked_again_when_it_leaves(inside, cast):
    theme = builders.theme()
    for person in (cast.bryn, cast.olu, cast.sita):
        follow(person, THEME, theme.id)
    posted = thread(cast.amina, theme_ids=[theme.id])
    with transaction():
        db.session.get(Feedback, posted.id).group_id = _group(db.session.get(Member, cast.bryn.id))
    assert tell() == ["bryn", "sita"]
    with transaction():
        db.session.execute(sa.text("DELETE FROM group_member"))
    db.session.expire_all()
    assert letters.deliver_due() == {State.SKIPPED: 1, State.SENT: 1}


@pytest.mark.parametrize("change", ["withdrawn", "left", "off"])
def test_a_letter_whose_time_is_over_does_not_leave(inside, cast, change):
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    posted = thread(cast.amina)
    said = reply(cast.amina, posted)
    assert tell() == ["bryn", "bryn"]
    with transaction():
        if change == "withdrawn":
            commands.withdraw(cast.amina, db.session.get(Reply, said.id), "Wrong thread")
        elif change == "left":
            db.session.get(Member, cast.bryn.id).standing = Standing.LEFT
        else:
            lists.notify_about_feedback(db.session.get(Member, cast.bryn.id), Notify.NONE)
    still = {State.SENT: 1, State.SKIPPED: 1} if change == "withdrawn" else {State.SKIPPED: 2}
    assert letters.deliver_due() == still


def test_many_followers_are_told_in_parts_of_few_statements(inside, cast, statements, monkeypatch):
    monkeypatch.setattr(mailing, "PART", 2)
    theme = builders.theme()
    people = [builders.member() for _ in range(5)]
    for person in people:
        follow(person, THEME, theme.id)
    thread(cast.amina, theme_ids=[theme.id])
    with statements() as seen, transaction():
        assert mailing.tell_followers()
    assert len(seen) <= 6, seen
    assert len(written()) == 2
    tell()
    assert sorted(letter.to_address for letter in written()) == sorted(person.email for person in people)


def test_nobody_gets_more_than_so_many_letters_an_hour_and_none_is_lost(inside, cast, monkeypatch):
    monkeypatch.setattr(mailing, "MOST_AN_HOUR", 2)
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    for number in range(5):
        thread(cast.amina, f"Thread {number}")
    assert tell() == ["bryn"] * 5
    now = clock.now()
    assert letters.deliver_due() == {State.SENT: 2}
    assert letters.due_since() is None, "what waits its turn is no sign of a worker that does not run"
    for hour, sent in ((1, 2), (2, 1)):
        with time_machine.travel(now + timedelta(hours=hour, minutes=1), tick=False):
            assert letters.deliver_due() == {State.SENT: sent}
    assert [letter.subject.partition(": ")[2] for letter in written()] == [f"Thread {number}" for number in range(5)]


def test_what_was_said_long_ago_is_told_to_nobody(inside, cast):
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    thread(cast.sita, author=cast.amina, posted_at=builders.moment(2016, 11, 15))
    assert tell() == []
    thread(cast.sita, author=cast.amina)
    assert tell() == ["bryn"]


def test_an_address_that_letters_come_back_from_gets_none(inside, cast):
    follow(cast.bryn, HOME, cast.amina.organisation_id)
    with transaction():
        db.session.add(SuppressedAddress(address=cast.bryn.email, reason="Gone", since=clock.now()))
    thread(cast.amina)
    assert tell() == []


def again(author, posted, **changes):
    """Edit their thread."""
    post = db.session.get_one(Feedback, posted.id, populate_existing=True)
    db.session.refresh(post, ["themes"])
    same = {name: getattr(post, name) for name in ("kind", "title", "happening", "attribution", "version")}
    with transaction():
        commands.edit(author, post, **(same | changes))


def test_a_letter_says_what_stands_when_it_leaves(cast, inside, leaving):
    """Whoever takes their name off a post, or a slip out of it, is not named by a letter that was waiting."""
    theme = builders.theme()
    follow(cast.bryn, THEME, theme.id)
    posted = thread(cast.amina, "Doors", happening="Ring Kieran.", theme_ids=[theme.id], attribution=Attribution.NAMED)
    said = reply(cast.amina, posted, "My own words.", attribution=Attribution.NAMED)
    other = thread(cast.amina, "Quiet", happening="Secret.", theme_ids=[theme.id])
    assert tell() == ["bryn"] * 3
    again(cast.amina, posted, happening="Ring him.", attribution=Attribution.UNATTRIBUTED, theme_ids=[theme.id])
    with transaction():
        words = db.session.get_one(Reply, said.id)
        commands.edit_reply(cast.amina, words, words.body, Attribution.UNATTRIBUTED, version=words.version)
        db.session.get_one(Feedback, other.id).marking = Marking.SENSITIVE
    first, third, second = leaving()
    assert [cast.amina.name in one for one in (first, second)] == [False, False]
    assert "A Forum member" in first
    assert "A Forum member" in second
    assert "Ring him." in first
    assert "Kieran" not in first
    assert "Secret" not in third
    assert "Quiet" not in third


def test_whom_a_mention_calls_is_not_told_a_name_that_was_taken_off(cast, inside, leaving):
    posted = thread(cast.amina, happening=f"@{cast.bryn.name} knows.", attribution=Attribution.NAMED)
    assert tell() == ["bryn"]
    again(cast.amina, posted, attribution=Attribution.UNATTRIBUTED)
    (letter,) = leaving()
    assert cast.amina.name not in letter
    assert "A Forum member mentioned you" in letter
