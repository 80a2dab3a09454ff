"""The directory and the import, over HTTP."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.members.models import Member, Organisation, Role, Standing
from tests import builders

PEOPLE = "Name,E-mail,Organisation\nÉowyn Swift,EOWYN@X.example,Canopy\nBryn Heron,bryn@cast.example,Canopy\n"


def upload(browser, data: bytes, name="people.csv"):
    return browser.post("/members/import", data={"file": (io.BytesIO(data), name)})


def digest_in(page) -> str:
    return page.text.split('name="digest" value="')[1].split('"')[0]


def person(app, email):
    with app.app_context():
        return db.session.scalar(sa.select(Member).where(Member.email == email))


def count(app):
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Member))


# --- the import -----------------------------------------------------------------------------------------------------


def test_a_table_is_looked_at_first_and_imported_when_agreed_to(app, visit, cast):
    browser = visit(cast.sita)
    where = upload(browser, PEOPLE.encode()).headers["Location"]
    page = browser.get(where)
    assert "1 row would add" in page.text
    assert "Éowyn Swift" in page.text
    assert count(app) == 5
    done = browser.post(where, data={"digest": digest_in(page), "letters": "yes"}, follow_redirects=True)
    assert "1 member added, 1 member updated, 1 organisation added, 1 joining letter on the way" in done.text
    assert person(app, "eowyn@x.example").standing is Standing.INVITED
    again = browser.get(where)
    assert "There is nothing to import" in again.text


def test_the_columns_can_be_chosen(app, visit, cast):
    browser = visit(cast.sita)
    where = upload(browser, b"Naam,Bedrijf,Adres\nAnn,Acme,ann@x.example\n").headers["Location"]
    page = browser.get(f"{where}?columns=chosen&name=1&organisation=2&email=3&job_title=99&role=x")
    assert "Acme" in page.text
    browser.post(f"{where}?columns=chosen&name=1&organisation=2&email=3", data={"digest": digest_in(page)})
    assert person(app, "ann@x.example").name == "Ann"


def test_agreeing_to_an_outdated_look_shows_the_rows_again_with_the_reason(app, visit, cast):
    browser = visit(cast.sita)
    where = upload(browser, PEOPLE.encode()).headers["Location"]
    digest = digest_in(browser.get(where))
    with app.app_context():
        builders.member("Somebody", email="eowyn@x.example")
    page = browser.post(where, data={"digest": digest})
    assert "has changed since you looked" in page.text
    assert digest_in(page) != digest
    assert person(app, "eowyn@x.example").name == "Somebody"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_as_programs_write_them(app, visit, cast, encoding, delimiter):
    browser = visit(cast.sita)
    page = browser.get(upload(browser, PEOPLE.replace(",", delimiter).encode(encoding)).headers["Location"])
    assert "Éowyn Swift" in page.text
    assert "1 row would add" in page.text


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.csv", "is empty"),
        (b"%PDF-1.7 and more", "people.csv", "people.csv is a PDF"),
        (b"\x89PNG\r\n\x1a\n", "people.png", "must be a CSV"),
        (b"Name,Email\n", "head.csv", "no rows under"),
        (b"ann@x.example\nbea@x.example\n", "bare.csv", "must name the columns"),
        (b'Name,Email\n"Ann,ann@x.example\n', "quote.csv", "never closed"),
        (b"PK\x03\x04 not really", "broken.xlsx", "broken.xlsx is"),
    ],
)
def test_what_is_no_table_is_refused_in_words(visit, cast, data, name, words):
    page = upload(visit(cast.sita), data, name)
    assert page.status_code == 200
    assert words in page.text
    assert "There is a problem" in page.text


def test_nothing_selected_and_20_megabytes(visit, cast):
    browser = visit(cast.sita)
    assert "Select a file" in browser.post("/members/import", data={}).text
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'
    page = browser.post(
        "/members/import", data=head + b"x" * 20_000_000, content_type="multipart/form-data; boundary=x"
    )
    assert page.status_code == 413


def test_rows_are_shown_a_page_at_a_time_and_by_what_becomes_of_them(visit, cast):
    browser = visit(cast.sita)
    lines = "".join(f"Person {n},p{n}@x.example\n" for n in range(120)) + "Broken,none\n"
    where = upload(browser, b"Name,Email\n" + lines.encode()).headers["Location"]
    assert "Rows 101 to 121 of 121" in browser.get(f"{where}?from=100").text
    assert "Rows 1 to 1 of 1" in browser.get(f"{where}?show=rejected").text
    assert "No row is like this" in browser.get(f"{where}?show=duplicate").text
    assert browser.get(f"{where}?show=nonsense&from=-5&_scheme=x&columns=").status_code == 200


def test_the_sample_can_be_downloaded_and_imported(visit, cast):
    browser = visit(cast.sita)
    sample = browser.get("/members/import/sample.csv")
    assert "attachment" in sample.headers["Content-Disposition"]
    assert "3 rows would add" in browser.get(upload(browser, sample.data).headers["Location"]).text


def test_a_file_that_was_never_uploaded_is_not_found(visit, cast):
    assert visit(cast.sita).get(f"/members/import/{'0' * 64}").status_code == 404


@pytest.mark.parametrize("who", ["amina", "olu"])
def test_keeping_members_is_not_there_for_others(visit, cast, who):
    browser = visit(getattr(cast, who))
    number = cast.bryn.id
    for path in (
        "/members/new",
        "/members/import",
        f"/members/{number}/edit",
        f"/members/{number}/leave",
        "/members/export.csv",
    ):
        assert browser.get(path).status_code == 404, path
    for path in (
        f"/members/{number}/return",
        f"/members/{number}/joining-letter",
        "/members/joining-letters",
        "/members/new",
    ):
        assert browser.post(path).status_code == 404, path


# --- the directory --------------------------------------------------------------------------------------------------


def test_addresses_are_for_the_secretariat(visit, cast):
    for path in ("/members", f"/members/{cast.bryn.id}"):
        assert "bryn@cast.example" not in visit(cast.amina).get(path).text
        assert "bryn@cast.example" in visit(cast.sita).get(path).text


def test_filters_say_what_they_narrow_and_an_empty_list_says_so(visit, cast):
    browser = visit(cast.sita)
    page = browser.get("/members?text=heron&role=member&sector=nonsense")
    assert "Bryn Heron" in page.text
    assert "Amina" not in page.text
    assert "Name, organisation or job: heron" in page.text
    assert "Role in the Forum: Member" in page.text
    assert "Nobody fits these filters" in browser.get("/members?text=nobody+at+all").text


@pytest.mark.parametrize(
    "query", ["key=nonsense", "key=%00", "sector=999999999999999999999", "text=%25", "standing=left"]
)
def test_odd_addresses_are_answered(visit, cast, query):
    assert visit(cast.sita).get(f"/members?{query}").status_code in {200, 404}


@pytest.mark.parametrize(("path", "limit"), [("/members", 5), ("/organisations", 5), ("/members?text=a&sector=1", 5)])
def test_lists_cost_the_same_however_long_they_are(app, visit, cast, statements, path, limit):
    browser, seen_by_size = visit(cast.sita), []
    for size in (20, 2_000):
        with app.app_context(), transaction():
            db.session.add_all(
                Member(name=f"N {size} {n}", email=f"{size}.{n}@x.example", role=Role.MEMBER, standing=Standing.ACTIVE)
                for n in range(size)
            )
            db.session.add_all(Organisation(slug=f"o-{size}-{n}", name=f"O {size} {n}") for n in range(size))
        with statements() as seen:
            assert browser.get(path).status_code == 200
        seen_by_size.append(len(seen))
    assert seen_by_size[0] == seen_by_size[1] <= limit


def test_the_second_page_follows_the_first(app, visit, cast):
    with app.app_context(), transaction():
        db.session.add_all(
            Member(name=f"Name {n:03}", email=f"n{n}@x.example", role=Role.MEMBER, standing=Standing.ACTIVE)
            for n in range(70)
        )
    browser = visit(cast.sita)
    first = browser.get("/members?role=member")
    assert "50 of 72 members" in first.text
    later = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(later)
    assert "Name 069" in second.text
    assert "Name 000" not in second.text


def test_taking_the_list_away_is_in_the_history(app, visit, cast):
    browser = visit(cast.sita)
    for kind in ("csv", "ods"):
        page = browser.get(f"/members/export.{kind}?text=heron")
        assert "attachment" in page.headers["Content-Disposition"]
    assert b"bryn@cast.example" in browser.get("/members/export.csv?text=heron").data
    with app.app_context():
        line = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb == "exported")).first()
        assert (line.actor_id, line.details["rows"]) == (cast.sita.id, 1)


# --- one member -----------------------------------------------------------------------------------------------------


def new(**more):
    return {"name": "Ann Teal", "email": "ann@x.example", "notify": "daily", "language": "en", **more}


def test_a_member_is_added_with_a_joining_letter_whose_state_shows(app, visit, cast):
    browser = visit(cast.sita)
    page = browser.post("/members/new", data=new(letter="yes"), follow_redirects=True)
    assert "Ann Teal is a member" in page.text
    assert "Waiting" in page.text
    again = browser.post(f"/members/{person(app, 'ann@x.example').id}/joining-letter", follow_redirects=True)
    assert "Links sent before no longer work" in again.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 2


def test_the_same_form_sent_twice_adds_one_member(app, visit, cast):
    browser = visit(cast.sita)
    browser.post("/members/new", data=new())
    page = browser.post("/members/new", data=new(email="ANN@X.example", job_title="Typed before"))
    assert "Ann Teal already has this email address" in page.text
    assert "Typed before" in page.text
    assert count(app) == 6


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "not an address"}, "correct format"),
        ({"name": ""}, "Enter a name"),
        ({"name": "n" * 300}, "200 characters"),
        ({"organisation": "999999"}, "no longer available"),
        ({"notify": "hourly"}, "no longer available"),
    ],
)
def test_wrong_input_is_said_and_what_was_typed_kept(app, visit, cast, wrong, words):
    page = visit(cast.sita).post("/members/new", data=new(job_title="Kept words", **wrong) | wrong)
    assert words in page.text
    assert "Kept words" in page.text
    assert count(app) == 5


def test_a_line_break_in_a_name_is_a_space(app, visit, cast):
    visit(cast.sita).post("/members/new", data=new(name="Ann\r\nBcc: all@x.example"))
    assert person(app, "ann@x.example").name == "Ann Bcc: all@x.example"


def test_only_an_administrator_is_asked_for_a_role_and_heard(app, visit, cast):
    browser = visit(cast.sita)
    assert 'name="role"' not in browser.get("/members/new").text
    browser.post("/members/new", data=new(role="admin"))
    ann = person(app, "ann@x.example")
    assert ann.role is Role.MEMBER
    visit(cast.ada).post(f"/members/{ann.id}/edit", data=new(role="official", version=1))
    assert person(app, "ann@x.example").role is Role.OFFICIAL


def test_two_people_who_save_the_same_member(app, visit, cast):
    sita, ada = visit(cast.sita), visit(cast.ada)
    where = f"/members/{cast.bryn.id}/edit"
    theirs = {"name": "Bryn Heron", "email": "bryn@cast.example", "notify": "daily", "language": "en", "version": 1}
    ada.post(where, data=theirs | {"job_title": "Saved first", "role": "member"})
    page = sita.post(where, data=theirs | {"job_title": "Typed second"})
    assert "Ada Finch changed these details" in page.text
    assert "Typed second" in page.text
    assert "Saved first" in page.text
    assert 'name="version" value="2"' in page.text
    sita.post(where, data=theirs | {"job_title": "Typed second", "version": 2})
    assert person(app, "bryn@cast.example").job_title == "Typed second"


def test_somebody_leaves_is_signed_out_and_returns(app, visit, cast):
    bryn, sita = visit(cast.bryn), visit(cast.sita)
    where = f"/members/{cast.bryn.id}"
    day = {"left_on-day": "31", "left_on-month": "2", "left_on-year": "2016"}
    assert "must be a real date" in sita.post(f"{where}/leave", data=day).text
    assert f'value="{clock.today().year}"' in sita.get(f"{where}/leave").text
    page = sita.post(f"{where}/leave", data=day | {"left_on-month": "10"}, follow_redirects=True)
    assert "has left the Forum" in page.text
    assert "31 October 2016" in page.text
    assert bryn.get("/").status_code == 302
    assert visit(cast.amina).get(where).status_code == 404
    assert "is a member again" in sita.post(f"{where}/return", follow_redirects=True).text
    assert sita.post(f"{where}/return").status_code == 400


def test_a_number_beyond_any_database_is_not_found(visit, cast):
    for path in ("/members", "/organisations"):
        assert visit(cast.amina).get(f"{path}/99999999999999999999").status_code == 404
