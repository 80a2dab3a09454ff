"""The demonstration comes in whole, says what the files say, and leaves nothing behind."""

from __future__ import annotations

import json
from datetime import date

import pytest
import sqlalchemy as sa

from forum.base import history
from forum.base.copies import counts
from forum.base.db import db, transaction
from forum.base.letters import Letter
from forum.challenges import commands as challenges
from forum.challenges.models import Challenge, Citation, Response, Status, StatusChange
from forum.demonstration import queries
from forum.feedback import commands as feedback
from forum.feedback.commands import supporting
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply, Support
from forum.meetings.models import Invitation, Meeting, Stage
from forum.members.models import Member, Organisation, Role, Standing
from forum.reference.models import Marking
from tests import builders

LATER_KEYS = {"delivery_plan", "dp_status", "dp_part", "strands"}


def rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return counts(connection)


def person(name: str) -> Member:
    return db.session.scalars(sa.select(Member).where(Member.name == name)).one()


@pytest.fixture
def loaded(demonstration):
    with demonstration.app_context():
        yield demonstration
        db.session.rollback()


def test_the_census_says_what_the_demonstration_promises(loaded, run):
    counted = json.loads(run("census", "--json").output)
    expected = queries.expected_counts()
    assert set(expected) - set(counted) == LATER_KEYS
    assert {key: counted[key] for key in expected if key in counted} == {
        key: value for key, value in expected.items() if key not in LATER_KEYS
    }
    assert (counted["administrators"], counted["meetings"]) == (1, 3)
    assert (counted["supports"], counted["threads_supported"]) == (135, 34)


def test_members_say_same_here_for_some_organisations_each_counted_once(loaded):
    entries = queries.entries("supports")
    homes = {row["id"]: row["organisation"] for row in queries.people()}
    expected = len({(entry["thread"], homes[entry["member"]]) for entry in entries})
    assert db.session.scalar(sa.select(sa.func.sum(Feedback.support_count))) == expected == 130
    assert db.session.get(Feedback, 41).support_count == 13
    said = sa.select(Support.supported_at, Feedback.posted_at).join(Feedback, Feedback.id == Support.feedback_id)
    assert all(at > posted for at, posted in db.session.execute(said))


def test_the_census_reads_as_a_table_too(loaded, run):
    lines = run("census").output.splitlines()
    assert "members                           120" in lines
    assert "unlinked                           19" in lines
    assert "  MTG-03    accepted 9, declined 3, no-reply 105" in lines


def test_an_empty_database_counts_as_nothing(run):
    counted = json.loads(run("census", "--json").output)
    assert (counted["members"], counted["linked"], counted["unlinked"], counted["rsvp"]) == (0, 0, [], {})


def test_numbers_dates_and_attribution_are_those_of_the_files(loaded):
    for entry in queries.entries("feedback"):
        thread = db.session.get(Feedback, int(entry["ref"].removeprefix("FB-")))
        author = next(row for row in queries.people() if row["id"] == entry["author"])
        assert (thread.title, thread.happening) == (entry["title"], entry["body"])
        assert thread.posted_at.date() == date.fromisoformat(entry["posted"])
        assert (thread.attribution.value, thread.marking.value) == (entry["attribution"], entry["marking"])
        assert db.session.get(Member, thread.author_id).name == author["name"]
        replies = db.session.scalars(sa.select(Reply).filter_by(feedback_id=thread.id).order_by(Reply.id)).all()
        assert [(r.body, r.is_official, r.posted_at.date().isoformat()) for r in replies] == [
            (said["body"], said["official"], said["posted"]) for said in entry["replies"]
        ]
        assert all(r.attribution is Attribution.NAMED for r in replies if r.is_official)
        assert thread.reply_count == len(replies)
        assert thread.active_at == max([thread.posted_at, *(r.posted_at for r in replies)])


def test_people_stand_as_the_file_says_and_only_who_may_can_sign_in(loaded):
    assert db.session.get(Member, 1).name == "Amara Alder"
    assert person("Mairead Oxlip").left_on == date(2016, 10, 31)
    assert person("Tomasz Jackdaw").standing is Standing.INVITED
    assert person("Tomasz Jackdaw").password_hash is None
    assert person("Hyacinth Hollyhock").email is None
    admin = person("Forum administrator")
    assert (admin.email, admin.role, admin.is_active) == ("admin@egve-forum.example", Role.ADMIN, True)
    for entry in queries.entries("organisations"):
        assert db.session.scalar(sa.select(Organisation.slug).filter_by(name=entry["name"])) == entry["slug"]


@pytest.mark.parametrize("email", ["admin@egve-forum.example", "hana.lapwing@gangs-and-exploitation-secre.example"])
def test_its_people_sign_in_with_the_demonstrations_password(loaded, email):
    browser = loaded.test_client()
    password = loaded.config["DEMO_PASSWORD"]
    assert browser.post("/sign-in", data={"email": email, "password": password}).status_code == 302
    assert "Demonstration data" in browser.get("/").text


def test_meetings_are_at_the_moments_and_with_the_people_given(loaded):
    for number, entry in enumerate(queries.entries("meetings"), start=1):
        meeting = db.session.get(Meeting, number)
        assert meeting.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ") == entry["utc_start"]
        assert (meeting.stage, meeting.is_chatham_house, meeting.place) == (Stage.OPEN, True, entry["venue"])
        invited = dict(
            db.session.execute(
                sa.select(Member.name, Invitation.invited_at)
                .join(Member, Member.id == Invitation.member_id)
                .where(Invitation.meeting_id == number)
            ).all()
        )
        assert len(invited) == len(entry["rsvp"])
        joined = {row["name"]: date.fromisoformat(row["joined"]) for row in queries.people()}
        day = date.fromisoformat(entry["date"])
        for name, at in invited.items():
            assert at.date() < day
            assert joined[name] <= at.date() or joined[name] == day
        answers = sa.select(Invitation.invited_at, Invitation.answered_at).where(Invitation.answered_at.is_not(None))
        for invited_at, answered_at in db.session.execute(answers.where(Invitation.meeting_id == number)):
            assert invited_at <= answered_at < meeting.starts_at


def test_challenges_stand_on_words_of_their_sources_and_say_why_they_stand_where_they_do(loaded):
    for entry in queries.entries("challenges"):
        challenge = db.session.get(Challenge, int(entry["ref"].removeprefix("CH-")))
        cited = db.session.scalars(sa.select(Citation).filter_by(challenge_id=challenge.id)).all()
        assert {f"FB-{citation.feedback_id:03d}" for citation in cited} == set(entry["sources"])
        for citation in cited:
            source = db.session.get(Feedback, citation.feedback_id)
            assert source.happening.startswith(citation.words)
            assert citation.words[-1] in ".?!'"
            assert citation.cited_at > source.posted_at
        steps = db.session.scalars(
            sa.select(StatusChange).filter_by(challenge_id=challenge.id).order_by(StatusChange.changed_at)
        ).all()
        assert [step.status for step in steps] == list(dict.fromkeys([Status.NEW, Status(entry["status"])]))
        assert steps[0].changed_at.date() == date.fromisoformat(entry["opened"])
        assert steps[-1].changed_at.date() <= date(2016, 12, 2)
        said = {r.kind: r.source for r in db.session.scalars(sa.select(Response).filter_by(challenge_id=challenge.id))}
        assert (said.get("response", ""), said.get("progress", "")) == (entry["response"], entry["progress"])
        assert db.session.get(Member, challenge.owner_id).job_title == entry["owner"]


def test_nobody_is_written_to_and_the_history_holds(loaded):
    assert db.session.scalar(sa.select(sa.func.count(Letter.id))) == 0
    assert list(history.breaks()) == []


def test_a_second_load_changes_nothing(loaded, run):
    before = rows()
    assert "is there already" in run("demo", "load").output
    assert rows() == before


def test_it_does_not_mix_with_people_who_are_there(app, cast, run):
    assert "There are members in this database already" in run("demo", "load", status=1).output
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Organisation.id))) == 3


def test_when_a_part_cannot_be_loaded_none_is(app, run, monkeypatch):
    bad = [{**queries.entries("challenges")[0], "prevalence": 6}]
    entries = queries.entries
    monkeypatch.setattr(queries, "entries", lambda name: bad if name == "challenges" else entries(name))
    assert "Prevalence must be a number from 1 to 5." in run("demo", "load", status=1).output
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Member.id))) == 0


def test_it_leaves_the_lists_and_its_history_and_nothing_else(app, run):
    with app.app_context():
        before = rows()
    assert "There is no demonstration" in run("demo", "remove").output
    run("demo", "load")
    run("demo", "remove")
    with app.app_context():
        after = rows()
        assert after.pop("history_line") > before.pop("history_line")
        assert after == before
    run("demo", "load")
    assert json.loads(run("census", "--json").output)["replies"] == 90


def test_what_real_people_added_goes_only_when_that_is_said(loaded, run):
    with transaction():
        real, another = builders.member("Real Person", role=Role.SECRETARIAT), builders.member("Another Person")
    with transaction():
        feedback.reply(real, 1, "This is so here too.", attribution=Attribution.ORGANISATION)
        own = _own_thread(real)
        feedback.reply(person("Hana Lapwing"), own.id, "Thank you.", attribution=Attribution.NAMED)
        supporting.support(another, 1)
        supporting.support(person("Jasmeet Pipistrelle"), own.id)
    with transaction():
        challenge = challenges.open(real, title="Ours", description="", prevalence=1, impact=1)
        challenges.cite(real, challenge, db.session.get(Feedback, 2), "In the last quarter")
    db.session.remove()
    refused = run("demo", "remove", status=1).output
    assert "1 in reply" in refused
    assert "1 in support" in refused
    assert "1 in citation" in refused
    assert json.loads(run("census", "--json").output)["threads"] == 61
    run("demo", "remove", "--yes")
    kept = db.session.get(Feedback, own.id)
    assert (kept.title, kept.reply_count, kept.support_count) == ("Ours alone", 0, 0)
    counted = json.loads(run("census", "--json").output)
    assert [counted[key] for key in ("members", "organisations", "threads", "replies", "challenges")] == [2, 2, 1, 0, 1]


def _own_thread(author: Member) -> Feedback:
    return feedback.post(
        author,
        kind=FeedbackKind.IDEA,
        title="Ours alone",
        happening="Nothing of the demonstration.",
        attribution=Attribution.NAMED,
        marking=Marking.OFFICIAL,
    )


# --- what is seen of it ----------------------------------------------------------------------------------------------

ROLES = {
    "admin": "admin@egve-forum.example",
    "secretariat": "hana.lapwing@gangs-and-exploitation-secre.example",
    "official": "amara.alder@gangs-and-exploitation-secre.example",
    "member": "jasmeet.pipistrelle@essex-police-area-demo.example",
}


def browse(app, email):
    browser = app.test_client()
    page = browser.post("/sign-in", data={"email": email, "password": app.config["DEMO_PASSWORD"]})
    assert page.status_code == 302
    return browser


def test_the_admin_sees_the_census_and_nobody_else_does(loaded, statements):
    admin = browse(loaded, ROLES["admin"])
    with statements() as seen:
        page = admin.get("/admin/census")
    assert len(seen) <= 24
    for words in ("120", "members who posted", "Practitioner awareness and training", "Under consideration", "MTG-02"):
        assert words in page.text
    for role in ("secretariat", "official", "member"):
        assert browse(loaded, ROLES[role]).get("/admin/census").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_no_page_tells_any_role_who_an_unattributed_author_is(loaded, role):
    """The thread, its history, the challenges that cite it and their exports, for every unattributed thread."""
    browser = browse(loaded, ROLES[role])
    threads = db.session.execute(
        sa.select(Feedback.id, Member.name, Organisation.name)
        .join(Member, Member.id == Feedback.author_id)
        .join(Organisation, Organisation.id == Member.organisation_id)
        .where(Feedback.attribution == Attribution.UNATTRIBUTED)
    ).all()
    assert len(threads) == 6
    cited = dict(db.session.execute(sa.select(Citation.feedback_id, Citation.challenge_id)).all())
    for number, name, organisation in threads:
        paths = [f"/feedback/{number}", f"/feedback/{number}/history"]
        paths += [f"/challenges/{cited[number]}"] if number in cited else []
        for path in paths:
            page = browser.get(path)
            assert page.status_code == 200 or "history" in path
            assert name not in page.text, path
            assert organisation not in page.text or path.startswith("/challenges"), path
