"""Answering by the link in the letter: without signing in, for one meeting, until it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import links
from forum.base.db import db, transaction
from forum.meetings import queries
from forum.meetings.commands import inviting, scheduling
from forum.meetings.models import InvitationReply
from forum.members.models import Member, SignIn, Standing
from tests.meetings.builders import AFTER, BEFORE, invite, meeting


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app, cast) -> int:
    with app.app_context():
        built = meeting(cast.sita)
        invite(cast.sita, built)
        return built.id


@pytest.fixture
def path(app, cast, made) -> str:
    """Amina's link."""
    with app.app_context():
        return "/reply/" + queries.reply_token(made, cast.amina.id, 1)


def answers(app) -> list[tuple[str, str]]:
    with app.app_context():
        found = db.session.scalars(sa.select(InvitationReply).order_by(InvitationReply.id))
        return [(reply.answer.value, reply.source.value) for reply in found]


def test_a_note_outlives_a_change_of_the_answer(visit, cast, made, path):
    stranger = visit(None)
    stranger.post(path, data={"answer": "yes-in-person", "note": "I arrive at noon"})
    page = stranger.post(path, data={"answer": "maybe"}, follow_redirects=True).text
    assert "The secretariat keeps any note you sent before" in page
    assert "arrive at noon" not in page  # whoever was forwarded the letter has the link as well
    assert "arrive at noon" in visit(cast.sita).get(f"/meetings/{made}/invitations").text


def test_looking_records_nothing_and_answering_does(app, visit, path):
    stranger = visit(None)
    page = stranger.get(path)
    assert "Invitation for Amina Rowan" in page.text
    assert "Yes, in person" in page.text
    assert "Yes, online" in page.text
    assert stranger.head(path).status_code == 200
    assert answers(app) == []
    page = stranger.post(path, data={"answer": "yes-online", "note": "I arrive at noon"}, follow_redirects=True)
    assert "Your answer is saved: Yes, online" in page.text
    stranger.post(path, data={"answer": "no"})
    assert answers(app) == [("yes", "link"), ("no", "link")]
    assert "You said: <strong>No</strong>" in visit(None).get(path).text


def test_the_link_signs_nobody_in(app, visit, path, made):
    stranger = visit(None)
    stranger.post(path, data={"answer": "maybe"})
    assert stranger.get(f"/meetings/{made}").headers["Location"].startswith("/sign-in")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0


def test_the_address_is_kept_to_itself(visit, path):
    for page in (visit(None).get(path), visit(None).post(path, data={"answer": "no"}), visit(None).get("/reply/no")):
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
    assert "no-store" in visit(None).get(path).headers["Cache-Control"]


def test_it_shows_no_more_than_the_invitation(visit, path):
    page = visit(None).get(path).text
    assert "meet.example" not in page  # the link to join is in the letter and behind the door
    assert "Bryn" not in page


def test_without_a_token_against_forged_forms_it_works_and_other_pages_do_not(app, visit, path, made, cast):
    signed_in = visit(cast.amina)
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert app.test_client().post(path, data={"answer": "no"}).status_code == 302
        assert signed_in.post(f"/meetings/{made}/reply", data={"answer": "no"}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert len(answers(app)) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path[:-1] + ("A" if path[-1] != "A" else "B"),
        lambda path: "/reply/nothing",
        lambda path: "/reply/" + "W10." * 2000,
        lambda path: "/reply/ŵ%F0%9F%8E%89",
        lambda path: path + ".x",
        lambda path: "/reply/" + path.removeprefix("/reply/").swapcase(),
    ],
)
def test_a_link_that_is_not_ours_says_how_to_reach_the_secretariat(app, visit, path, spoil):
    for method in ("get", "post"):
        page = getattr(visit(None), method)(spoil(path), **({"data": {"answer": "no"}} if method == "post" else {}))
        assert page.status_code == 404
        assert "forum@egve-forum.example" in page.text
    assert answers(app) == []


def test_a_token_for_another_purpose_or_of_another_shape_opens_nothing(app, visit, made, cast):
    with app.app_context():
        tokens = [
            links.sign("something else", made, cast.amina.id, 1),
            links.sign(queries.REPLY, made, cast.amina.id),
            links.sign(queries.REPLY, made, cast.amina.id, 2),
            links.sign(queries.REPLY, made, 999_999, 1),
        ]
    assert {visit(None).get(f"/reply/{token}").status_code for token in tokens} == {404}


def test_the_link_ends_when_the_invitation_does_and_when_the_member_leaves(app, visit, path, made, cast):
    with app.app_context(), transaction():
        db.session.get_one(Member, cast.amina.id).standing = Standing.LEFT
    assert visit(None).get(path).status_code == 404
    with app.app_context(), transaction():
        db.session.get_one(Member, cast.amina.id).standing = Standing.ACTIVE
    with app.app_context(), transaction():
        found = queries.get(cast.sita, made)
        inviting.withdraw(cast.sita, found, queries.invitation(found, cast.amina.id), "By mistake")
    assert visit(None).get(path).status_code == 404
    assert visit(None).post(path, data={"answer": "no"}).status_code == 404


def test_after_the_meeting_it_shows_for_a_day_and_takes_no_answer(app, visit, path, before):
    before.move_to(AFTER)
    page = visit(None).get(path).text
    assert "This meeting is over" in page
    assert "Will you come?" not in page
    page = visit(None).post(path, data={"answer": "no"})
    assert "This meeting is over" in page.text
    before.move_to(AFTER + timedelta(days=1))
    assert visit(None).get(path).status_code == 404
    assert answers(app) == []


def test_a_cancelled_meeting_says_so(app, visit, path, made, cast):
    with app.app_context(), transaction():
        scheduling.cancel(cast.sita, queries.get(cast.sita, made), "The hall is flooded")
    page = visit(None).get(path).text
    assert "The hall is flooded" in page
    assert "<button class" not in page.partition("<main")[2]
    assert "was cancelled" in visit(None).post(path, data={"answer": "no"}).text
    assert answers(app) == []


@pytest.mark.parametrize("sent", [{}, {"answer": "perhaps"}, {"answer": "no", "note": "x" * 1001}, {"answer": "\x00"}])
def test_a_wrong_answer_is_refused_and_the_note_kept(app, visit, path, sent):
    page = visit(None).post(path, data={"note": "Step-free"} | sent)
    assert page.status_code == 200
    assert "There is a problem" in page.text
    assert "Step-free" in page.text or "note" in sent
    assert answers(app) == []
