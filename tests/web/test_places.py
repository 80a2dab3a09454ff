"""Places and access needs on pages: who sees what, what is refused, and what stays unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.meetings import queries
from forum.meetings.commands import places
from forum.meetings.models import AccessNeed, Invitation, InvitationReply, Mode, Place
from forum.meetings.rules import IN_PERSON
from forum.worker import do_what_is_due
from tests import builders
from tests.meetings.builders import AFTER, BEFORE, crowd, invite, meeting, stored

PLANTED = "Pomegranate lozenges at noon"


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app, cast) -> int:
    """Hosted by Olu; everybody is invited."""
    with app.app_context():
        built = meeting(cast.sita)
        invite(cast.sita, built)
        with transaction():
            queries.get(cast.sita, built.id).host_id = cast.olu.id
        return built.id


def limit(app, cast, number: int, capacity: int) -> None:
    with app.app_context(), transaction():
        places.arrange(
            cast.sita,
            queries.get(cast.sita, number),
            capacity=capacity,
            reserved={},
            confirm_within_hours=48,
            freeze_hours=24,
        )


def link(app, number: int, member) -> str:
    with app.app_context():
        return "/reply/" + queries.reply_token(number, member.id, 1)


def newest_reply(app) -> InvitationReply:
    with app.app_context():
        return db.session.scalars(sa.select(InvitationReply).order_by(InvitationReply.id.desc())).first()


# --- answering ---------------------------------------------------------------------------------------------------------


def test_everything_in_one_step_by_the_link(app, visit, cast, made):
    path = link(app, made, cast.amina)
    sent = {"answer": "yes-in-person", "access": ["hearing-loop", "step-free"], "diet": "halal", "words": PLANTED}
    page = visit(None).post(path, data=sent, follow_redirects=True).text
    assert "Your answer is saved: Yes, in person" in page
    assert f"{path}/calendar.ics" in page
    assert "Delete what you told us" in page
    assert PLANTED not in page  # letters are forwarded, and the link with them
    assert "checked" not in page
    with app.app_context():
        need = db.session.scalars(sa.select(AccessNeed)).one()
        assert (need.needs, need.words) == (["hearing-loop", "step-free", "halal"], PLANTED)
    visit(None).post(path, data={"answer": "maybe"})  # says nothing of needs, and takes nothing back
    with app.app_context():
        assert db.session.scalars(sa.select(AccessNeed)).one().words == PLANTED


@pytest.mark.parametrize("sent", [{"answer": "no"}, {"forget": "needs"}])
def test_needs_are_deleted_with_a_no_and_when_the_person_says_so(app, visit, cast, made, sent):
    path = link(app, made, cast.amina)
    visit(None).post(path, data={"answer": "yes-in-person", "words": PLANTED})
    assert visit(None).post(path, data=sent).status_code == 302
    with app.app_context():
        assert not db.session.scalars(sa.select(AccessNeed)).all()


def test_who_comes_instead_is_kept_for_the_secretariat(app, visit, cast, made):
    path = link(app, made, cast.amina)
    who = {"stand_in_name": "Bryn Heron", "stand_in_email": "bryn@cast.example"}
    page = visit(None).post(path, data={"answer": "yes-in-person"} | who).text
    assert "You named somebody who comes instead of you" in page
    assert 'value="Bryn Heron"' in page
    page = visit(None).post(path, data={"answer": "no"} | who, follow_redirects=True).text
    assert "Your answer is saved: No" in page
    assert newest_reply(app).stand_in == "Bryn Heron <bryn@cast.example>"
    assert "Bryn Heron" in visit(cast.sita).get(f"/meetings/{made}/invitations/{cast.amina.id}").text
    page = visit(None).post(path, data={"answer": "no", "stand_in_name": "Bryn", "stand_in_email": "bryn"}).text
    assert "Enter an email address in the correct format" in page


def test_the_secretariat_says_how_it_was_told(app, visit, cast, made):
    here = f"/meetings/{made}/invitations/{cast.amina.id}"
    sent = {"answer": "yes-online", "said_by": "phone", "access": "captions"}
    assert visit(cast.sita).post(here, data=sent).status_code == 302
    with app.app_context():
        line = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb == "answered")).one()
        assert line.details == {"answer": "yes-online", "source": "secretariat", "said_by": "phone"}
        assert db.session.scalars(sa.select(AccessNeed)).one().needs == ["captions"]


def test_signed_in_it_is_the_same(app, visit, cast, made):
    amina = visit(cast.amina)
    page = amina.post(
        f"/meetings/{made}/reply", data={"answer": "yes-online", "diet": "vegan"}, follow_redirects=True
    ).text
    assert "Your answer is saved: Yes, online" in page
    assert "The link to join is in your invitation email" in page
    amina.post(f"/meetings/{made}/reply", data={"forget": "needs"})
    with app.app_context():
        assert not db.session.scalars(sa.select(AccessNeed)).all()


def test_the_calendar_entry_of_the_link_holds_no_link_to_join(app, visit, cast, made):
    page = visit(None).get(link(app, made, cast.amina) + "/calendar.ics")
    assert page.mimetype == "text/calendar"
    assert "meet.example" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert visit(None).get("/reply/nothing/calendar.ics").status_code == 404


def test_who_waits_sees_their_own_number_and_nobody_else(app, visit, cast, made, before):
    limit(app, cast, made, 1)
    for person in (cast.amina, cast.bryn, cast.olu):
        visit(None).post(link(app, made, person), data={"answer": "yes-in-person"})
    page = visit(None).get(link(app, made, cast.olu)).text
    assert "You are number 2 on the waiting list" in page
    for name in ("Amina", "Bryn"):
        assert name not in page
    assert "You have a place" in visit(None).get(link(app, made, cast.amina)).text
    visit(None).post(link(app, made, cast.amina), data={"answer": "no"})
    page = visit(None).get(link(app, made, cast.bryn)).text
    assert "There is a place for you." in page
    assert "Confirm my place" in page
    before.shift(timedelta(hours=49))
    assert "went to the next person" in visit(None).get(link(app, made, cast.bryn)).text  # the worker has yet to come
    with app.app_context():
        do_what_is_due()
    assert "went to the next person" in visit(None).get(link(app, made, cast.bryn)).text
    visit(None).post(link(app, made, cast.olu), data={"answer": "yes-in-person"})
    assert "You have a place" in visit(None).get(link(app, made, cast.olu)).text


def test_a_cancelled_meeting_asks_nothing(app, visit, cast, made):
    from forum.meetings.commands import scheduling

    limit(app, cast, made, 1)
    visit(None).post(link(app, made, cast.amina), data={"answer": "yes-in-person", "words": PLANTED})
    with app.app_context(), transaction():
        scheduling.cancel(cast.sita, queries.get(cast.sita, made), "The hall is flooded")
    page = visit(None).get(link(app, made, cast.amina)).text
    assert "The hall is flooded" in page
    assert "<button class" not in page.partition("<main")[2]
    page = visit(None).post(link(app, made, cast.amina), data={"answer": "no"})
    assert "was cancelled" in page.text


# --- the secretariat's page --------------------------------------------------------------------------------------------


def test_the_secretariat_sets_places_and_gives_one_by_hand(app, visit, cast, made):
    sita, here = visit(cast.sita), f"/meetings/{made}/places"
    sent = {"capacity": "1", "confirm_within_hours": "24", "freeze_hours": "12"}
    assert sita.post(here, data=sent).status_code == 302
    for person in (cast.amina, cast.bryn):
        visit(None).post(link(app, made, person), data={"answer": "yes-in-person"})
    page = sita.get(here).text
    assert "Bryn Heron" in page
    assert "Give a place" not in page  # none is free
    assert "Amina Rowan" in sita.get(here + "?show=taken").text
    page = sita.post(f"{here}/{cast.bryn.id}", follow_redirects=True).text
    assert "Every place is taken or offered" in page
    sita.post(f"{here}/close")
    assert "Frozen" in sita.get(here).text
    visit(None).post(link(app, made, cast.amina), data={"answer": "no"})
    page = sita.post(f"{here}/{cast.bryn.id}", follow_redirects=True).text
    assert "Bryn Heron has a place. They are told by email." in page


def test_places_of_a_sector_and_what_is_refused(app, visit, cast, made):
    sita, here = visit(cast.sita), f"/meetings/{made}/places"
    with app.app_context():
        sector = builders.listed(builders.Sector, "voluntary").id
    sent = {"capacity": "2", "confirm_within_hours": "48", "freeze_hours": "24", f"sector_{sector}": "1"}
    assert sita.post(here, data=sent).status_code == 302
    assert "Places kept for a sector" in sita.get(here).text
    page = sita.post(here, data=sent | {f"sector_{sector}": "3"}).text
    assert "You keep 3 places for sectors, but there are only 2" in page
    assert 'value="3"' in page
    page = sita.post(here, data=sent | {"capacity": ""}).text
    assert "Enter how many places there are" in page
    for person in (cast.amina, cast.bryn):
        visit(None).post(link(app, made, person), data={"answer": "yes-in-person"})
    page = sita.post(here, data=sent | {"capacity": "1"}).text
    assert "2 people have a place or an offer of one already. Enter 2 or more" in page
    for wrong in ({"capacity": "0"}, {"capacity": "many"}, {"confirm_within_hours": "0"}, {"freeze_hours": "-1"}):
        assert "There is a problem" in sita.post(here, data=sent | wrong).text


def test_others_find_no_such_pages(app, visit, cast, made):
    limit(app, cast, made, 1)
    amina = visit(cast.amina)
    amina.post(f"/meetings/{made}/reply", data={"answer": "yes-in-person"})
    visit(cast.bryn).post(f"/meetings/{made}/reply", data={"answer": "yes-in-person"})
    for person in (cast.amina, cast.olu):
        browser = visit(person)
        assert browser.get(f"/meetings/{made}/places").status_code == 404
        assert browser.post(f"/meetings/{made}/places/close").status_code == 404
        assert browser.post(f"/meetings/{made}/places/{cast.bryn.id}").status_code == 404
    for path in (f"/meetings/{made}", "/meetings", "/", "/search?q=Heron", link(app, made, cast.amina)):
        assert "waiting list" not in amina.get(path).text  # she has a place; who waits is nobody's business
    with app.app_context():
        found = queries.get(cast.sita, made)
        assert stored(found, cast.bryn).place is Place.WAITING


@pytest.mark.parametrize("people", [20, 500])
def test_statements_of_the_pages(app, visit, cast, statements, people):
    with app.app_context():
        crowd(people)
        built = meeting(cast.sita)
        invite(cast.sita, built)
        with transaction():
            ids = sa.select(Invitation.id).where(Invitation.meeting_id == built.id)
            everybody = sa.update(Invitation).where(Invitation.id.in_(ids))
            db.session.execute(everybody.values(mode=Mode.IN_PERSON, place=Place.WAITING, waiting_since=BEFORE))
            db.session.execute(
                sa.insert(AccessNeed),
                [
                    {"invitation_id": number, "needs": ["captions"], "words": "", "given_at": BEFORE}
                    for number in db.session.scalars(ids)
                ],
            )
            queries.get(cast.sita, built.id).capacity = 5
        number = built.id
    sita = visit(cast.sita)
    for path, most in ((f"/meetings/{number}/places", 7), (f"/meetings/{number}/needs", 5)):
        with statements() as seen:
            assert sita.get(path).status_code == 200
        assert len(seen) <= most, seen
    with statements() as seen:
        assert visit(None).post(link(app, number, cast.amina), data={"answer": "yes-in-person"}).status_code == 302
    assert len(seen) <= 16, seen


# --- access needs stay between the person, the secretariat and the host ------------------------------------------------


def test_the_host_ticks_what_is_arranged(app, visit, cast, made):
    visit(None).post(
        link(app, made, cast.amina), data={"answer": "yes-in-person", "access": "hearing-loop", "words": PLANTED}
    )
    visit(None).post(link(app, made, cast.bryn), data={"answer": "maybe", "access": "hearing-loop"})
    host, here = visit(cast.olu), f"/meetings/{made}/needs"
    page = host.get(here).text
    assert PLANTED in page
    assert "Hearing loop" in page
    with app.app_context():
        ids = list(db.session.scalars(sa.select(AccessNeed.id).order_by(AccessNeed.id)))
    assert "Ticked as arranged" in host.post(f"{here}/{ids[0]}", follow_redirects=True).text
    with app.app_context():
        assert db.session.get_one(AccessNeed, ids[0]).met_by_id == cast.olu.id
    host.post(f"{here}/{ids[0]}", data={"is_met": "no"})
    with app.app_context():
        assert db.session.get_one(AccessNeed, ids[0]).met_at is None
    for person in (cast.amina, cast.bryn, cast.ada):
        assert visit(person).get(here).status_code == 404
        assert visit(person).post(f"{here}/{ids[0]}").status_code == 404


def test_words_planted_among_the_needs_appear_nowhere_else(app, visit, cast, made):
    limit(app, cast, made, 1)
    for person in (cast.bryn, cast.amina):  # Amina waits, and gets letters about it
        visit(None).post(link(app, made, person), data={"answer": "yes-in-person", "words": PLANTED, "diet": "kosher"})
    visit(None).post(link(app, made, cast.bryn), data={"answer": "maybe"})
    with app.app_context():
        do_what_is_due()
        for table in db.metadata.sorted_tables:
            if table.name != "access_need":
                rows = str(db.session.execute(sa.select(table)).all()).lower()
                assert "pomegranate" not in rows, table.name
                if table.name in {"letter", "history_line", "invitation_reply"}:
                    assert "kosher" not in rows, table.name
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter))
    values = {"number": made, "member_id": cast.amina.id, "token": link(app, made, cast.amina)[7:], "order": 1}
    allowed = {f"/meetings/{made}/needs"}
    for person in (None, cast.bryn, cast.ada, cast.sita):
        browser = visit(person)
        for path in reachable(app, values):
            page = browser.get(path)
            if path in allowed and person is cast.sita:
                assert PLANTED in page.text
            else:
                assert b"lozenges" not in unpacked(page.data), (person and person.name, path)


def unpacked(data: bytes) -> bytes:
    """What a page says, also when it is a spreadsheet or a document, which are archives."""
    if not data.startswith(b"PK"):
        return data
    with ZipFile(BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def reachable(app, values) -> list[str]:
    """Every address of the site that takes no more than these values."""
    found = ["/search?q=pomegranate", f"/meetings/{values['number']}/invitations?text=amina", "/search?q=kosher"]
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in rule.methods and rule.arguments <= values.keys() and rule.endpoint != "static":
                found.append(rule.build({name: values[name] for name in rule.arguments})[1])
    return found


def test_a_week_after_the_meeting_needs_are_gone_and_only_that_is_noted(app, visit, cast, made, before):
    visit(None).post(link(app, made, cast.amina), data={"answer": "yes-in-person", "words": PLANTED})
    before.move_to(AFTER + timedelta(days=6))
    with app.app_context():
        do_what_is_due()
        assert db.session.scalars(sa.select(AccessNeed)).all()
    before.move_to(AFTER + timedelta(days=7))
    with app.app_context():
        do_what_is_due()
        assert not db.session.scalars(sa.select(AccessNeed)).all()
        line = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb == "deleted access needs")).one()
        assert (line.thing_id, line.actor_id, line.details) == (made, None, {})
    assert "was deleted on" in visit(cast.sita).get(f"/meetings/{made}/needs").text


def test_a_withdrawn_invitation_takes_its_needs_along(app, visit, cast, made):
    from forum.meetings.commands import inviting

    visit(None).post(link(app, made, cast.amina), data={"answer": "yes-in-person", "words": PLANTED})
    with app.app_context():
        with transaction():
            found = queries.get(cast.sita, made)
            inviting.withdraw(cast.sita, found, queries.invitation(found, cast.amina.id), "By mistake")
        assert not db.session.scalars(sa.select(AccessNeed)).all()


def test_after_the_meeting_no_needs_are_taken(app, visit, cast, made, before):
    before.move_to(AFTER)
    here = f"/meetings/{made}/invitations/{cast.amina.id}"
    page = visit(cast.sita).post(here, data={"answer": "yes-in-person", "words": PLANTED}).text
    assert "nothing to arrange for it any more" in page
    assert visit(cast.sita).post(here, data={"answer": IN_PERSON.sent}).status_code == 302
    with app.app_context():
        assert not db.session.scalars(sa.select(AccessNeed)).all()
