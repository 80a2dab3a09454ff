"""Posts that are reported, held, hidden, redacted; who is shown an author; threads kept to a group."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from forum.base import clock, history
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.letters import Kind, Letter, write
from forum.challenges import commands as challenges
from forum.challenges import queries as challenge_queries
from forum.feedback import commands, queries
from forum.feedback.commands import asking, checking, restricting, revealing, settling
from forum.feedback.commands.settling import Cut
from forum.feedback.models import (
    Attribution,
    Draft,
    Edition,
    FeedbackAnswer,
    Flag,
    FlagKind,
    Outcome,
    Redaction,
    Reply,
    Reveal,
)
from forum.feedback.queries import checking as checks
from forum.feedback.rules import checking as rules
from forum.feedback.rules.asking import Asked
from forum.members.models import Group, Standing, group_member
from forum.search import queries as search
from forum.search.models import SearchEntry
from forum.summaries import commands as summaries
from forum.summaries.rules import Scope
from tests import builders
from tests.feedback.builders import reply, thread

WORDS = "Kayden lives at 14 Larch Road."


def letters_to(person: Any) -> list[Letter]:
    return list(db.session.scalars(sa.select(Letter).where(Letter.member_id == person.id).order_by(Letter.id)))


def settle(verb: Any, *given: Any) -> Any:
    with transaction():
        return verb(*given)


def checked_theme() -> int:
    with transaction():
        theme = builders.theme()
        theme.is_checked_first = True
    return theme.id


# --- reporting -------------------------------------------------------------------------------------------------------


def test_a_post_is_reported_once_by_a_person_until_it_is_settled(inside, cast):
    post = thread(cast.amina)
    first = settle(checking.flag, cast.bryn, post, "abusive")
    again = settle(checking.flag, cast.bryn, post, "other", "It names her son")
    other = settle(checking.flag, cast.olu, post, "off-topic")
    assert first.id == again.id != other.id
    assert again.words == "Something else. It names her son"
    settle(settling.keep, cast.sita, post)
    assert settle(checking.flag, cast.bryn, post, "abusive").id not in {first.id, other.id}


def test_what_nobody_can_report(inside, cast):
    own, gone = thread(cast.bryn), thread(cast.amina)
    with pytest.raises(NotAllowed):
        checking.flag(cast.bryn, own, "abusive")
    settle(commands.withdraw, cast.amina, gone, "A mistake")
    with pytest.raises(Rejected, match="not here any more"):
        checking.flag(cast.bryn, gone, "abusive")
    with pytest.raises(Rejected, match="Enter what is wrong"):
        checking.flag(cast.amina, own, "other")


def test_who_reported_learns_what_became_of_it_and_nobody_learns_who(inside, cast):
    post = thread(cast.amina)
    settle(checking.flag, cast.bryn, post, "abusive")
    settle(settling.hide, cast.sita, post, "abusive")
    (letter,) = letters_to(cast.bryn)
    assert "We hid the post" in letter.text
    assert rules.REASONS["abusive"].rule in letter.text
    assert letter.is_recipient_withheld
    assert all(line.actor_id != cast.bryn.id for line in history.lines("feedback", post.id).items)


def test_who_raised_a_flag_on_personal_data_is_not_kept(inside, cast):
    """It would be the author."""
    post = thread(cast.amina, attribution=Attribution.UNATTRIBUTED)
    with transaction():
        raised = checking.raise_flag(post.id, None, FlagKind.PERSONAL_DATA, "phone number", cast.amina)
    assert raised.raised_by_id is None


def test_the_queue_is_oldest_first_and_tells_why(inside, cast, statements):
    posts = [thread(cast.amina, f"Post {n}") for n in range(3)]
    answer = reply(cast.bryn, posts[0], WORDS)
    for post in (posts[2], answer, posts[0]):
        settle(checking.flag, cast.olu, post, "abusive", "Look")
    settle(checking.flag, cast.sita, posts[2], "off-topic")
    with statements() as seen:
        rows = checks.waiting().items
    assert [(row.feedback_id, row.reply_id) for row in rows] == [
        (posts[2].id, None), (posts[0].id, answer.id), (posts[0].id, None)
    ]  # fmt: skip
    assert [len(row.reasons) for row in rows] == [2, 1, 1]
    assert rows[1].words == WORDS
    assert rows[1].path == f"/feedback/{posts[0].id}/replies/{answer.id}/check"
    assert len(seen) == 2
    assert checks.waiting_count() == 3


# --- hiding ----------------------------------------------------------------------------------------------------------


def test_a_hidden_post_is_nowhere_and_comes_back(inside, cast):
    post = thread(cast.amina, "Larches", happening=WORDS, affected="All")
    settle(settling.hide, cast.sita, post, "identifies", "Leave the name out")
    assert (post.title, post.happening, post.html, post.affected) == ("Hidden feedback", "", "", "")
    assert post.withdrawn_because == f"Hidden by the secretariat: {rules.REASONS['identifies'].rule}"
    assert queries.threads(cast.bryn, queries.Filter()).items == []
    assert search.search(cast.sita, "Kayden").total == 0
    assert queries.unread_count(cast.bryn) == 0
    (letter,) = letters_to(cast.amina)
    for words in (WORDS, rules.REASONS["identifies"].rule, "Leave the name out", "post it again"):
        assert words in letter.text
    settle(settling.show_again, cast.sita, post)
    assert (post.title, post.happening, post.affected, post.withdrawn_at) == ("Larches", WORDS, "All", None)
    assert WORDS in post.html
    assert search.search(cast.bryn, "Kayden").total == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Edition)) == 0
    assert queries.changes(post.id).items == []


def test_hiding_a_reply_keeps_the_counts_exact(inside, cast):
    post = thread(cast.amina)
    first, second = reply(cast.bryn, post), reply(cast.olu, post, WORDS)
    settle(settling.hide, cast.sita, second, "identifies")
    db.session.refresh(post)
    assert (post.reply_count, post.active_at) == (1, first.posted_at)
    rows = queries.replies(cast.amina, post.id).items
    assert [row.html == "" for row in rows] == [False, True]
    settle(settling.show_again, cast.sita, second)
    db.session.refresh(post)
    assert (post.reply_count, post.active_at) == (2, second.posted_at)


def test_letters_that_have_not_left_forget_a_hidden_post(inside, cast):
    post = thread(cast.amina, happening=f"First.\n\n{WORDS}")
    with transaction():
        letter = letter_about(post.id, cast.bryn, WORDS)
    settle(settling.hide, cast.sita, post, "identifies")
    db.session.refresh(letter)
    assert "Kayden" not in letter.text + letter.html


def letter_about(number: int, to: Any, words: str) -> Letter:
    return write(
        key=f"digest:{number}", kind=Kind.NOTICE, to_name=to.name, to_address=to.email, subject="New posts",
        text=f"{words}\n\nhttps://forum.example/feedback/{number}", html=f"<p>{words}</p>",
    )  # fmt: skip


def test_to_hide_many_paragraphs_takes_no_more_statements_than_to_hide_one(inside, cast, statements):
    """Each paragraph leaves the letters that have not left, all in one go."""
    counts = []
    for lines in (1, 40):
        body = "\n\n".join(f"Paragraph {number} of it" for number in range(lines))
        post = thread(cast.amina, happening=body)
        with transaction():
            letter = letter_about(post.id, cast.bryn, body)
        with statements() as seen:
            settle(settling.hide, cast.sita, post, "abusive")
        assert "Paragraph" not in letter.text + letter.html
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_an_edit_that_comes_while_words_are_taken_out_is_neither_lost_nor_left_out(app, cast):
    with app.app_context():
        post = thread(cast.amina)
        said, told = reply(cast.bryn, post, "Which road?"), reply(cast.amina, post, WORDS)

    def redact() -> None:
        with app.app_context(), transaction():
            found = queries.get_reply(cast.sita, post.id, told.id)
            settling.redact(cast.sita, found, [Cut("address", "14 Larch Road")], "identifies")

    other = threading.Thread(target=redact)
    with app.app_context(), transaction():
        own = queries.get_reply(cast.bryn, post.id, said.id)
        commands.edit_reply(cast.bryn, own, "At 14 Larch Road, she says", Attribution.NAMED, version=1)
        db.session.flush()
        other.start()
        other.join(0.3)
        assert other.is_alive(), "the redaction must wait"
    other.join(10)
    with app.app_context():
        bodies = db.session.scalars(sa.select(Reply.body).order_by(Reply.id)).all()
        assert bodies == ["At [removed], she says", "Kayden lives at [removed]."]


def test_only_whoever_runs_the_forum_settles(inside, cast):
    post = thread(cast.amina)
    for verb, given in ((settling.keep, ()), (settling.hide, ("abusive",)), (settling.redact, ([], "abusive")),
                        (settling.release, ()), (settling.show_again, ())):  # fmt: skip
        for person in (cast.amina, cast.bryn, cast.olu):
            with pytest.raises(NotAllowed):
                verb(person, post, *given)
    with pytest.raises(Rejected, match="Select a reason"):
        settling.hide(cast.sita, post, "because")


# --- redacting -------------------------------------------------------------------------------------------------------


def test_words_taken_out_are_gone_from_everywhere(inside, cast):
    post = thread(cast.amina, "About Kayden Ashby", happening="Kayden Ashby, 15, lives here. kayden  ashby?")
    with transaction():
        commands.edit(cast.amina, post, kind=post.kind, title=post.title, happening="Kayden Ashby, 15, lives here.",
                      attribution=post.attribution, version=post.version)  # fmt: skip
    answer = reply(
        cast.bryn, post, "> Kayden Ashby, 15, lives here.\n\nWe know Kayden\n> Ashby too. Kayden Ashbys not."
    )
    draft = Draft(member_id=cast.olu.id, about=f"reply:{post.id}", fields={"body": "So Kayden Ashby"}, saved_at=clock.now())  # fmt: skip
    with transaction():
        db.session.add(draft)
        letter = letter_about(post.id, cast.olu, "Kayden Ashby, 15")
    places = settle(settling.redact, cast.sita, post, [Cut("name", "Kayden Ashby")], "identifies")
    for thing in (post, answer, draft, letter):
        db.session.refresh(thing)
    assert post.title == "About [removed]"
    assert post.happening == "[removed], 15, lives here."
    assert "[removed]" in post.html
    assert answer.body.count("[removed]") == 2
    assert "Kayden Ashbys" in answer.body
    assert places == 4
    assert draft.fields == {"body": "So [removed]"}
    assert draft.version == 2
    assert "Kayden" not in letter.text + letter.html
    editions = db.session.scalars(sa.select(Edition.words)).all()
    assert editions
    assert all("Kayden Ashby" not in str(words) for words in editions)
    entries = db.session.scalars(sa.select(SearchEntry.title + SearchEntry.text)).all()
    assert all("Ashby," not in words for words in entries)
    logged = db.session.scalars(sa.select(Redaction).order_by(Redaction.id)).all()
    assert [(one.reply_id, one.kind, one.characters) for one in logged] == [(None, "name", 24), (answer.id, "name", 24)]
    assert all("Kayden" not in one.reason for one in logged)
    assert all("Kayden" not in str(line.details) + line.reason for line in history.lines().items)
    (told,) = letters_to(cast.amina)
    assert "[removed], 15, lives here." in told.text
    assert "Kayden" not in told.text


def test_words_that_are_not_there_cannot_be_taken_out(inside, cast):
    post = thread(cast.amina, happening="Carpark")
    for cuts, says in (([Cut("name", "Kayden")], "not in this post"), ([], "Select or enter"),
                       ([Cut("name", "Car")], "not in this post")):  # fmt: skip
        with pytest.raises(Rejected, match=says):
            settling.redact(cast.sita, post, cuts, "identifies")
    assert post.happening == "Carpark"


# --- checked first ---------------------------------------------------------------------------------------------------


def test_a_post_that_is_checked_first_is_for_its_author_and_the_secretariat(inside, cast):
    theme = checked_theme()
    post = thread(cast.amina, "Larches", happening=WORDS, theme_ids=[theme])
    assert post.held_at is not None
    for person in (cast.bryn, cast.olu):
        for look in (queries.get, queries.thread):
            with pytest.raises(NotFound):
                look(person, post.id)
        with pytest.raises(NotFound):
            commands.reply(person, post.id, "And so?", attribution=Attribution.NAMED)
    for person in (cast.amina, cast.sita, cast.ada):
        assert queries.thread(person, post.id).held_at
        assert queries.threads(person, queries.Filter()).items == []
        assert queries.newest(person) == []
        assert queries.new_for(person) == []
        assert queries.unread_count(person) == 0
        assert search.search(person, "Larches").total == 0
    assert [row.id for row in queries.threads(cast.amina, queries.Filter(only_mine=True)).items] == [post.id]
    assert checks.waiting().items[0].is_held
    settle(settling.release, cast.sita, post)
    assert queries.threads(cast.bryn, queries.Filter()).items[0].is_unread
    assert search.search(cast.bryn, "Larches").total == 1
    assert checks.waiting_count() == 0
    assert post.active_at == post.posted_at
    assert "sees it now" in letters_to(cast.amina)[0].text


def test_a_reply_that_is_checked_first_counts_when_it_is_shown(inside, cast):
    theme = checked_theme()
    post = thread(cast.sita, theme_ids=[theme])
    assert post.held_at is None, "whoever runs the Forum is not checked"
    before = post.active_at
    answer = reply(cast.bryn, post, WORDS)
    db.session.refresh(post)
    assert (post.reply_count, post.active_at) == (0, before)
    assert answer.held_at
    shown = {person.name: len(queries.replies(person, post.id).items) for person in (cast.amina, cast.bryn, cast.sita)}
    assert list(shown.values()) == [0, 1, 1]
    with pytest.raises(NotFound):
        queries.get_reply(cast.amina, post.id, answer.id)
    assert queries.words_to_quote(cast.amina, post.id, answer.id) == ""
    assert queries.thread(cast.amina, post.id).first_reply is None
    settle(settling.release, cast.sita, answer)
    db.session.refresh(post)
    assert (post.reply_count, post.active_at) == (1, answer.posted_at)
    assert len(queries.replies(cast.amina, post.id).items) == 1


def test_a_held_post_can_be_hidden_without_ever_being_shown(inside, cast):
    post = thread(cast.sita, theme_ids=[checked_theme()])
    answer = reply(cast.bryn, post, WORDS)
    settle(settling.hide, cast.sita, answer, "identifies")
    db.session.refresh(post)
    assert post.reply_count == 0
    assert queries.replies(cast.amina, post.id).items == []
    settle(settling.keep, cast.sita, answer)
    assert checks.waiting_count() == 0


def test_the_first_posts_of_a_new_member_wait(app, inside, cast, monkeypatch):
    monkeypatch.setitem(app.config, "CHECK_FIRST_POSTS", 2)
    post = thread(cast.sita)
    answers = [reply(cast.bryn, post, f"No. {n}") for n in range(2)]
    assert all(one.held_at for one in answers)
    for one in answers:
        settle(settling.release, cast.sita, one)
    assert reply(cast.bryn, post, "Third").held_at is None
    assert reply(cast.olu, post, "For the department").held_at is None


def test_to_wait_or_not_says_nothing_about_who_wrote_what_carries_no_name(app, inside, cast, monkeypatch):
    theme, silent = checked_theme(), {"attribution": Attribution.UNATTRIBUTED}
    for person in (cast.bryn, cast.olu, cast.sita):
        assert thread(person, theme_ids=[theme], **silent).held_at
        assert thread(person, **silent).held_at is None
    monkeypatch.setitem(app.config, "CHECK_FIRST_POSTS", 1)
    post = thread(cast.sita)
    for person in (cast.bryn, cast.amina, cast.olu, cast.sita):
        assert thread(person, **silent).held_at
        assert reply(person, post, **silent).held_at


# --- groups ----------------------------------------------------------------------------------------------------------


def group_of(*people: Any) -> Group:
    with transaction():
        made = Group(slug=f"group-{people[0].id}", title="Night work")
        db.session.add(made)
        db.session.flush()
        for person in people:
            db.session.execute(group_member.insert().values(group_id=made.id, member_id=person.id))
    return made


def test_a_thread_kept_to_a_group_is_for_its_members(inside, cast):
    group, post = group_of(cast.amina), thread(cast.amina, "Larches", happening=WORDS)
    reply(cast.sita, post, "Kestrels")
    settle(restricting.restrict, cast.amina, post, group.id)
    for person, reads in (
        (cast.amina, True),
        (cast.sita, True),
        (cast.ada, True),
        (cast.bryn, False),
        (cast.olu, False),
    ):
        assert [row.id for row in queries.threads(person, queries.Filter()).items] == [post.id] * reads
        assert search.search(person, "Larches").total == reads
        assert search.search(person, "Kestrels").total == reads
        assert len(queries.newest(person)) == reads
        assert (queries.words_to_quote(person, post.id, None) != "") == reads
        if not reads:
            with pytest.raises(NotFound):
                queries.thread(person, post.id)
            with pytest.raises(NotFound):
                commands.reply(person, post.id, "Me too", attribution=Attribution.NAMED)
            assert queries.unread_count(person) == 0


def test_who_may_keep_a_thread_to_which_group(inside, cast):
    own, other, post = group_of(cast.amina), group_of(cast.bryn), thread(cast.amina)
    with pytest.raises(NotAllowed):
        restricting.restrict(cast.bryn, post, other.id)
    with pytest.raises(Rejected, match="Select a group"):
        restricting.restrict(cast.amina, post, other.id)
    settle(restricting.restrict, cast.amina, post, own.id)
    with pytest.raises(NotAllowed):
        restricting.restrict(cast.amina, post, None)
    settle(restricting.restrict, cast.sita, post, None)
    assert post.group_id is None


def test_nobody_hides_among_four(inside, cast):
    """Who keeps a thread to their own group says that they are in it."""
    group = group_of(
        cast.amina, cast.bryn, builders.member(), builders.member(), builders.member(standing=Standing.LEFT)
    )
    post = thread(cast.amina, attribution=Attribution.UNATTRIBUTED)
    with pytest.raises(Rejected, match="fewer than 5 members"):
        restricting.restrict(cast.amina, post, group.id)
    with transaction():
        db.session.execute(group_member.insert().values(group_id=group.id, member_id=builders.member().id))
    settle(restricting.restrict, cast.amina, post, group.id)
    assert post.group_id == group.id


# --- who wrote it ----------------------------------------------------------------------------------------------------


def test_an_author_is_shown_once_with_a_reason_and_told(inside, cast):
    post = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED)
    shown = settle(revealing.reveal, cast.sita, post, "A child may be at risk tonight")
    assert shown.name == cast.bryn.name
    (letter,) = letters_to(cast.bryn)
    assert cast.sita.name in letter.text
    assert "A child may be at risk tonight" in letter.text
    assert letter.is_recipient_withheld
    (row,) = checks.reveals().items
    assert row.by == cast.sita.name
    assert cast.bryn.name not in str(row)
    line = history.lines("feedback", post.id).items[0]
    assert line.verb == "was shown who wrote"
    assert cast.bryn.name not in line.reason + str(line.details)


def test_who_may_not_be_shown_an_author(inside, cast):
    post, named = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED), thread(cast.bryn)
    for person, what in ((cast.olu, post), (cast.amina, post), (cast.sita, named)):
        with pytest.raises(NotAllowed):
            revealing.reveal(person, what, "A child may be at risk tonight")
    with pytest.raises(Rejected, match="at least 10 characters"):
        revealing.reveal(cast.sita, post, "Because")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Reveal)) == 0


# --- the pages -------------------------------------------------------------------------------------------------------


def test_from_reporting_to_redacting_on_the_pages(app, visit, cast):
    with app.app_context():
        post = thread(cast.amina, happening="Ring 07700 900123 about Kayden, 15.")
        answer = reply(cast.amina, post, "Nonsense")
    member, secretary = visit(cast.bryn), visit(cast.sita)
    at = f"/feedback/{post.id}"
    assert "Select what is wrong with it" in member.post(f"{at}/flag", data={}).text
    assert member.post(f"{at}/flag", data={"reason": "identifies"}).status_code == 302
    assert member.post(f"{at}/replies/{answer.id}/flag", data={"reason": "abusive"}).status_code == 302
    assert member.get("/feedback/checks").status_code == member.get(f"{at}/check").status_code == 404
    queue = secretary.get("/feedback/checks").text
    assert "<mark>07700 900123" in queue
    assert "It names or identifies somebody" in queue
    page = secretary.get(f"{at}/check").text
    assert "<mark>07700 900123" in page
    refused = secretary.post(f"{at}/check", data={"do": "redact", "words": "Nobody", "rule": "identifies"})
    assert "is not in this post" in refused.text
    assert ">Nobody</textarea>" in refused.text
    done = secretary.post(f"{at}/check", data={"do": "redact", "finds": "0", "words": "Kayden", "rule": "identifies"})
    assert done.status_code == 302
    read = visit(cast.olu).get(at).text
    assert "Ring [removed] about [removed], 15." in read
    assert (
        secretary.post(f"{at}/replies/{answer.id}/check", data={"do": "hide", "reason": "abusive"}).status_code == 302
    )
    read = visit(cast.olu).get(at).text
    assert "Hidden by the secretariat: Posts are civil" in read
    assert "Nonsense" not in read
    kept = secretary.get(f"{at}/replies/{answer.id}/check").text
    assert "Nonsense" in kept
    assert "Show it again" in kept
    secretary.post(f"{at}/replies/{answer.id}/check", data={"do": "show-again"})
    assert "Nonsense" in visit(cast.olu).get(at).text
    with app.app_context():
        outcomes = db.session.scalars(sa.select(Flag.outcome).order_by(Flag.id)).all()
    assert outcomes == [Outcome.REDACTED, Outcome.HIDDEN]


def test_a_held_post_on_the_pages(app, visit, cast):
    with app.app_context():
        post = thread(cast.amina, theme_ids=[checked_theme()])
    at = f"/feedback/{post.id}"
    author, secretary, other = visit(cast.amina), visit(cast.sita), visit(cast.bryn)
    assert "Waits for the secretariat" in author.get(at).text
    assert other.get(at).status_code == 404
    assert "Show it to everybody" in secretary.get(f"{at}/check").text
    assert secretary.post(f"{at}/check", data={"do": "release"}).status_code == 302
    assert other.get(at).status_code == 200
    assert "Waits for the secretariat" not in author.get(at).text


def test_an_author_is_shown_on_one_page_that_nothing_keeps(app, visit, cast):
    with app.app_context():
        post = thread(cast.bryn, attribution=Attribution.UNATTRIBUTED)
    at, secretary = f"/feedback/{post.id}/author", visit(cast.sita)
    assert visit(cast.olu).get(at).status_code == 404
    asked = secretary.get(at)
    assert "is logged for good" in asked.text
    assert cast.bryn.name not in asked.text
    assert cast.bryn.name not in secretary.post(at, data={"reason": "short"}).text
    page = secretary.post(at, data={"reason": "A child may be at risk tonight"})
    assert cast.bryn.name in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert cast.bryn.name not in secretary.get(at).text
    reveals = secretary.get("/feedback/reveals").text
    assert "A child may be at risk tonight" in reveals
    assert cast.bryn.name not in reveals


def test_a_thread_is_kept_to_a_group_on_its_page(app, visit, cast):
    with app.app_context():
        post, group = thread(cast.amina), group_of(cast.amina)
    author = visit(cast.amina)
    assert author.post(f"/feedback/{post.id}/group", data={"group_id": str(group.id)}).status_code == 302
    assert "Night work" in author.get(f"/feedback/{post.id}").text
    assert author.get(f"/feedback/{post.id}/group").status_code == 404
    assert visit(cast.bryn).get(f"/feedback/{post.id}").status_code == 404


# --- what others make of posts ---------------------------------------------------------------------------------------


def test_a_summary_leaves_out_what_is_kept_to_a_group_and_says_so(inside, cast):
    """Every official reads the summaries of the others, so whoever makes it being in the group makes no difference."""
    group, post = group_of(cast.olu, cast.amina), thread(cast.amina, "Larches", happening=WORDS)
    thread(cast.bryn, "Kestrels")
    held = thread(cast.amina, "Herons", theme_ids=[checked_theme()])
    settle(restricting.restrict, cast.amina, post, group.id)
    for person in (cast.olu, cast.sita):
        with transaction():
            made = summaries.make(person, Scope(takes_sensitive=True))
        said = str(made.content)
        assert "Larches" not in said
        assert held.title not in said
        assert made.content["counts"]["contributions"] == 1
        assert "1 contribution kept to a group of members is left out." in said


def test_challenges_count_and_quote_what_the_reader_may_read(inside, cast):
    group, post = group_of(cast.amina), thread(cast.amina, happening=WORDS)
    with transaction():
        challenge = challenges.open(cast.sita, title="Homes", description="Homes", prevalence=3, impact=3)
        challenges.cite(cast.sita, challenge, post, WORDS)
    settle(restricting.restrict, cast.sita, post, group.id)
    for person, reads in ((cast.amina, 1), (cast.sita, 1), (cast.bryn, 0), (cast.olu, 0)):
        assert len(challenge_queries.quotes_of(person, challenge)) == reads
        (row,) = challenge_queries.log(person, challenge_queries.Filter()).items
        assert row.sources == reads
    (row,) = challenge_queries.export_rows(cast.olu, challenge_queries.Filter())
    assert row.sources == ""
    settle(settling.hide, cast.sita, post, "identifies")
    (quote,) = challenge_queries.quotes_of(cast.amina, challenge)
    assert (quote.words, quote.is_withdrawn, quote.thread) == ("", True, "")


def test_what_waits_for_a_look_cannot_be_quoted(inside, cast):
    post = thread(cast.amina, happening=WORDS, theme_ids=[checked_theme()])
    with transaction():
        challenge = challenges.open(cast.sita, title="Homes", description="Homes", prevalence=3, impact=3)
    with pytest.raises(Rejected, match="waits for the secretariat"):
        challenges.cite(cast.sita, challenge, post, WORDS)


def test_quotes_of_words_that_were_taken_out_are_shown_no_longer(inside, cast):
    post = thread(cast.amina, happening=WORDS)
    with transaction():
        challenge = challenges.open(cast.sita, title="Homes", description="Homes", prevalence=3, impact=3)
        challenges.cite(cast.sita, challenge, post, WORDS)
    settle(settling.redact, cast.sita, post, [Cut("name", "Kayden")], "identifies")
    (quote,) = challenge_queries.quotes_of(cast.olu, challenge)
    assert (quote.words, quote.is_edited_away) == ("", True)


def test_answers_to_a_themes_questions_go_with_the_post(inside, cast):
    with transaction():
        theme = builders.theme()
        asking.ask(cast.sita, theme, "", [Asked("Which ward?")], version=0)
    key = Asked("Which ward?").key
    post = thread(cast.amina, "Larches", theme_ids=[theme.id], answers={key: "Kayden's ward"})
    settle(settling.hide, cast.sita, post, "identifies")
    assert settling.hidden_source(post).count("Kayden's ward") == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(FeedbackAnswer)) == 0
    settle(settling.show_again, cast.sita, post)
    assert "Which ward?</h3>" in post.html
    settle(settling.redact, cast.sita, post, [Cut("name", "Kayden's")], "identifies")
    assert "Kayden" not in post.html + settling.source(post)
    assert "[removed] ward" in post.html
    with transaction():
        for ward in ("Another", "A third"):
            commands.edit(cast.amina, post, kind=post.kind, title=post.title, happening=post.happening, answers={key: ward},
                          attribution=post.attribution, theme_ids=[theme.id], version=post.version)  # fmt: skip
    assert len(queries.changes(post.id).items) == 2
