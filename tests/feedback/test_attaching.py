"""Files with posts: uploaded with the form, kept when it comes back, looked at, handed out and taken away."""

from __future__ import annotations

import io
import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import joinedload

from forum import worker
from forum.base import clock, files
from forum.base.db import db, transaction
from forum.base.files import StoredFile
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.base.scanning import Outcome, Verdict
from forum.feedback import commands, queries
from forum.feedback.commands import attaching, drafting, scanning, settling
from forum.feedback.models import (
    Attachment,
    Attribution,
    Draft,
    Feedback,
    Flag,
    FlagKind,
    OfficialKind,
    ParkedFile,
    Reply,
    Scan,
)
from forum.feedback.queries import attaching as reading
from forum.feedback.rules import attaching as rules
from forum.web.feedback.routes import once
from tests import scanner, uploads
from tests.feedback.builders import reply, thread

PDF, WORDS = uploads.pdf(), b"Words in a file"
FORM = {
    "kind": "question", "title": "Who says so?", "happening": "Words", "priority_id": "0", "marking": "OFFICIAL",
    "attribution": "named", "form_key": "k1",
}  # fmt: skip


def upload(data: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def stored(app) -> list[Path]:
    return [path for path in (app.config["VAR"] / "files").rglob("*") if path.is_file()]


def parked(page: Any) -> list[str]:
    return re.findall(r'name="file" value="(\d+)"', page.text)


@pytest.fixture(autouse=True)
def emptied(app):
    for path in stored(app):
        path.unlink()


@pytest.fixture
def attached(app):
    """Gives a post files, as its form does; the numbers they have."""

    def attach(author, post, *given: tuple[bytes, str]) -> list[int]:
        looked = [attaching.look(data, name) for data, name in given]
        with transaction():
            waiting = attaching.park(author, f"of {post.id}", looked, [])
            attaching.add(author, post, f"of {post.id}", {one.id: "What it shows" for one in waiting})
        return list(db.session.scalars(sa.select(Attachment.number).order_by(Attachment.number)))[-len(given) :]

    return attach


# --- with the form ---------------------------------------------------------------------------------------------------


def test_nothing_uploaded_or_typed_is_lost_until_the_post_is_right(app, visit, cast):
    """Without script: files go up, the form comes back with an error, on another device, and is posted in the end."""
    browser = visit(cast.amina)
    page = browser.post(
        "/feedback/new", data=FORM | {"title": "", "files": [upload(uploads.png("Amina"), "photo.png")]}
    )
    [number] = parked(page)
    assert "Enter a title" in page.text
    assert f'href="#alt_{number}"' in page.text
    assert "Enter what the picture photo.png shows" in page.text
    assert ">Words</textarea>" in page.text
    other = visit(cast.amina)
    draft = re.search(r"/feedback/new\?draft=(\d+)", other.get("/feedback/new").text)
    page = other.get(draft[0])
    assert parked(page) == [number]
    page = other.post("/feedback/new", data=FORM | {"upload": "1", "file": number, f"alt_{number}": "A <red> dot",
                                                    "files": [upload(PDF, "C:\\Users\\amina\\rules.exe")]})  # fmt: skip
    assert "error-summary" not in page.text
    assert 'value="A &lt;red&gt; dot"' in page.text
    first, second = parked(page)
    sent = FORM | {"file": [first, second], f"alt_{first}": "A <red> dot"}
    assert (
        visit(cast.bryn).post("/feedback/new", data=sent | {"form_key": "k2"}, follow_redirects=True).status_code == 200
    )
    page = other.post("/feedback/new", data=sent, follow_redirects=True)
    assert 'alt="A &lt;red&gt; dot" width="2" height="1"' in page.text
    assert "rules.pdf</a>" in page.text
    with app.app_context():
        assert db.session.scalars(sa.select(Draft).where(Draft.member_id == cast.amina.id)).all() == []
        assert db.session.scalars(sa.select(ParkedFile)).all() == []
        assert [one.feedback_id for one in db.session.scalars(sa.select(Attachment))] == [2, 2]
    again = other.post("/feedback/new", data=sent, follow_redirects=True)
    assert again.request.path == "/feedback/2"


def test_a_reply_comes_with_files_in_one_go_and_leaves_no_draft(app, visit, cast):
    with app.app_context():
        number = thread(cast.bryn).id
    browser = visit(cast.amina)
    sent = {
        "body": "See this",
        "attribution": "unattributed",
        "form_key": "r1",
        "files": [upload(WORDS, "Amina Rowan.txt")],
    }
    page = browser.post(f"/feedback/{number}/reply", data=sent, follow_redirects=True)
    assert f'href="/feedback/{number}/files/1">FB-{number}-1.txt</a>' in page.text
    assert "Amina Rowan.txt" not in page.text
    got = visit(cast.bryn).get(f"/feedback/{number}/files/1")
    assert got.headers["Content-Disposition"] == f"attachment; filename=FB-{number}-1.txt"
    with app.app_context():
        assert db.session.scalars(sa.select(Draft)).all() == []


@pytest.mark.parametrize("official_kind", [None, OfficialKind.CLOSE])
def test_a_reply_with_files_sent_twice_at_once_is_led_to_the_one_it_made(app, cast, official_kind):
    """The second waits for the first, which takes the files, and closes the thread: neither is told to the second."""
    with app.app_context():
        posted = thread(cast.bryn)
        with transaction():
            [file] = attaching.park(cast.olu, "k1", [attaching.look(PDF, "rules.pdf")], [])
    made: list[int] = []

    def send() -> None:
        said = commands.reply(
            cast.olu, posted.id, "See this", attribution=Attribution.NAMED, official_kind=official_kind, form_key="k1",
            files={file.id: ""},
        )  # fmt: skip
        db.session.flush()
        made.append(said.id)

    def again() -> None:
        with app.app_context():
            once(send)

    other = threading.Thread(target=again)
    with app.app_context(), transaction():
        send()
        other.start()
        other.join(0.3)
        assert other.is_alive(), "the second must wait"
    other.join(10)
    assert len(made) == 2
    assert made[0] == made[1]
    with app.app_context():
        assert db.session.scalars(sa.select(Feedback.reply_count)).all() == [1]
        assert len(db.session.scalars(sa.select(Reply)).all()) == 1


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"<html><script>alert(1)</script></html>", "holiday.png", "holiday.png is a web page. Upload a PDF"),
        (b"MZ\x90\0", "report.pdf", "not a kind of file"),
        (b"", "empty.pdf", "empty.pdf is empty"),
        (b"GIF89a", "a.gif", "a.gif is a picture"),
        (b"%PDF-1.7 nothing", "bad.pdf", "damaged"),
        (b"a" * 100_001, "long.txt", "long.txt is 97.7 KB. The largest file is 97.7 KB"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence_and_the_rest_is_kept(app, visit, cast, monkeypatch, data, name, words):
    monkeypatch.setattr(rules, "LARGEST", 100_000)
    with app.app_context():
        number = thread(cast.bryn).id
    sent = {"body": "My words", "form_key": "r1", "files": [upload(b"fine", "notes.txt"), upload(data, name)]}
    page = visit(cast.amina).post(f"/feedback/{number}/reply", data=sent)
    assert words in page.text
    assert 'href="#files"' in page.text
    assert "My words</textarea>" in page.text
    assert len(parked(page)) == 1
    assert "notes.txt</strong> is uploaded" in page.text


def test_files_have_budgets_for_a_post_and_for_a_day(app, visit, cast, monkeypatch):
    browser = visit(cast.amina)
    many = [upload(b"text %d" % number, f"{number}.txt") for number in range(rules.MOST + 1)]
    assert "A post can have 5 files" in browser.post("/feedback/new", data=FORM | {"upload": "1", "files": many}).text
    monkeypatch.setattr(rules, "LARGEST_POST", 10)
    two = {"files": [upload(b"123456", "a.txt"), upload(b"654321", "b.txt")]}
    assert "These files are 12 bytes together" in browser.post("/feedback/new", data=FORM | {"upload": "1"} | two).text
    monkeypatch.setattr(rules, "LARGEST_DAY", 8)
    page = browser.post("/feedback/new", data=FORM | {"upload": "1", "files": [upload(b"123456", "a.txt")]})
    [number] = parked(page)
    sent = FORM | {"upload": "1", "file": number, "files": [upload(b"123", "b.txt")]}
    assert "within a day" in browser.post("/feedback/new", data=sent).text
    page = browser.post("/feedback/new", data=FORM | {"drop": number, "file": number})
    assert (parked(page), stored(app)) == ([], [])
    # More than any other form may send is taken here, so that the form can say what is wrong and keep the words.
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{words}\r\n' for name, words in FORM.items()]
    parts.append('--b\r\nContent-Disposition: form-data; name="files"; filename="huge.pdf"\r\n\r\n')
    body = "".join(parts).encode() + bytes(13 * 1024**2) + b"\r\n--b--\r\n"
    page = browser.post("/feedback/new", data=body, content_type="multipart/form-data; boundary=b")
    assert "huge.pdf is 13 MB. The largest file is 10 MB" in page.text
    assert ">Words</textarea>" in page.text


def test_files_of_others_cannot_be_taken_along(app, visit, cast):
    page = visit(cast.amina).post("/feedback/new", data=FORM | {"upload": "1", "files": [upload(WORDS, "mine.txt")]})
    [number] = parked(page)
    page = visit(cast.bryn).post("/feedback/new", data=FORM | {"file": number}, follow_redirects=True)
    assert "mine.txt" not in page.text
    with app.app_context():
        assert db.session.scalars(sa.select(Attachment)).all() == []


def test_drafts_thrown_away_and_forgotten_take_their_files_along(app, visit, cast):
    browser = visit(cast.amina)
    browser.post("/feedback/new", data=FORM | {"upload": "1", "files": [upload(WORDS, "a.txt")]})
    browser.post("/feedback/new", data=FORM | {"form_key": "k2", "upload": "1", "files": [upload(b"text", "b.txt")]})
    with app.app_context():
        with transaction():
            drafting.throw_away(cast.amina, db.session.scalars(sa.select(Draft.id).order_by(Draft.id)).first())
        assert len(stored(app)) == 1
        with time_machine.travel(clock.now() + timedelta(days=91)), transaction():
            assert attaching.forget_old() is False
        assert db.session.scalars(sa.select(StoredFile)).all() == []
    assert stored(app) == []


# --- handed out ------------------------------------------------------------------------------------------------------


def test_files_are_handed_out_to_those_who_may_read_the_post_and_only_pictures_are_shown(app, visit, cast, attached):
    with app.app_context():
        number = thread(cast.amina, attribution=Attribution.NAMED).id
        post = db.session.get(Feedback, number)
        attached(cast.amina, post, (uploads.png(), "photo.PNG"), (b"a,b\n1,2", "Täble.csv"))
    browser = visit(cast.bryn)
    picture, table = (browser.get(f"/feedback/{number}/files/{file}") for file in (1, 2))
    assert picture.headers["Content-Disposition"] == "inline; filename=photo.PNG"
    assert table.headers["Content-Disposition"].startswith("attachment; filename=Table.csv")
    for page in (picture, table):
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert page.headers["Cache-Control"] == "private, no-cache"
    again = browser.get(f"/feedback/{number}/files/1", headers={"If-None-Match": picture.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for path in ("3", "0", "9" * 30):
        assert browser.get(f"/feedback/{number}/files/{path}").status_code == 404
    assert visit(None).get(f"/feedback/{number}/files/1").status_code == 302
    with app.app_context(), transaction():
        commands.withdraw(cast.amina, db.session.get(Feedback, number), "Mistake")
    for person in (cast.amina, cast.bryn, cast.sita):
        page = visit(person).get(f"/feedback/{number}/files/1", headers={"If-None-Match": picture.headers["ETag"]})
        assert page.status_code == 404
    assert "files/1" not in visit(cast.sita).get(f"/feedback/{number}").text


def test_hidden_takes_the_files_away_and_showing_again_brings_them_back_redacting_does_not(app, visit, cast, attached):
    with app.app_context():
        number = thread(cast.bryn).id
        said = reply(cast.amina, db.session.get(Feedback, number), "Ring Jo Smith now")
        attached(cast.amina, said, (WORDS, "a.txt"))
        with transaction():
            said = queries.get_reply(cast.sita, number, said.id)
            settling.hide(cast.sita, said, "identifies")
        path = f"/feedback/{number}/files/1"
        assert visit(cast.sita).get(path).status_code == 404
        with transaction():
            settling.show_again(cast.sita, said)
        assert visit(cast.bryn).get(path).status_code == 200
        with transaction():
            settling.redact(cast.sita, said, [settling.Cut("name", "Jo Smith")], "identifies")
    page = visit(cast.bryn).get(f"/feedback/{number}")
    assert "A file was removed by the secretariat" in page.text
    assert visit(cast.amina).get(path).status_code == 404
    assert stored(app) == []


def test_a_page_costs_one_statement_more_with_files_and_none_without(app, visit, cast, attached, statements):
    with app.app_context():
        bare, full = thread(cast.bryn).id, thread(cast.bryn).id
        for number in range(3):
            attached(cast.amina, reply(cast.amina, db.session.get(Feedback, full)), (b"text %d" % number, "a.txt"))
    browser, counts = visit(cast.amina), []
    for number in (bare, full):
        with statements() as seen:
            assert browser.get(f"/feedback/{number}").text.count('class="forum-files"') == (3 if number == full else 0)
        counts.append(len(seen))
    assert counts[1] == counts[0] + 1


# --- added later, removed --------------------------------------------------------------------------------------------


def test_authors_add_and_remove_files_and_the_secretariat_removes_with_a_reason(app, visit, cast):
    with app.app_context():
        number = thread(cast.amina).id
    author, secretary = visit(cast.amina), visit(cast.sita)
    add = f"/feedback/{number}/files/add"
    assert secretary.get(add).status_code == 404
    assert "Select a file to add" in author.post(add, data={"form_key": "a"}).text
    page = author.post(add, data={"form_key": "a", "files": [upload(uploads.png(), "p.png"), upload(WORDS, "a.txt")]})
    picture, paper = parked(page)
    page = author.post(add, data={"form_key": "a", "file": [picture, paper], f"alt_{picture}": "A dot", f"alt_{paper}": "The rules"}, follow_redirects=True)  # fmt: skip
    assert "2 files added" in page.text
    assert ">The rules</a>" in page.text
    assert visit(cast.bryn).get(f"/feedback/{number}/files/1/remove").status_code == 404
    author.post(f"/feedback/{number}/files/1/remove")
    assert "Enter a reason" in secretary.post(f"/feedback/{number}/files/2/remove", data={"reason": ""}).text
    secretary.post(f"/feedback/{number}/files/2/remove", data={"reason": "It names a child"})
    page = visit(cast.bryn).get(f"/feedback/{number}").text
    assert "A file was removed by its author" in page
    assert "A file was removed by the secretariat on" in page
    assert "It names a child" in page
    assert secretary.get(f"/feedback/{number}/files/2/remove").status_code == 404
    assert stored(app) == []
    with app.app_context():
        letter = db.session.scalars(sa.select(Letter)).one()
        assert (letter.to_address, "It names a child" in letter.text) == (cast.amina.email, True)
        verbs = set(db.session.scalars(sa.select(HistoryLine.verb).where(HistoryLine.thing_kind == "feedback")))
        assert {"added a file to", "removed a file from"} <= verbs


def test_the_same_bytes_stay_while_somebody_else_has_them(app, cast, attached):
    with app.app_context():
        one, other = thread(cast.amina), thread(cast.bryn)
        attached(cast.amina, one, (WORDS, "a.txt"))
        attached(cast.bryn, other, (WORDS, "b.txt"))
        file = db.session.scalars(sa.select(Attachment).where(Attachment.feedback_id == one.id)).one()
        with transaction():
            attaching.remove(cast.amina, one, file)
        assert len(stored(app)) == 1
        other_file = db.session.scalars(sa.select(Attachment).where(Attachment.feedback_id == other.id)).one()
        with transaction():
            attaching.remove(cast.bryn, other, other_file)
    assert stored(app) == []


# --- the scanner -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["removes", "keeps"])
def test_the_same_bytes_come_and_go_at_the_same_moment(app, cast, attached, first):
    with app.app_context():
        post = thread(cast.amina)
        [number] = attached(cast.amina, post, (WORDS, "a.txt"))
        looked = [attaching.look(WORDS, "b.txt")]

    def removes() -> None:
        attaching.remove(cast.amina, db.session.merge(post, load=False), reading.get(post.id, number))

    def keeps() -> None:
        attaching.park(cast.bryn, "k1", looked, [])

    def second() -> None:
        with app.app_context(), transaction():
            (keeps if first == "removes" else removes)()

    other = threading.Thread(target=second)
    with app.app_context(), transaction():
        (removes if first == "removes" else keeps)()
        db.session.flush()
        other.start()
        other.join(0.3)
        assert other.is_alive(), "the second must wait"
    other.join(10)
    with app.app_context():
        kept = db.session.scalars(sa.select(ParkedFile).options(joinedload(ParkedFile.file))).one().file
        assert files.read(kept) == WORDS
        assert db.session.scalars(sa.select(Attachment.file_id)).all() == [None]


@pytest.fixture
def clamd(app):
    with scanner.running() as running:
        app.config["SCANNER"] = running.address
        yield running
        app.config["SCANNER"] = ""


def look_for_viruses() -> None:
    [slow] = [one for one in worker.SLOW if one.claim is scanning.claim]
    while worker._is_slow_work_done(slow):
        pass


def test_a_file_waits_unseen_until_it_is_found_clean(app, visit, cast, attached, clamd):
    with app.app_context():
        number = thread(cast.amina).id
        attached(cast.amina, db.session.get(Feedback, number), (b"words", "a.txt"))
    author, other = visit(cast.amina), visit(cast.bryn)
    assert "being checked for viruses" in author.get(f"/feedback/{number}").text
    assert "forum-files" not in other.get(f"/feedback/{number}").text
    for browser in (author, other, visit(cast.sita)):
        assert browser.get(f"/feedback/{number}/files/1").status_code == 404
    with app.app_context():
        look_for_viruses()
        assert clamd.looked_at == [b"words"]
        assert db.session.scalars(sa.select(Attachment.scan)).one() is Scan.CLEAN
    assert other.get(f"/feedback/{number}/files/1").data == b"words"


def test_an_infected_file_is_deleted_and_told_to_author_and_secretariat(app, visit, cast, attached, clamd):
    with app.app_context():
        number = thread(cast.bryn).id
        said = reply(cast.amina, db.session.get(Feedback, number), attribution=Attribution.UNATTRIBUTED)
        attached(cast.amina, said, (scanner.EICAR, "a.txt"))
        look_for_viruses()
        assert db.session.scalars(sa.select(StoredFile)).all() == []
        flag = db.session.scalars(sa.select(Flag)).one()
        assert (flag.kind, flag.reply_id, "Eicar-Signature" in flag.words) == (FlagKind.INFECTED, said.id, True)
        letter = db.session.scalars(sa.select(Letter)).one()
        assert letter.to_address == cast.amina.email
        assert letter.is_recipient_withheld
        assert "Eicar-Signature" in letter.text
    assert stored(app) == []
    assert "Came with an infected file" in visit(cast.sita).get("/feedback/checks").text
    assert "a virus was found in it" in visit(cast.amina).get(f"/feedback/{number}").text
    assert "virus" not in visit(cast.bryn).get(f"/feedback/{number}").text
    assert visit(cast.amina).get(f"/feedback/{number}/files/1").status_code == 404


def test_what_the_scanner_found_is_said_of_no_other_file(app, cast, attached, clamd):
    """The file was removed while it was looked at, and on SQLite the next one has its number."""
    with app.app_context():
        post = thread(cast.amina)
        [number] = attached(cast.amina, post, (WORDS, "bad.txt"))
        with transaction():
            claimed = scanning.claim()
        with transaction():
            attaching.remove(cast.amina, post, reading.get(post.id, number))
        attached(cast.amina, post, (b"Other words", "good.txt"))
        with transaction():
            scanning.finish(claimed, Verdict(Outcome.INFECTED, "Eicar"))
        scans = db.session.execute(sa.select(Attachment.scan, Attachment.file_id.is_not(None)).order_by(Attachment.id))
        assert [tuple(row) for row in scans] == [(Scan.WAITING, False), (Scan.WAITING, True)]


def test_a_scanner_that_is_away_is_tried_again_and_told_of(app, visit, cast, attached, clamd):
    address, app.config["SCANNER"] = app.config["SCANNER"], "clamd://127.0.0.1:1"
    with app.app_context():
        post = thread(cast.amina)
        attached(cast.amina, post, (b"one", "a.txt"), (b"two", "b.txt"))
        look_for_viruses()
        notes = set(db.session.scalars(sa.select(Attachment.scan_note)))
        assert notes == {"The virus scanner does not answer (connection refused)."}
    assert "2 files wait for the virus scanner" in visit(cast.sita).get("/feedback/checks").text
    assert "does not answer" in visit(cast.ada).get("/admin").text
    health = app.test_cli_runner().invoke(args=["health"])
    assert health.exit_code == 1
    assert "Files that wait for it: 2, the oldest since" in health.output
    app.config["SCANNER"] = address
    assert "The virus scanner answers." in app.test_cli_runner().invoke(args=["health"]).output
    with app.app_context():
        look_for_viruses()
        assert clamd.looked_at == []
        with time_machine.travel(clock.now() + timedelta(minutes=1)):
            look_for_viruses()
        assert clamd.looked_at == [b"one", b"two"]


def test_without_a_scanner_files_are_there_at_once_and_are_looked_at_when_there_is_one(
    app, visit, cast, attached, clamd
):
    address, app.config["SCANNER"] = app.config["SCANNER"], ""
    with app.app_context():
        post = thread(cast.amina)
        attached(cast.amina, post, (scanner.EICAR, "a.txt"))
        assert visit(cast.bryn).get(f"/feedback/{post.id}/files/1").status_code == 200
        assert "No virus scanner is set" in visit(cast.ada).get("/admin").text
        assert "No virus scanner is set" in app.test_cli_runner().invoke(args=["health"]).output
        app.config["SCANNER"] = address
        look_for_viruses()
        assert db.session.scalars(sa.select(Attachment.scan)).one() is Scan.INFECTED
        attached(cast.amina, post, (b"later", "b.txt"))
        app.config["SCANNER"] = ""
        look_for_viruses()
    assert visit(cast.bryn).get(f"/feedback/{post.id}/files/2").status_code == 200
