"""The inbox: what waits for a person, answers recorded from it, replies read in by hand, and addresses that fail."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import clock, history, inbox
from forum.base.db import db, transaction
from forum.base.inbox import ReceivedMail
from forum.base.letters.models import Bounce, SuppressedAddress
from forum.meetings.models import Answer, InvitationReply
from forum.members.models import MemberAlias
from tests.mail.replies import calendar, mail, note
from tests.meetings import builders as meetings

NOW = datetime(2026, 12, 10, 9, tzinfo=UTC)


@pytest.fixture
def meeting(app, cast):
    """A meeting everybody is invited to, in the weeks before it."""
    with time_machine.travel(meetings.BEFORE, tick=False), app.app_context():
        made = meetings.meeting(cast.sita)
        meetings.invite(cast.sita, made)
    with time_machine.travel(NOW):
        yield made


def take(app, raw: bytes) -> int:
    with app.app_context():
        return inbox.take_in(raw).number


def answer_of(app, meeting, member):
    with app.app_context():
        return meetings.stored(meeting, member).answer


def doubtful(meeting, **more) -> bytes:
    content = calendar(meeting.ical_uid, "amina@cast.example", "DECLINED", comment="On leave", **more)
    return mail("boss@cast.example", content)


def test_only_those_who_run_the_forum_see_the_inbox(app, visit, cast, meeting):
    number = take(app, doubtful(meeting))
    for person in (cast.amina, cast.olu):
        browser = visit(person)
        for path in ("/inbox", f"/inbox/{number}", "/inbox/upload"):
            assert browser.get(path).status_code == 404
        for path in (f"/inbox/{number}/record", f"/inbox/{number}/nothing", "/inbox/upload"):
            assert browser.post(path, data={"answer": "no"}).status_code == 404
    assert answer_of(app, meeting, cast.amina) is None
    assert "Nothing waits" not in visit(cast.ada).get("/inbox").text


def test_an_answer_is_recorded_from_a_mail_that_waits(app, visit, cast, meeting):
    number, browser = take(app, doubtful(meeting)), visit(cast.sita)
    home = browser.get("/").text
    assert "1 mail waits to be read" in home
    listed = browser.get("/inbox").text
    for words in ("Accepted: EGVE Forum", "boss@cast.example", "Amina Rowan", "no address of Amina Rowan"):
        assert words in listed
    page = browser.get(f"/inbox/{number}").text
    for words in (
        "I will come",
        "On leave",
        f"/meetings/{meeting.id}/invitations/{cast.amina.id}",
        "Record this answer",
    ):
        assert words in page
    assert 'value="no" checked' in page
    assert "amina@cast.example: no (“On leave”)" in page
    done = browser.post(f"/inbox/{number}/record", data={"answer": "no", "note": "On leave"}, follow_redirects=True)
    assert "The answer of Amina Rowan is saved: No" in done.text
    assert "Nothing waits for you" in done.text
    assert answer_of(app, meeting, cast.amina) is Answer.NO
    with app.app_context():
        reply = db.session.scalars(sa.select(InvitationReply)).one()
        assert (reply.source.value, reply.recorded_by_id, reply.note) == ("secretariat", cast.sita.id, "On leave")


def test_the_time_somebody_proposes_instead_is_shown(app, visit, cast, meeting):
    for number, (more, words) in enumerate(
        [
            ("DTSTART:20270127T140000Z\r\nDTEND:20270127T160000Z", "proposes Wednesday 27 January 2027, 2pm to 4pm"),
            ("DTSTART:nonsense", "proposes another time"),
        ],
        1,
    ):
        content = calendar(meeting.ical_uid, "amina@cast.example", "TENTATIVE", method="COUNTER", more=more)
        mailed = take(app, mail("amina@cast.example", content, number=number))
        assert words in visit(cast.sita).get(f"/inbox/{mailed}").text


def test_a_mail_is_dealt_with_once(app, visit, cast, meeting):
    number, browser = take(app, doubtful(meeting)), visit(cast.sita)
    assert browser.post(f"/inbox/{number}/nothing").status_code == 302
    again = browser.post(f"/inbox/{number}/nothing")
    assert again.status_code == 400
    assert "Somebody else has dealt with this mail" in again.text
    assert browser.post(f"/inbox/{number}/record", data={"answer": "no"}).status_code == 404
    assert answer_of(app, meeting, cast.amina) is None
    page = browser.get(f"/inbox/{number}").text
    assert "by Sita Curlew" in page
    assert "Record this answer" not in page
    assert "Dealt with" in browser.get("/inbox?show=all").text
    assert "waits to be read" not in browser.get("/").text


def test_what_cannot_be_recorded_is_said_on_the_form(app, visit, cast, meeting):
    number, browser = take(app, doubtful(meeting)), visit(cast.sita)
    assert "Select an answer" in browser.post(f"/inbox/{number}/record", data={}).text
    with app.app_context(), transaction():
        db.session.execute(sa.text("UPDATE invitation SET removed_at = invited_at"))
    page = browser.post(f"/inbox/{number}/record", data={"answer": "no", "note": "My words"}).text
    assert "This invitation was withdrawn" in page
    assert "My words" in page
    with app.app_context():
        assert inbox.waiting() == 1


def test_a_letter_in_somebodys_own_words_waits_too_and_nothing_in_it_acts(app, visit, cast):
    number = take(app, note("AMINA@cast.example", "<script>alert(1)</script> When does it start?"))
    page = visit(cast.sita).get(f"/inbox/{number}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; When does it start?" in page
    assert "an address of" in page
    assert "Record this answer" not in page


def test_what_programs_send_by_themselves_is_not_shown_and_not_kept(app, visit, cast):
    take(app, note("amina@cast.example", "I am away", headers="Auto-Submitted: auto-replied\r\n"))
    assert "amina@" not in visit(cast.sita).get("/inbox?show=all").text
    with app.app_context():
        kept = db.session.scalars(sa.select(ReceivedMail)).one()
        assert (kept.raw, kept.from_address, kept.subject) == (None, "", "")
        assert visit(cast.sita).get(f"/inbox/{kept.id}").status_code == 404


def test_texts_are_forgotten_after_seven_days_unless_they_wait(app, visit, cast):
    first, second = take(app, note("amina@cast.example")), take(app, note("bryn@cast.example", number=2))
    browser = visit(cast.sita)
    browser.post(f"/inbox/{first}/nothing")
    for days, left in ((6, 2), (8, 1)):
        with time_machine.travel(clock.now() + 24 * 3600 * days * clock.timedelta(seconds=1)), app.app_context():
            with transaction():
                assert inbox.forget() is False
            assert db.session.scalar(sa.select(sa.func.count(ReceivedMail.raw))) == left
    assert "no longer kept" in browser.get(f"/inbox/{first}").text
    assert "When does it start" in browser.get(f"/inbox/{second}").text


@pytest.mark.parametrize("name", ["reply.ics", "reply.eml"])
def test_a_reply_is_read_in_from_a_file(app, visit, cast, meeting, name):
    content = calendar(meeting.ical_uid, "bryn@cast.example")
    data = content if name.endswith("ics") else mail("bryn@cast.example", content, dmarc=None)
    browser = visit(cast.sita)
    page = browser.post("/inbox/upload", data={"file": (BytesIO(data), name)}, follow_redirects=True)
    assert "Recorded for Bryn Heron: Yes, in person" in page.text
    assert answer_of(app, meeting, cast.bryn) is Answer.YES
    again = browser.post("/inbox/upload", data={"file": (BytesIO(data), name)}, follow_redirects=True)
    assert "is on record" in again.text


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n", "a.ics", "cannot be read"),
        (b"nonsense", "a.eml", "no calendar entry"),
        (b"x", "a.msg", "must be a EML or ICS file"),
        (calendar("unknown", "bryn@cast.example"), "a.ics", "no meeting of the Forum"),
    ],
)
def test_a_file_that_is_no_reply_is_said_so_beside_the_field(visit, cast, data, name, words):
    page = visit(cast.sita).post("/inbox/upload", data={"file": (BytesIO(data), name)})
    assert page.status_code == 200
    assert words in page.text
    assert "govuk-error-summary" in page.text


def test_a_file_that_is_too_large_is_said_so(visit, cast):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.ics"\r\n\r\n'
    body = head + b"x" * (inbox.LARGEST + 1) + b"\r\n--b--\r\n"
    page = visit(cast.sita).post("/inbox/upload", data=body, content_type="multipart/form-data; boundary=b")
    assert "smaller than 1 MB" in page.text


@pytest.mark.parametrize("path", ["/inbox", "/inbox?show=all"])
def test_the_list_costs_the_same_however_long_it_is(app, visit, cast, statements, path):
    seen_by_size = []
    for size in (20, 2_000):
        with app.app_context(), transaction():
            db.session.execute(sa.delete(ReceivedMail))
            row = {"message_id": "", "from_address": "a@b.example", "subject": "x", "raw": None, "received_at": NOW}
            more = {"verdict": inbox.Verdict.QUEUED, "words": "Why", "about": "meeting:3", "member_id": cast.amina.id}
            db.session.execute(sa.insert(ReceivedMail), [row | more | {"digest": str(n)} for n in range(size)])
        browser = visit(cast.sita)
        with statements() as seen:
            page = browser.get(path)
        assert page.status_code == 200
        seen_by_size.append(len(seen))
    assert seen_by_size[0] == seen_by_size[1] <= 5
    assert "Older" in page.text


# --- addresses -------------------------------------------------------------------------------------------------------


def stop(app, address: str) -> None:
    with app.app_context(), transaction():
        stopped = SuppressedAddress(address=address, reason="There is no such mailbox (5.1.1)", since=clock.now())
        db.session.add_all([stopped, Bounce(address=address, status="5.1.1", words="", at=clock.now())])


def test_the_secretariat_is_told_whose_letters_come_back_and_lets_them_go_again(app, visit, cast):
    stop(app, "bryn@cast.example")
    stop(app, "nobody@elsewhere.example")
    browser = visit(cast.sita)
    home = browser.get("/").text
    assert "Letters to Bryn Heron come back" in home
    assert "Ask Canopy Youth Trust for the right address" in home
    assert "nobody@elsewhere.example" not in browser.get("/inbox").text
    page = browser.get(f"/members/{cast.bryn.id}").text
    assert "Letters to bryn@cast.example come back" in page
    assert "come back" not in visit(cast.amina).get(f"/members/{cast.bryn.id}").text
    assert visit(cast.amina).post(f"/members/{cast.bryn.id}/addresses/send-again").status_code == 404
    done = browser.post(f"/members/{cast.bryn.id}/addresses/send-again", follow_redirects=True)
    assert "Letters to Bryn Heron go out again" in done.text
    again = browser.post(f"/members/{cast.bryn.id}/addresses/send-again", follow_redirects=True)
    assert "are not stopped" in again.text
    with app.app_context():
        assert [row.address for row in db.session.scalars(sa.select(SuppressedAddress))] == ["nobody@elsewhere.example"]
        assert db.session.scalar(sa.select(sa.func.count(Bounce.id))) == 1
        assert history.lines("member", cast.bryn.id).items[0].verb == "lets letters go again to"


def test_a_new_address_is_not_stopped(app, visit, cast):
    stop(app, "bryn@cast.example")
    with app.app_context(), transaction():
        db.session.execute(sa.text("UPDATE member SET email = 'bryn@new.example' WHERE email = 'bryn@cast.example'"))
    assert "come back" not in visit(cast.sita).get("/").text


def test_another_address_is_added_and_taken_away(app, visit, cast):
    browser, path = visit(cast.sita), f"/members/{cast.bryn.id}/addresses"
    page = browser.post(path, data={"address": "Bryn@Trust.example"}, follow_redirects=True)
    assert "Mail from Bryn@Trust.example counts as from Bryn Heron" in page.text
    for address, words in (
        ("bryn@trust.example", "has been added already"),
        ("amina@cast.example", "email address of Amina Rowan"),
        ("nonsense", "correct format"),
        ("", "Enter an email address"),
    ):
        assert words in browser.post(path, data={"address": address}).text
    with app.app_context():
        alias = db.session.scalars(sa.select(MemberAlias)).one()
    assert visit(cast.bryn).post(path, data={"address": "b@c.example"}).status_code == 404
    assert browser.post(f"/members/{cast.amina.id}/addresses/{alias.id}/remove").status_code == 404
    page = browser.post(f"{path}/{alias.id}/remove", follow_redirects=True)
    assert "bryn@trust.example" not in page.text
