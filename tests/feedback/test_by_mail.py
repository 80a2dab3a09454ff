"""Replies by email: what is cut away, what is posted, what is kept to be looked at, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from forum.base import clock, inbox, letters
from forum.base.db import db, transaction
from forum.base.inbox import Verdict
from forum.base.letters import Letter
from forum.feedback import commands
from forum.feedback.commands import by_mail, following, mailing
from forum.feedback.models import Attribution, Draft, Feedback, FollowKind, FollowLevel, Reply
from forum.feedback.rules.by_mail import own_words
from forum.members.models import Member, Standing
from tests.feedback.builders import thread

MARKER = letters.MARKER
WORDS = "We see the same in Kent.\n\nIt began in May."
QUOTE = f"> -- {MARKER} --\n> Amina replied in FB-1"

SAMPLES = {
    "Gmail": f"{WORDS}\n\nOn Tue, 15 Nov 2016 at 10:30, EGVE Forum secretariat <forum@egve-forum.example>\nwrote:\n\n{QUOTE}",
    "Gmail in Welsh": f"{WORDS}\n\nAr Maw, 15 Tach 2016 am 10:30 ysgrifennodd EGVE Forum <forum@egve-forum.example>:\n{QUOTE}",
    "Outlook": f"{WORDS}\n\nFrom: EGVE Forum <forum@egve-forum.example>\nSent: 15 November 2016 10:30\nTo: Bryn\nSubject: Re\n\n-- {MARKER} --\nx",
    "Outlook in Welsh": f"{WORDS}\n\nOddi wrth: EGVE Forum\nAnfonwyd: 15 Tachwedd 2016 10:30\nAt: Bryn\n\n-- {MARKER} --\nx",
    "Outlook without the marker": f"{WORDS}\n\n________________________________\nFrom: EGVE Forum\nSent: 15 November 2016\n\nx",
    "an original message": f"{WORDS}\n\n-----Original Message-----\nFrom: EGVE Forum\nx",
    "a signature": f"{WORDS}\n\n-- \nBryn Heron\nYouth worker\n\n{QUOTE}",
    "a telephone": f"{WORDS}\n\nSent from my iPhone\n\n> On 15 Nov 2016, at 10:30, EGVE Forum <forum@egve-forum.example> wrote:\n>\n{QUOTE}",
    "a disclaimer": f"{WORDS}\n\nThis email and any files with it are confidential and intended solely for the addressee.\n{QUOTE}",
    "the marker alone": f"{WORDS}\n\n-- {MARKER.upper()} --\nAmina replied in FB-1",
}


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES.keys())
def test_what_is_quoted_signed_and_disclaimed_is_cut(text):
    assert own_words(text, MARKER) == WORDS


@pytest.mark.parametrize(
    "text", ["", f"-- {MARKER} --\nx", f"{QUOTE}\n\nBelow the line", "> Only\n> quoted", "\n\n-- \nBryn"]
)
def test_there_may_be_nothing_of_ones_own(text):
    assert own_words(text, MARKER) == ""


@pytest.mark.parametrize(
    "text",
    [
        "On Tuesday the school wrote to us with this:\n\n- one\n- two\n\nThank you.",
        "On Monday we met.",
        "From: here to there",
        "Prices:\n- one\n- two",
        "He wrote:\nnothing",
        "A -- B",
    ],
)
def test_words_that_look_like_a_header_stay(text):
    assert own_words(text, MARKER) == text


@given(text=st.text())
def test_whatever_comes_in_is_read(text):
    assert own_words(text, MARKER) in text.replace("\r", "\n") or True


# --- what comes in ---------------------------------------------------------------------------------------------------


@pytest.fixture
def takes(inside, monkeypatch):
    """Replies by email are on, and our mail server has a name."""
    monkeypatch.setitem(inside.config, "MAIL_REPLIES", True)
    monkeypatch.setitem(inside.config, "MAIL_AUTHSERV_ID", "mx.egve-forum.example")


def mail(to, sender="bryn@cast.example", text=WORDS, dmarc="pass", more="", number=1):
    return (
        f"Authentication-Results: mx.egve-forum.example; dmarc={dmarc} header.from={sender.partition('@')[2]}\r\n"
        f"From: <{sender}>\r\nTo: <{to}>\r\nMessage-ID: <{number}@cast.example>\r\nSubject: Re\r\n{more}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def take_in(raw):
    with transaction():
        received = inbox.receive(raw)
    kept = db.session.get(inbox.ReceivedMail, received.number)
    db.session.refresh(kept)
    return received, kept


def trust(person):
    with transaction():
        db.session.get(Member, person.id).posts_by_mail = True


def replies():
    return list(db.session.scalars(sa.select(Reply)))


def told():
    return [
        letter.text for letter in db.session.scalars(sa.select(Letter).where(Letter.key.startswith("reply-by-mail")))
    ]


def test_the_first_reply_is_kept_as_a_draft_and_later_ones_are_posted_when_asked_for(takes, cast):
    posted = thread(cast.amina)
    address = letters.answer_address(posted.id, cast.bryn.id)
    assert len(address.partition("@")[0]) <= 64
    received, kept = take_in(mail(address))
    assert received.verdict is Verdict.RECORDED
    assert (kept.raw, kept.from_address, kept.member_id) == (None, "", None), "the inbox does not say whose it was"
    draft = db.session.scalars(sa.select(Draft)).one()
    assert (draft.member_id, draft.about, draft.fields["body"]) == (cast.bryn.id, f"reply:{posted.id}", [WORDS])
    assert replies() == []
    assert by_mail.CHECK_FIRST in told()[0]
    take_in(mail(address, text="And more.", number=2))
    db.session.expire_all()
    assert db.session.scalars(sa.select(Draft)).one().fields["body"] == [f"{WORDS}\n\nAnd more."]
    trust(cast.bryn)
    assert take_in(mail(address, number=3))[0].verdict is Verdict.RECORDED
    assert take_in(mail(address, number=3))[0].is_new is False
    [said] = replies()
    assert (said.body, said.author_id, said.attribution) == (WORDS, cast.bryn.id, Attribution.ORGANISATION)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sender": "amina@cast.example"}, ""), ({"dmarc": "fail"}, ""), ({"dmarc": "none"}, ""),
        ({"text": "x" * 210_000}, "200 KB"), ({"text": f"-- {MARKER} --"}, "no words"),
        ({"more": "Auto-Submitted: auto-replied\r\n"}, ""),
    ],
)  # fmt: skip
def test_what_is_not_proven_too_large_empty_or_automatic_is_not_posted(takes, cast, wrong, words):
    posted = thread(cast.amina)
    trust(cast.bryn)
    received, _ = take_in(mail(letters.answer_address(posted.id, cast.bryn.id), **wrong))
    assert received.verdict is Verdict.IGNORED
    assert replies() == []
    assert db.session.scalars(sa.select(Draft)).all() == []
    assert [words in one for one in told()] == ([True] if words else [])


def test_an_address_is_good_for_its_thread_its_member_and_ninety_days(takes, cast, monkeypatch):
    posted = thread(cast.amina)
    trust(cast.bryn)
    address = letters.answer_address(posted.id, cast.bryn.id)
    assert letters.who_answers(address.upper()) == (posted.id, cast.bryn.id)
    for forged in (
        address.replace(f"+{posted.id}-", "+9-"),
        address.replace(f"-{cast.bryn.id}-", "-1-", 1),
        "reply+1-1@x",
    ):
        if forged != address:
            assert letters.who_answers(forged) is None
    later = clock.now() + timedelta(days=92)
    monkeypatch.setattr(clock, "now", lambda: later)
    received, _ = take_in(mail(address))
    assert received.verdict is Verdict.QUEUED, "somebody wrote: a person answers"
    assert replies() == []


def test_where_it_is_off_nothing_is_posted_and_no_letter_asks_for_it(inside, cast):
    posted = thread(cast.amina)
    assert take_in(mail(letters.answer_address(posted.id, cast.bryn.id)))[0].verdict is Verdict.QUEUED


def test_what_may_identify_somebody_and_what_was_said_without_a_name_is_looked_at_first(takes, cast):
    posted = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED)
    trust(cast.bryn)
    trust(cast.amina)
    take_in(mail(letters.answer_address(posted.id, cast.bryn.id)))
    take_in(mail(letters.answer_address(posted.id, cast.amina.id), "amina@cast.example", "Ring 07912 345678 about Tom, aged 15", number=2))  # fmt: skip
    assert replies() == []
    assert len(db.session.scalars(sa.select(Draft)).all()) == 2
    assert [by_mail.UNNAMED in told()[0], by_mail.GUARDED in told()[1]] == [True, True]


def test_a_thread_that_was_closed_keeps_the_words_and_one_that_is_gone_says_so(takes, cast):
    posted = thread(cast.amina)
    trust(cast.bryn)
    address = letters.answer_address(posted.id, cast.bryn.id)
    with transaction():
        commands.close(cast.sita, db.session.get(Feedback, posted.id), "Done")
    take_in(mail(address))
    assert "This thread is closed" in told()[0]
    assert db.session.scalars(sa.select(Draft)).one().fields["body"] == [WORDS]
    with transaction():
        db.session.get(Feedback, posted.id).held_at = clock.now()
    take_in(mail(address, number=2))
    assert "may not read this thread" in told()[1]


def test_who_has_left_posts_nothing(takes, cast):
    posted = thread(cast.amina)
    trust(cast.bryn)
    with transaction():
        db.session.get(Member, cast.bryn.id).standing = Standing.LEFT
    take_in(mail(letters.answer_address(posted.id, cast.bryn.id)))
    assert (replies(), told()) == ([], [])


def test_a_letter_says_where_to_write_and_can_be_answered(takes, cast):
    with transaction():
        following.follow(cast.bryn, FollowKind.ORGANISATION, cast.amina.organisation_id, FollowLevel.ALL)
    posted = thread(cast.amina)
    with transaction():
        mailing.tell_followers()
    letter = db.session.scalars(sa.select(Letter).where(Letter.list_name == letters.FEEDBACK)).one()
    assert MARKER in letter.text
    assert MARKER in letter.html
    raw = letters.build(letter).decode()
    address = letters.answer_address(posted.id, cast.bryn.id)
    assert f"\r\nReply-To: <{address}>\r\n" in raw
