"""The pages of papers, packs and documents."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
import sqlalchemy as sa
import time_machine

from forum.base.db import db, transaction
from forum.base.history import HistoryLine
from forum.meetings import queries
from forum.meetings.commands import papers
from forum.reference.models import Marking
from tests.meetings.builders import BEFORE, invite, item, meeting
from tests.meetings.papers import a_pdf, get, packs, paper

ONE_TWO = a_pdf("One", "Two")


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def held(app, cast) -> int:
    """The number of an open meeting with an item."""
    with app.app_context():
        made = meeting(cast.sita)
        item(cast.sita, made)
        return made.id


def form(**more):
    usual = {"title": "What works", "author": "Amina Rowan", "marking": "OFFICIAL", "form_key": "k1"}
    return usual | more


def test_a_paper_is_uploaded_read_and_listed(visit, cast, held):
    sita = visit(cast.sita)
    assert "Make the pack" not in sita.get(f"/meetings/{held}/papers").text  # of nothing
    sent = form(file=(BytesIO(ONE_TWO), "../../Täst.pdf"))
    page = sita.post(f"/meetings/{held}/papers/new", data=sent, follow_redirects=True)
    assert "Paper 1 is here" in page.text
    assert "Make the pack" in page.text
    amina = visit(cast.amina)
    page = amina.get(f"/meetings/{held}/papers")
    assert "Paper 1: What works" in page.text
    assert "2 pages" in page.text
    assert "Make the pack" not in page.text
    page = amina.get(f"/meetings/{held}/papers/1")
    assert page.data == ONE_TWO
    assert page.headers["Content-Type"] == "application/pdf"
    assert page.headers["Content-Disposition"] == f'attachment; filename="MTG-{held} paper 1 version 1.pdf"'
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert amina.get(f"/meetings/{held}/papers/1?version=1").status_code == 200
    assert amina.get(f"/meetings/{held}/papers/1?version=7").status_code == 404
    assert amina.get(f"/meetings/{held}/papers/1?version=%C2%B2").status_code == 200


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"<html><script>alert(1)</script>", "paper.pdf", "paper.pdf is a web page."),
        (b"", "paper.pdf", "empty"),
        (b"%PDF-1.7 nothing", "paper.pdf", "damaged"),
        (b"MZ", "paper.exe", "must be a PDF"),
    ],
)
def test_a_wrong_file_is_refused_on_the_form_and_the_words_stay(visit, cast, held, data, name, words):
    page = visit(cast.sita).post(f"/meetings/{held}/papers/new", data=form(file=(BytesIO(data), name)))
    assert page.status_code == 200
    assert words in page.text
    assert 'value="What works"' in page.text


def test_a_paper_is_asked_for_and_brought_by_whom_it_was_asked_of(visit, cast, held):
    sita, bryn = visit(cast.sita), visit(cast.bryn)
    sent = form(owner_id=str(cast.bryn.id), author="")
    assert "Paper 1 is asked for" in sita.post(f"/meetings/{held}/papers/new", data=sent, follow_redirects=True).text
    page = bryn.get(f"/meetings/{held}/papers")
    assert "Not here yet" in page.text
    assert f"/meetings/{held}/papers/1/versions" in page.text
    sent = {"file": (BytesIO(ONE_TWO), "mine.pdf")}
    page = bryn.post(f"/meetings/{held}/papers/1/versions", data=sent, follow_redirects=True)
    assert "Version 1 of paper 1 is here" in page.text
    assert visit(cast.amina).get(f"/meetings/{held}/papers/1/versions").status_code == 404


def test_what_members_may_not_do_is_not_there(visit, cast, held, app):
    with app.app_context():
        paper(cast.sita, queries.get(cast.sita, held), ONE_TWO)
    amina = visit(cast.amina)
    for address in ("papers/new", "papers/1/edit", "papers/1/withdraw", "papers/1/versions", "papers/packs/progress"):
        assert amina.get(f"/meetings/{held}/{address}").status_code == 404, address
    for address in ("papers/packs", "papers/packs/1/again", "papers/packs/1/tell", "papers/1/put-back"):
        assert amina.post(f"/meetings/{held}/{address}").status_code == 404, address


def test_a_paper_is_changed_withdrawn_and_put_back(visit, cast, held, app):
    with app.app_context():
        paper(cast.sita, queries.get(cast.sita, held), ONE_TWO)
    sita, amina = visit(cast.sita), visit(cast.amina)
    here = f"/meetings/{held}/papers/1"
    assert "is saved" in sita.post(f"{here}/edit", data=form(title="Better", version=1), follow_redirects=True).text
    page = sita.post(f"{here}/edit", data=form(title="Mine", version=1))
    assert "What is saved now" in page.text
    assert 'value="Mine"' in page.text
    assert "Enter a reason" in sita.post(f"{here}/withdraw", data={"reason": ""}).text
    sita.post(f"{here}/withdraw", data={"reason": "Wrong file"})
    assert amina.get(here).status_code == 404
    assert "Better" not in amina.get(f"/meetings/{held}/papers").text
    sita.post(f"{here}/put-back")
    assert amina.get(here).status_code == 200


def test_a_copy_of_a_sensitive_paper_is_noted(visit, cast, held, app):
    with app.app_context():
        number = paper(cast.sita, queries.get(cast.sita, held), ONE_TWO, marking=Marking.SENSITIVE)
        assert number == 1
    assert visit(cast.amina).get(f"/meetings/{held}/papers/1").status_code == 404
    with app.app_context():
        invite(cast.sita, queries.get(cast.sita, held))
    assert visit(cast.amina).get(f"/meetings/{held}/papers/1").data == ONE_TWO
    with app.app_context():
        line = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb == "downloaded")).one()
        assert (line.actor_id, line.details) == (cast.amina.id, {"version": 1})


def test_packs_are_ordered_watched_read_and_told_of(visit, cast, held, app):
    with app.app_context():
        made = queries.get(cast.sita, held)
        invite(cast.sita, made)
        paper(cast.sita, made, ONE_TWO)
        paper(cast.sita, made, a_pdf("Secret"), title="Secret", marking=Marking.SENSITIVE)
    sita = visit(cast.sita)
    page = sita.post(f"/meetings/{held}/papers/packs", follow_redirects=True)
    assert f'data-poll="/meetings/{held}/papers/packs/progress"' in page.text
    with app.app_context():
        packs(cast.sita, queries.get(cast.sita, held))
    part = sita.get(f"/meetings/{held}/papers/packs/progress").text
    assert "data-poll" not in part
    assert part.count("Tell those invited") == 1
    assert f"/meetings/{held}/papers/packs/1/tell" in part
    page = sita.post(f"/meetings/{held}/papers/packs/1/tell", follow_redirects=True)
    assert "4 letters will be sent" in page.text
    with app.app_context(), transaction():
        queries.invitation_of(cast.amina, queries.get(cast.amina, held)).removed_at = BEFORE
    amina = visit(cast.amina)
    assert amina.get(f"/meetings/{held}/papers/packs/1").status_code == 404
    assert amina.get(f"/meetings/{held}/papers/packs/2").mimetype == "application/pdf"
    shown = amina.get(f"/meetings/{held}/papers").text
    assert "Pack 2" in shown
    assert not [words for words in ("Pack 1,", "Secret") if words in shown]


def test_the_list_takes_as_many_statements_for_many_papers_as_for_one(visit, cast, held, app, statements):
    amina = visit(cast.amina)

    def asked() -> int:
        with statements() as seen:
            assert amina.get(f"/meetings/{held}/papers").status_code == 200
        return len(seen)

    with app.app_context():
        paper(cast.sita, queries.get(cast.sita, held), ONE_TWO)
    one = asked()
    with app.app_context():
        for count in range(20):
            paper(cast.sita, queries.get(cast.sita, held), ONE_TWO, title=f"Paper {count}")
    assert asked() == one <= 7


@pytest.mark.parametrize("what", ["agenda", "notice"])
@pytest.mark.parametrize(("format_", "start"), [("pdf", b"%PDF-"), ("odt", b"PK")])
def test_agenda_and_calling_notice_come_as_files(visit, cast, held, what, format_, start):
    amina = visit(cast.amina)
    first, again = (amina.get(f"/meetings/{held}/{what}.{format_}") for _ in range(2))
    assert first.status_code == 200
    assert first.data.startswith(start)
    assert first.data == again.data
    assert f"MTG-{held}-{what}.{format_}" in first.headers["Content-Disposition"]


def test_the_calling_notice_is_a_page_without_the_joining_link(visit, cast, held):
    page = visit(cast.amina).get(f"/meetings/{held}/notice")
    assert page.status_code == 200
    assert "Calling notice: EGVE Forum: mental health" in page.text
    assert "meet.example" not in page.text


def test_of_a_draft_members_see_nothing(visit, cast, app):
    with app.app_context():
        draft = meeting(cast.sita, is_open=False)
        paper(cast.sita, draft, ONE_TWO)
        number = draft.id
    amina = visit(cast.amina)
    for address in ("papers", "papers/1", "agenda.pdf", "notice", "notice.odt"):
        assert amina.get(f"/meetings/{number}/{address}").status_code == 404, address


def test_the_agenda_names_its_papers(visit, cast, held, app):
    with app.app_context():
        made = queries.get(cast.sita, held)
        number = queries.agenda(made)[0].id
        paper(cast.sita, made, ONE_TWO, title="Read me", agenda_item_id=number)
        paper(cast.sita, made, ONE_TWO, title="Gone", agenda_item_id=number)
        with transaction():
            papers.withdraw(cast.sita, queries.get(cast.sita, held), get(cast.sita, made, 2), "Wrong")
    for address in (f"/meetings/{held}", f"/meetings/{held}/agenda"):
        page = visit(cast.amina).get(address).text
        assert f'href="/meetings/{held}/papers/1"' in page, address
        assert "Gone" not in page, address
