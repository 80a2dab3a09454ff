"""Papers: numbers, versions, lateness, who may read them; and the packs made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import time_machine
from pypdf import PdfReader

from forum.base import files, pdf
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.base.words import pages_in_words
from forum.meetings import queries
from forum.meetings.commands import announcing, packing, papers
from forum.meetings.models import MeetingKind, Mode, PaperPack, Purpose
from forum.meetings.queries import packs as pack_reading
from forum.meetings.queries import papers as reading
from forum.meetings.rules import papers as rules
from forum.members.models import Member
from forum.reference.models import Marking
from forum.worker import SLOW, _is_slow_work_done
from tests.meetings.builders import BEFORE, invite, item, meeting
from tests.meetings.papers import a_pdf, get, new_version, packs, paper

ONE_TWO = a_pdf("One", "Two")


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


def due(by: Member, number: int, on: date) -> None:
    with transaction():
        queries.get(by, number).papers_due_on = on


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "on", "is_late"),
    [
        (None, date(2027, 1, 1), False),
        (date(2027, 1, 1), date(2027, 1, 1), False),
        (date(2027, 1, 1), date(2027, 1, 2), True),
    ],
)
def test_a_paper_is_late_the_day_after_it_was_due(due_on, on, is_late):
    assert rules.is_late(due_on, on) is is_late


def test_a_pack_for_everybody_is_made_when_some_papers_are_not():
    plain = SimpleNamespace(marking=Marking.OFFICIAL)
    assert rules.packs_to_make(plain, [Marking.OFFICIAL]) == [Marking.OFFICIAL]
    assert rules.packs_to_make(plain, [Marking.OFFICIAL, Marking.SENSITIVE]) == [Marking.SENSITIVE, Marking.OFFICIAL]
    assert rules.packs_to_make(SimpleNamespace(marking=Marking.SENSITIVE), [Marking.OFFICIAL]) == [Marking.SENSITIVE]


def test_pages_in_words():
    assert pages_in_words([]) == ""
    assert pages_in_words([12]) == "page 12"
    assert pages_in_words([16, 12, 14, 15]) == "pages 12, 14 to 16"


# --- papers ----------------------------------------------------------------------------------------------------------


def test_numbers_are_the_meetings_own_and_never_used_again(inside, cast):
    held, other = meeting(cast.sita), meeting(cast.sita)
    assert paper(cast.sita, held, ONE_TWO) == 1
    assert paper(cast.sita, held, a_pdf("Other")) == 2
    with transaction():
        papers.withdraw(cast.sita, queries.get(cast.sita, held.id), get(cast.sita, held, 2), "Wrong file")
    assert paper(cast.sita, held, a_pdf("Third")) == 3
    assert paper(cast.sita, other, ONE_TWO) == 1


def test_the_same_form_sent_twice_makes_one_paper(inside, cast):
    held = meeting(cast.sita)
    assert paper(cast.sita, held, ONE_TWO, form_key="k") == paper(cast.sita, held, ONE_TWO, form_key="k") == 1
    assert len(reading.papers(cast.sita, held)) == 1


def test_versions_say_what_changed_and_the_newest_is_read(inside, cast):
    held = meeting(cast.sita)
    number = paper(cast.sita, held, ONE_TWO)
    new_version(cast.sita, held, number, a_pdf("One", "Changed"), "Page 2 is new")
    (row,) = reading.papers(cast.amina, held)
    assert (row.version, row.pages, row.note, row.file_in_words[:5]) == (2, 2, "Page 2 is new", "PDF, ")
    found = get(cast.amina, held, number)
    assert reading.version(found).number == 2
    assert files.read(reading.version(found, 1).file) == ONE_TWO
    with pytest.raises(NotFound):
        reading.version(found, 3)
    with pytest.raises(Rejected, match="the file that version 2"):
        new_version(cast.sita, held, number, a_pdf("One", "Changed"))


def test_what_comes_after_the_day_is_marked_late(inside, cast, before):
    held = meeting(cast.sita)
    due(cast.sita, held.id, date(2027, 1, 10))
    before.move_to(datetime(2027, 1, 10, 23, 59, tzinfo=UTC))
    number = paper(cast.sita, held, ONE_TWO)
    before.move_to(datetime(2027, 1, 11, 0, 1, tzinfo=UTC))
    new_version(cast.sita, held, number, a_pdf("Later"))
    assert [row.is_late for row in reading.versions(get(cast.sita, held, number))] == [True, False]


def test_a_paper_can_be_asked_for_and_brought_by_whom_it_was_asked_of(inside, cast):
    held = meeting(cast.sita)
    number = paper(cast.sita, held, author="", owner_id=cast.bryn.id, marking=Marking.SENSITIVE)
    with pytest.raises(NotFound):
        get(cast.amina, held, number)
    new_version(cast.bryn, held, number, ONE_TWO)
    with pytest.raises(NotFound), transaction():
        papers.add_version(cast.amina, queries.get(cast.amina, held.id), get(cast.sita, held, number), None)


def test_a_new_paper_needs_a_file_or_somebody_who_is_asked(inside, cast):
    held = meeting(cast.sita)
    with pytest.raises(Rejected, match="Select the file"):
        paper(cast.sita, held)
    with pytest.raises(NotAllowed):
        paper(cast.amina, held, ONE_TWO)
    with pytest.raises(Rejected, match="no longer on the agenda"):
        paper(cast.sita, held, ONE_TWO, agenda_item_id=item(cast.sita, meeting(cast.sita)))


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "empty.pdf", "is empty"),
        (b"<!doctype html><html><script>1</script>", "paper.pdf", "is a web page. Upload a PDF"),
        (b"MZ\0\1", "paper.pdf", "not a kind of file"),
        (b"%PDF-1.4 broken", "paper.pdf", "damaged"),
        (b"x" * (rules.LARGEST + 1), "paper.csv", "The largest file is 10 MB"),
    ],
)
def test_what_is_no_paper_is_refused_at_the_file(data, name, reason):
    with pytest.raises(Rejected, match=reason) as refused:
        papers.read_upload(data, name)
    assert refused.value.field == "file"


def test_sensitive_papers_are_for_those_invited_officials_and_the_secretariat(inside, cast):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO)
    paper(cast.sita, held, ONE_TWO, marking=Marking.SENSITIVE)

    def seen(by: Member) -> list[int]:
        return [row.number for row in reading.papers(by, held)]

    assert (seen(cast.amina), seen(cast.olu), seen(cast.sita)) == ([1], [1, 2], [1, 2])
    with pytest.raises(NotFound):
        get(cast.amina, held, 2)
    invite(cast.sita, held)
    assert seen(cast.amina) == [1, 2]
    with transaction():
        papers.withdraw(cast.sita, queries.get(cast.sita, held.id), get(cast.sita, held, 1), "Superseded")
    assert (seen(cast.amina), seen(cast.olu), seen(cast.sita)) == ([2], [2], [1, 2])


def test_a_change_made_meanwhile_is_not_overwritten(inside, cast):
    held = meeting(cast.sita)
    number = paper(cast.sita, held, ONE_TWO)
    details = {"author": "A", "marking": Marking.OFFICIAL, "agenda_item_id": None, "owner_id": None}

    def change(title: str) -> None:
        with transaction():
            found = queries.get(cast.sita, held.id)
            papers.change(cast.sita, found, get(cast.sita, held, number), version=1, title=title, **details)

    change("First")
    with pytest.raises(Rejected) as refused:
        change("Second")
    assert refused.value.field == "version"
    assert get(cast.sita, held, number).title == "First"


def test_papers_by_item_are_read_with_one_statement_however_many(inside, cast, statements):
    held = meeting(cast.sita)
    number = item(cast.sita, held)
    for count in range(3):
        paper(cast.sita, held, a_pdf("One"), title=f"Paper {count}", agenda_item_id=number)
    paper(cast.sita, held, owner_id=cast.bryn.id, agenda_item_id=number)
    with statements() as seen:
        found = reading.by_item(cast.amina, held)
    assert [row.title for row in found[number]] == ["Paper 0", "Paper 1", "Paper 2"]
    assert len(seen) == 1


# --- packs -----------------------------------------------------------------------------------------------------------


def said(held, number: int) -> list[str]:
    pack = pack_reading.pack(held, number)
    return [page.extract_text() for page in PdfReader(BytesIO(files.read(pack.file))).pages]


def test_a_pack_has_one_numbering_a_contents_list_and_the_agenda(inside, cast):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO, title="Tŷ", agenda_item_id=item(cast.sita, held, "Opening words"))
    paper(cast.sita, held, b"a,b\n1,2\n", "table.csv", title="A table")
    paper(cast.sita, held, a_pdf("Three"), title="The third")
    (pack,) = packs(cast.sita, held)
    assert (pack.number, pack.marking, pack.pages, pack.failed_because) == (1, Marking.OFFICIAL, 4, "")
    first, *others = said(held, 1)
    for words in ("Paper 1: Tŷ", "2 to 3", "Opening words", "Paper 2, A table: it is not a PDF", "Page 1 of 4"):
        assert words in first.replace("\n", " ")
    assert "Page 2 of 4 · Paper 1 version 1 · OFFICIAL" in others[0]
    assert "Page 4 of 4 · Paper 3 version 1 · OFFICIAL" in others[2]
    assert [one["paper"] for one in pack.left_out] == [2]


def test_the_next_pack_says_which_pages_are_new(inside, cast):
    held = meeting(cast.sita)
    number = paper(cast.sita, held, ONE_TWO)
    packs(cast.sita, held)
    new_version(cast.sita, held, number, a_pdf("Before", "One", "Two changed"))
    paper(cast.sita, held, a_pdf("Fresh"), title="Fresh")
    newest, oldest = packs(cast.sita, held)
    assert (oldest.changed_in_words, newest.changed_in_words) == ("", "pages 2, 4 to 5")
    first = " ".join(said(held, 2)[0].split())
    assert "changed: pages 2, 4" in first
    assert "5 new" in first


def test_the_next_pack_says_which_papers_are_gone_and_which_are_shorter(inside, cast):
    held = meeting(cast.sita)
    shorter, gone = (paper(cast.sita, held, a_pdf("One", "Two", what)) for what in ("Three", "Four"))
    packs(cast.sita, held)
    new_version(cast.sita, held, shorter, a_pdf("One", "Two"))
    with transaction():
        papers.withdraw(cast.sita, queries.get(cast.sita, held.id), get(cast.sita, held, gone), "Not ready")
    newest, oldest = packs(cast.sita, held)
    assert (oldest.gone, newest.gone, newest.changed_in_words) == ([], [gone], "")
    first = " ".join(said(held, 2)[0].split())
    assert "2 to 3 1 page fewer" in first
    assert f"no longer in this one: paper {gone}." in first


def test_members_who_may_not_see_all_get_a_pack_that_says_so(inside, cast):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO)
    paper(cast.sita, held, a_pdf("Secret words"), title="Secret title", marking=Marking.SENSITIVE)
    open_, whole = packs(cast.sita, held)
    assert (whole.marking, open_.marking) == (Marking.SENSITIVE, Marking.OFFICIAL)
    assert pack_reading.newest_whole([open_, whole]) == whole.number
    everything, rest = "".join(said(held, whole.number)), "".join(said(held, open_.number))
    assert all(words in everything for words in ("Secret title", "Secret words", "OFFICIAL-SENSITIVE"))
    assert not [words for words in ("Secret", "SENSITIVE") if words in rest]
    assert "1 paper left out because of a higher marking" in rest


def test_a_paper_marked_up_after_the_order_stays_out(inside, cast):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO)
    number = paper(cast.sita, held, a_pdf("Secret words"))
    with transaction():
        packing.order(cast.sita, queries.get(cast.sita, held.id))
    with transaction():
        get(cast.sita, held, number).marking = Marking.SENSITIVE
    assert _is_slow_work_done(SLOW[0])
    assert "Secret words" not in "".join(said(held, 1))


def test_one_order_at_a_time_and_one_worker_at_each(inside, cast):
    held = meeting(cast.sita)
    with pytest.raises(Rejected, match="no PDF"):
        packs(cast.sita, held)
    paper(cast.sita, held, ONE_TWO)
    with transaction():
        first = packing.order(cast.sita, queries.get(cast.sita, held.id))
        assert packing.order(cast.sita, queries.get(cast.sita, held.id)) == first
    with transaction():
        order = packing.claim()
    with transaction():
        assert packing.claim() is None
    made = packing.make(order)
    for _ in range(2):
        with transaction():
            packing.finish(order, made)
    assert [row.is_made for row in pack_reading.packs(held, list(Marking))] == [True]


def test_a_worker_that_died_leaves_the_pack_to_another(inside, cast, before):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO)
    with transaction():
        packing.order(cast.sita, queries.get(cast.sita, held.id))
    with transaction():
        packing.claim()
    before.shift(packing.LEASE)
    before.shift(1)
    assert _is_slow_work_done(SLOW[0])
    assert pack_reading.packs(held, list(Marking))[0].is_made


def test_a_pack_that_fails_says_so_and_can_be_tried_again(inside, cast, monkeypatch):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO)
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "bind", lambda *_: (_ for _ in ()).throw(RuntimeError("no room on the disk")))
        (failed,) = packs(cast.sita, held)
    assert failed.failed_because.startswith("The pack could not be made (no room on the disk). Try again")
    with transaction():
        packing.order_again(cast.sita, queries.get(cast.sita, held.id), pack_reading.pack(held, 1))
    assert _is_slow_work_done(SLOW[0])
    assert pack_reading.packs(held, list(Marking))[0].is_made


def test_a_paper_that_cannot_be_bound_is_left_out_with_the_reason(inside, cast, monkeypatch):
    held = meeting(cast.sita)
    paper(cast.sita, held, ONE_TWO)
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "look", lambda *_: ["digest"])
        paper(cast.sita, held, b"%PDF-1.4 broken")
    (pack,) = packs(cast.sita, held)
    assert [(one["paper"], one["reason"]) for one in pack.left_out] == [(2, packing.NOT_BOUND)]
    assert pack.pages == 3


def test_those_invited_are_told_once_but_for_those_who_want_no_such_letters(inside, cast):
    held = meeting(cast.sita)
    invite(cast.sita, held)
    paper(cast.sita, held, ONE_TWO, title="Tŷ & <co>")
    (pack,) = packs(cast.sita, held)
    with transaction():
        db.session.get(Member, cast.bryn.id).wants_meeting_mail = False

    def tell() -> int:
        with transaction():
            return announcing.tell(cast.sita, queries.get(cast.sita, held.id), pack_reading.pack(held, pack.number))

    assert (tell(), tell()) == (3, 0)
    letters = db.session.scalars(sa.select(Letter).where(Letter.key.startswith("papers:"))).all()
    assert cast.bryn.id not in {letter.member_id for letter in letters}
    letter = next(letter for letter in letters if letter.member_id == cast.amina.id)
    assert "Dear Amina Rowan" in letter.text
    assert "Paper 1: Tŷ & <co>" in letter.text
    assert "Tŷ &amp; &lt;co&gt;" in letter.html
    assert f"https://forum.example/meetings/{held.id}/papers" in letter.text
    assert f"https://forum.example{letter.unsubscribe_path}" in letter.text
    assert (letter.list_name, letter.kind.value) == ("meetings", "notice")


def test_a_letter_names_no_sensitive_paper(inside, cast):
    held = meeting(cast.sita)
    invite(cast.sita, held)
    paper(cast.sita, held, ONE_TWO, title="Secret title", marking=Marking.SENSITIVE)
    whole = pack_reading.newest_whole(packs(cast.sita, held))
    with transaction():
        announcing.tell(cast.sita, queries.get(cast.sita, held.id), pack_reading.pack(held, whole))
    text = db.session.scalars(sa.select(Letter.text).where(Letter.key.startswith("papers:"))).first()
    assert "Secret title" not in text
    assert "OFFICIAL-SENSITIVE" in text


def test_everything_is_in_the_history(inside, cast):
    held = meeting(cast.sita)
    number = paper(cast.sita, held, ONE_TWO)
    packs(cast.sita, held)
    with transaction():
        papers.withdraw(cast.sita, queries.get(cast.sita, held.id), get(cast.sita, held, number), "Wrong file")
    wanted = sa.select(HistoryLine.verb).where(HistoryLine.thing_kind.in_(["paper", PaperPack.__tablename__]))
    assert db.session.scalars(wanted.order_by(HistoryLine.id)).all() == [
        "added",
        "brought",
        "ordered",
        "made",
        "withdrew",
    ]


# --- documents -------------------------------------------------------------------------------------------------------


def test_agenda_and_notice_are_the_same_bytes_for_the_same_meeting(inside, cast):
    from forum.base import opendocument
    from forum.meetings.exports import documents

    held = meeting(cast.sita, title="Tŷ “quoted”, and 👍", kind=MeetingKind.ROUNDTABLE, mode=Mode.HYBRID)
    number = item(cast.sita, held, "Welcome")
    paper(cast.sita, held, ONE_TWO, title="Secret title", agenda_item_id=number, marking=Marking.SENSITIVE)
    items, by_item = queries.agenda(held), reading.by_item(cast.sita, held)
    agenda = documents.agenda(held, items, by_item, "Secretariat")
    notice = documents.notice(held, items, {}, "Secretariat", "s@forum.example", "https://forum.example/m", BEFORE)
    assert (agenda.marking, notice.marking) == ("OFFICIAL-SENSITIVE", "OFFICIAL")
    for made in (agenda, notice):
        for write in (opendocument.write, pdf.write):
            assert write(made) == write(made)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.write(notice))).pages)
    for words in (
        "Roundtable",
        "Example House, London, and online",
        "Secretariat",
        "Welcome",
        documents.PURPOSES[Purpose.DISCUSSION],
    ):
        assert words in text
    assert "meet.example" not in text


def test_a_notice_keeps_the_numbers_and_bullets_of_what_the_meeting_is_about():
    from forum.meetings.exports.documents import _described

    told = "The Board meets to consider:\n1. Two challenges\n• alerts\n• vacancies\n2. A fast track"
    first, one, bullets, two = _described(told)
    assert (first.text, one.text, two.text) == ("The Board meets to consider:", "1. Two challenges", "2. A fast track")
    assert bullets.items == ["alerts", "vacancies"]
    assert [block.text for block in _described("")] == ["See the agenda."]
