"""Saying who a meeting is for, over HTTP; groups of members; mailings that wait or are written in parts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine

from forum.base import history, letters
from forum.base.db import db, transaction
from forum.base.letters import Letter
from forum.meetings import queries
from forum.meetings.commands import audiences, inviting, scheduling
from forum.meetings.models import AudienceKind, Invitation, MailingOrder, MeetingKind
from forum.meetings.queries import audiences as audience_queries
from forum.meetings.rules import tellings as telling_rules
from forum.members.commands import groups
from forum.members.models import Group, Standing, theme_interest
from forum.members.queries import groups as read_groups
from forum.reference.models import PoliceForce, Region, Sector
from tests import builders
from tests.meetings.builders import BEFORE, answer, carry_out, crowd, details, invite, meeting, stored


@pytest.fixture(autouse=True)
def before() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def empty(app, cast) -> int:
    """A working group's meeting: for nobody until somebody says for whom."""
    with app.app_context():
        return meeting(cast.sita, kind=MeetingKind.WORKING_GROUP).id


# --- whom each line names -------------------------------------------------------------------------------------------------


def add(cast, made, **more) -> int:
    with transaction():
        return audiences.add(cast.sita, made, **more)


def test_a_meeting_of_the_forum_is_for_everybody_and_others_for_whom_somebody_chose(inside, cast):
    assert queries.tally(meeting(cast.sita)).uninvited == 4
    assert queries.tally(meeting(cast.sita, kind=MeetingKind.ROUNDTABLE)).uninvited == 0


def test_each_kind_of_line_names_its_people_and_nobody_is_invited_twice(inside, cast):
    essex, charity = builders.listed(PoliceForce, "essex"), builders.listed(Sector, "voluntary")
    wales, theme = builders.listed(Region, "wales"), builders.theme("social-media")
    with transaction():
        db.session.execute(sa.insert(theme_interest), [{"member_id": cast.olu.id, "theme_id": theme.id}])
        group = groups.add_group(cast.sita, "County lines", [cast.amina.id, cast.olu.id])
    by_kind = {
        AudienceKind.FORCE: (essex.id, ["Amina Rowan"]),
        AudienceKind.SECTOR: (charity.id, ["Bryn Heron"]),
        AudienceKind.REGION: (wales.id, ["Bryn Heron"]),
        AudienceKind.THEME: (theme.id, ["Olu Hazel"]),
        AudienceKind.GROUP: (group.id, ["Amina Rowan", "Olu Hazel"]),
        AudienceKind.MEMBER: (cast.sita.id, ["Sita Curlew"]),
    }
    everything = meeting(cast.sita, kind=MeetingKind.WORKING_GROUP)
    for kind, (target, named) in by_kind.items():
        made = meeting(cast.sita, kind=MeetingKind.WORKING_GROUP)
        assert add(cast, made, targets={kind: [target, 999_999]}) == 1
        assert add(cast, made, targets={kind: [target]}) == 0
        assert [row.name for row in queries.uninvited(made)] == named, kind
        (line,) = audience_queries.lines(made)
        assert (line.kind, line.people, bool(line.title)) == (kind, len(named), True)
        add(cast, everything, targets={kind: [target]})
    assert (
        audience_queries.size(everything) == queries.tally(everything).uninvited == invite(cast.sita, everything) == 4
    )


def test_who_is_only_welcome_gets_an_optional_invitation(inside, cast):
    made = meeting(cast.sita, kind=MeetingKind.WORKING_GROUP)
    add(cast, made, is_everyone=True, is_optional=True)
    add(cast, made, targets={AudienceKind.MEMBER: [cast.bryn.id]})
    invite(cast.sita, made)
    kept = {letter.member_id: letter for letter in db.session.scalars(sa.select(Letter))}
    roles = {
        number: b"ROLE=OPT-PARTICIPANT" in letter.calendar.replace(b"\r\n ", b"") for number, letter in kept.items()
    }
    assert roles == {cast.amina.id: True, cast.bryn.id: False, cast.olu.id: True, cast.sita.id: True}
    assert "do not have to come" in kept[cast.amina.id].text
    assert "do not have to come" not in kept[cast.bryn.id].text
    assert stored(made, cast.amina).is_optional
    with transaction():
        found = queries.get(cast.sita, made.id)
        inviting.resend(cast.sita, found, queries.invitation(found, cast.amina.id))
    again = db.session.scalars(sa.select(Letter).order_by(Letter.id.desc()).limit(1)).one()
    assert b"ROLE=OPT-PARTICIPANT" in again.calendar.replace(b"\r\n ", b"")


def test_a_copy_is_for_the_same_people(inside, cast):
    one, other = meeting(cast.sita), meeting(cast.sita)
    add(cast, one, targets={AudienceKind.MEMBER: [cast.bryn.id]}, is_optional=True)
    with transaction():
        audiences.copy(one, other)
    assert [line[1:] for line in audience_queries.lines(other)] == [line[1:] for line in audience_queries.lines(one)]


# --- the page -------------------------------------------------------------------------------------------------------------


def test_people_are_chosen_by_box_and_by_name(app, visit, cast, empty):
    browser, path = visit(cast.sita), f"/meetings/{empty}/invitees"
    assert "Nobody is chosen yet" in browser.get(path).text
    page = browser.get(f"{path}?find=bry").text
    assert f'name="people" type="checkbox" value="{cast.bryn.id}"' in page
    data = {"people": cast.bryn.id, "role": "optional"}
    page = browser.post(f"{path}?find=bry", data=data, follow_redirects=True).text
    assert re.search(r"By name: Bryn Heron.*?Optional.*?1 person", page, re.S)
    with app.app_context():
        sector = builders.listed(Sector, "police").id
    page = browser.post(path, data={"sectors": sector, "role": "required"}, follow_redirects=True).text
    assert "2 people" in page
    remove = re.search(rf"{path}/\d+/remove", page)[0]
    assert "1 person" in browser.post(remove, follow_redirects=True).text
    assert browser.post(remove).status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"role": "required"}, "Select whom to add"),
        ({"everyone": "y"}, "Select whether they need to come"),
        ({"sectors": "999", "role": "required"}, "no longer available"),
        ({"sectors": "x", "role": "required"}, "no longer available"),
    ],
)
def test_a_choice_of_nothing_is_refused_on_the_form(visit, cast, empty, data, said):
    page = visit(cast.sita).post(f"/meetings/{empty}/invitees", data=data)
    assert page.status_code == 200
    assert said in page.text


def test_only_whoever_runs_the_forum_says_who_is_invited(visit, cast, empty):
    for path in (f"/meetings/{empty}/invitees", f"/meetings/{empty}/invitees/post.csv", "/members/groups"):
        for person in (cast.amina, cast.olu):
            assert visit(person).get(path).status_code == 404
    assert visit(cast.amina).post(f"/meetings/{empty}/invitees", data={"everyone": "y"}).status_code == 404


def test_who_is_left_out_comes_as_a_file_for_envelopes_and_that_is_in_the_history(app, visit, cast):
    with app.app_context():
        made = meeting(cast.sita).id
        builders.member("Hyacinth Post", email=None, job_title="Warden", contact_note="Ring 555 0100, then write")
        builders.member("=HYPERLINK(1)", standing=Standing.INVITED)
    sent = visit(cast.sita).get(f"/meetings/{made}/invitees/post.csv")
    rows = list(csv.reader(io.StringIO(sent.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Name", "'=HYPERLINK(1)", "Hyacinth Post"]
    assert rows[2][1] == "Warden"
    assert rows[2][5] == "Ring 555 0100, then write"
    sent = visit(cast.sita).get(f"/meetings/{made}/invitees/invited.csv")
    assert len(sent.text.splitlines()) == 5
    with app.app_context():
        assert "exported" in db.session.scalars(sa.select(history.HistoryLine.verb)).all()


@pytest.mark.parametrize("people", [20, 2000])
def test_statements_do_not_grow_with_the_people(app, visit, cast, statements, people):
    with app.app_context():
        crowd(people)
        made = meeting(cast.sita)
        invite(cast.sita, made)
        letters.deliver_due(limit=5)
        with transaction():
            scheduling.change(cast.sita, queries.get(cast.sita, made.id), version=1, **details(place="Elsewhere"))
    browser = visit(cast.sita)
    for path, most in (("invitees", 9), ("invitations", 9), ("invitations/new", 9), ("invitations/update", 9)):
        browser.get(f"/meetings/{made.id}/{path}")
        with statements() as seen:
            assert browser.get(f"/meetings/{made.id}/{path}").status_code == 200
        assert len(seen) <= most, (path, len(seen))


# --- an update that waits ---------------------------------------------------------------------------------------------------


def test_the_update_page_says_what_is_new_to_whom_and_that_it_waits(app, visit, cast):
    with app.app_context():
        made = meeting(cast.sita)
        invite(cast.sita, made)
        letters.deliver_due()
        answer(cast.amina, made)
        with transaction():
            scheduling.change(
                cast.sita,
                queries.get(cast.sita, made.id),
                version=1,
                **details(place="Another house", starts=details()["ends"].replace(hour=9)),
            )
    browser, path = visit(cast.sita), f"/meetings/{made.id}/invitations"
    page = browser.get(f"{path}/update").text
    for words in ("4 people have an invitation that says something else", "Another house", "Example House, London"):
        assert words in page
    assert "4 people are asked for a new answer; 1 answer given so far no longer counts" in page
    page = browser.post(f"{path}/update", follow_redirects=True).text
    assert "An update to 4 people goes out at 9:05am. A correction until then goes in the same letter" in page
    assert "data-poll=" not in page  # nothing moves under the fingers while it waits
    stop = re.search(rf"{path}/orders/\d+/stop", page)[0]
    now = stop.replace("/stop", "/now")
    assert "The update is being sent" in browser.post(now, follow_redirects=True).text
    page = browser.post(stop, follow_redirects=True).text
    assert "Stopped. Nothing was sent" in page
    assert browser.post(now).status_code == 400
    assert visit(cast.amina).post(stop).status_code == 404
    assert browser.post(f"/meetings/{made.id}/invitations/orders/99/stop").status_code == 404


def test_a_mailing_to_many_shows_its_progress_and_can_be_stopped(app, visit, cast, monkeypatch):
    monkeypatch.setattr(telling_rules, "IN_ONE_REQUEST", 3)
    monkeypatch.setattr(telling_rules, "IN_ONE_PART", 2)
    monkeypatch.setattr("forum.web.meetings.invitations.IN_ONE_REQUEST", 3)
    with app.app_context():
        made = meeting(cast.sita).id
    browser, path = visit(cast.sita), f"/meetings/{made}/invitations"
    page = browser.post(path, data={"people": "4"}, follow_redirects=True).text
    assert "4 invitations are being written" in page
    assert "Their invitations are being written" in browser.get(f"{path}/new").text
    with app.app_context():
        carry_out()
    page = browser.get(path).text
    assert "2 of 4 letters written" in page
    assert "2 of 4 letters written" in browser.get(f"{path}/progress").text
    page = browser.post(re.search(rf"{path}/orders/\d+/stop", page)[0], follow_redirects=True).text
    assert "Stopped. 2 letters had been written and will be sent" in page
    with app.app_context():
        assert not carry_out()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 2
        assert db.session.scalars(sa.select(MailingOrder)).one().finished_at is not None


# --- a stand-in, and an answer by phone --------------------------------------------------------------------------------------


def test_a_stand_in_is_found_by_name_and_invited(app, visit, cast):
    with app.app_context():
        made = meeting(cast.sita, kind=MeetingKind.WORKING_GROUP)
        add(cast, made, targets={AudienceKind.MEMBER: [cast.amina.id]})
        invite(cast.sita, made)
    browser, path = visit(cast.sita), f"/meetings/{made.id}/invitations/{cast.amina.id}"
    page = browser.get(f"{path}/stand-in?find=heron").text
    assert "Bryn Heron, Canopy Youth Trust" in page
    assert "Select who comes instead" in browser.post(f"{path}/stand-in?find=heron", data={}).text
    page = browser.post(f"{path}/stand-in?find=heron", data={"stand_in": cast.bryn.id}, follow_redirects=True).text
    assert "Bryn Heron is invited in the place of Amina Rowan" in page
    assert "comes instead" in page
    assert "in the place of" in browser.get(f"/meetings/{made.id}/invitations/{cast.bryn.id}").text


def test_how_an_answer_was_said_is_in_the_history(app, visit, cast):
    with app.app_context():
        made = meeting(cast.sita)
        invite(cast.sita, made)
    path = f"/meetings/{made.id}/invitations/{cast.bryn.id}"
    visit(cast.sita).post(path, data={"answer": "maybe", "said_by": "phone", "note": ""})
    with app.app_context():
        lines = db.session.scalars(sa.select(history.HistoryLine).where(history.HistoryLine.verb == "answered"))
        assert "phone" in str(lines.one().details)


# --- groups -----------------------------------------------------------------------------------------------------------------


def test_a_group_is_made_filled_and_thinned(app, visit, cast):
    browser = visit(cast.sita)
    page = browser.post("/members/groups/new", data={"title": "County lines", "form_key": "k"}, follow_redirects=True)
    path = page.request.path
    assert "Nobody is in this group yet" in page.text
    assert browser.post("/members/groups/new", data={"title": "County lines", "form_key": "k"}).location.endswith(path)
    assert "already a group with this name" in browser.post("/members/groups/new", data={"title": "county LINES"}).text
    found = browser.get(f"{path}?find=a").text
    assert "Amina Rowan" in found
    data = {"title": "County lines", "version": "1", "found": [cast.amina.id, cast.bryn.id]}
    assert "Bryn Heron" in browser.post(f"{path}?find=r", data=data, follow_redirects=True).text
    outdated = browser.post(path, data={"title": "Other", "version": "1", "members": [cast.amina.id]})
    assert "Somebody else changed this group" in outdated.text
    browser.post(path, data={"title": "County lines", "version": "2", "members": [cast.amina.id]})
    page = browser.get("/members/groups").text
    assert re.search(r"County lines.*?>1<", page, re.S)
    with app.app_context():
        assert db.session.scalars(sa.select(Group)).one().version == 3


def test_the_demonstration_has_its_working_group(demonstration):
    with demonstration.app_context():
        ((_, title, people),) = read_groups.groups()
        assert (title, people) == ("National working group on county lines", 18)
