"""Importing, keeping and joining."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.base.tables import read_table
from forum.members import queries
from forum.members.commands import joining, keeping, signing_in
from forum.members.commands.columns import guess
from forum.members.commands.importing import import_members
from forum.members.commands.planning import MEMBER, ORGANISATION, Outcome, plan
from forum.members.models import Member, Notify, Organisation, PasswordLink, Role, SignIn, Standing
from tests import builders


def table(*lines: str, name="people.csv"):
    return read_table("\n".join(lines).encode(), name)


def planned(*lines: str, actor=None):
    read = table(*lines)
    return plan(actor, read, guess(read))


def imported(*lines: str, actor=None, **more):
    read = table(*lines)
    with transaction():
        return import_members(actor, read, guess(read), **more)


def outcomes(found):
    return [row.outcome for row in found.rows]


def outbox() -> list[Letter]:
    """Every letter written, the newest first."""
    return list(db.session.scalars(sa.select(Letter).order_by(Letter.id.desc())))


def member(email):
    return db.session.execute(sa.select(Member).where(Member.email == email)).scalar_one()


# --- which column holds what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("Primary Email", {"email": "Primary Email"}),
        ("E-mail 1 - Type,E-mail 1 - Value", {"email": "E-mail 1 - Value"}),
        ("Public Authority,Country,Category,FOI Email", {"organisation": "Public Authority", "email": "FOI Email"}),
        ("First Name,Last Name,E-MAIL ADDRESS", {"given_name": "First Name", "email": "E-MAIL ADDRESS"}),
        ("Display Name,Organization,Job Title", {"name": "Display Name", "organisation": "Organization"}),
        ("Organization 1 - Name,Organization 1 - Title", {"organisation": "Organization 1 - Name"}),
        ("official-name,nice-name,region", {"organisation": "official-name", "region": "region"}),
        ("jobTitle,status,joined", {"job_title": "jobTitle", "standing": "status", "joined_on": "joined"}),
    ],
)
def test_columns_are_known_by_many_names(head, found):
    read = table(head, ",".join("x" for _ in head.split(",")))
    assert found.items() <= guess(read).items()


def test_the_name_of_a_type_or_a_second_address_is_not_taken_for_the_address():
    read = table("E-mail 2 - Value,E-mail 1 - Type,E-mail 1 - Value", "b@x.example,Home,a@x.example")
    assert guess(read)["email"] == "E-mail 1 - Value"


def test_an_address_column_of_an_unknown_name_is_found_by_what_is_in_it():
    read = table("Wer,Kontakt", "Ann,ann@x.example", "Bob,bob@x.example")
    assert guess(read)["email"] == "Kontakt"


def test_a_role_that_is_a_job_is_the_job_title():
    assert guess(table("Name,Role", "Ann,Chief inspector"))["job_title"] == "Role"
    assert guess(table("Name,Role", "Ann,Secretariat"))["role"] == "Role"


# --- the plan -------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_would_become_of_every_row_and_does_nothing(inside):
    where = builders.organisation("Essex Police")
    builders.member("Ann Teal", email="ann@x.example", organisation=where, job_title="Sergeant")
    builders.member("Bea Wren", email="bea@x.example", organisation=where)
    found = planned(
        "Name,Email,Organisation,Job title",
        "Ann Teal, ANN@X.example ,Essex Police,Inspector",
        "Bea Wren,bea@x.example,essex police,",
        "Cat Gull,cat@x.example,Canopy,",
        "Cat Gull,Cat@X.Example,Canopy,",
        "Dan Rook,not an address,Canopy,",
        "Eve Swan,,,",
        "Fay Lark,,Canopy,",
        ",,Canopy Wales,",
    )
    assert [o.value for o in outcomes(found)] == [
        "updated", "unchanged", "new", "duplicate", "rejected", "rejected", "new", "new",
    ]  # fmt: skip
    assert found.rows[0].changes == (("Job title", "Sergeant", "Inspector"),)
    assert "row 4" in found.rows[3].remarks[0]
    assert "not an email address" in found.rows[4].remarks[0]
    assert [row.kind for row in found.rows[-2:]] == [MEMBER, ORGANISATION]
    assert found.new_organisations == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Member)) == 2


def test_rows_that_cannot_be_used_say_why(inside):
    found = planned(
        "Name,Email,Organisation",
        "Ann,a@x.example; b@x.example,",
        f"{'n' * 201},c@x.example,",
        f"Cat,d@x.example,{'o' * 201}",
    )
    assert set(outcomes(found)) == {Outcome.REJECTED}
    assert [row.remarks[0][:20] for row in found.rows] == [
        "“a@x.example; b@x.ex",
        "Name has more than 2",
        "Organisation has mor",
    ]


def test_what_is_not_in_our_lists_is_remarked_on_and_left_out(inside):
    [row] = planned(
        "Name,Email,Organisation,Sector,Force,Role,Joined",
        "Ann,a@x.example,Acme,Astrology,Narnia,member,31 February 2016",
    ).rows
    assert row.outcome is Outcome.NEW
    assert [words.split(" is not")[0].split(" was")[0] for words in row.remarks] == [
        "“Astrology”",
        "“Narnia”",
        "Date joined: “31 February 2016”",
    ]


def test_five_statements_however_many_rows(inside, statements):
    few = table("Name,Email", "A,a@x.example")
    many = table("Name,Email,Organisation", *(f"P{n},p{n}@x.example,Org {n % 50}" for n in range(2_000)))
    for read in (few, many):
        with statements() as seen:
            plan(None, read, guess(read))
        assert len(seen) == 5


# --- importing ------------------------------------------------------------------------------------------------------


def test_importing_does_what_the_plan_said_and_a_second_time_nothing(inside):
    lines = (
        "name,email,organisation,sector,force,job_title,role,status,joined,notify,language,contact_note",
        "Ann Teal,Ann@X.example,Essex Police,police,essex,Sergeant,member,active,2016-03-01,weekly,cy,Ring first",
        "Bea Wren,bea@x.example,Essex Police,Police force,Essex Police,,official,invited,,,,",
        "Cat Gull,,Canopy,voluntary,,,member,,1 March 2016,none,en,By post",
    )
    assert imported(*lines)[:3] == (3, 0, 2)
    ann, bea = member("ann@x.example"), member("bea@x.example")
    assert (ann.standing, ann.notify, ann.language, ann.joined_on) == (
        Standing.ACTIVE, Notify.WEEKLY, "cy", date(2016, 3, 1),
    )  # fmt: skip
    assert (bea.role, bea.standing) == (Role.OFFICIAL, Standing.INVITED)
    essex = db.session.get(Organisation, ann.organisation_id)
    assert (essex.slug, essex.force_id is None, essex.region_id is None) == ("essex-police", False, False)
    assert [row.name for row in queries.left_out()] == ["Bea Wren", "Cat Gull"]
    assert imported(*lines)[:4] == (0, 0, 0, 0)


def test_an_import_leaves_what_blank_cells_say_nothing_about(inside):
    ann = builders.member("Ann Teal", email="ann@x.example", job_title="Sergeant", contact_note="Ring first")
    imported("Name,Email,Job title,Notes", "Ann Teal-Wood,ann@x.example,,")
    assert (ann.name, ann.job_title, ann.contact_note, ann.version) == ("Ann Teal-Wood", "Sergeant", "Ring first", 2)


def test_an_older_list_does_not_undo_that_somebody_joined(inside):
    builders.member("Ann Teal", email="ann@x.example", standing=Standing.ACTIVE)
    assert outcomes(planned("Name,Email,Status", "Ann Teal,ann@x.example,invited")) == [Outcome.UNCHANGED]


def test_members_marked_as_left_lose_their_way_in(inside):
    ann = builders.member("Ann Teal", email="ann@x.example")
    with transaction():
        token = signing_in.begin(ann, "a browser")
    imported("Name,Email,Status,Left", "Ann Teal,ann@x.example,left,31/10/2016")
    assert (ann.standing, ann.left_on) == (Standing.LEFT, date(2016, 10, 31))
    assert queries.signed_in(token) is None
    imported("Name,Email,Status", "Ann Teal,ann@x.example,active")
    assert (ann.standing, ann.left_on) == (Standing.ACTIVE, None)


def test_a_known_organisation_is_completed_but_never_overruled(inside):
    here = builders.organisation("Canopy", sector="voluntary", force=None)
    done = imported("Organisation,Sector,Force", "CANOPY,police,south-wales")
    db.session.refresh(here)
    assert done.organisations_updated == 1
    assert (here.sector_id, here.force_id is None) == (builders.listed(builders.Sector, "voluntary").id, False)
    assert "already known with another sector" in planned("Organisation,Sector", "Canopy,police").rows[0].remarks[0]


def test_the_secretariat_cannot_give_itself_roles_by_way_of_a_file(inside, cast):
    lines = (
        "Name,Email,Role,Status",
        "Sita Curlew,sita@cast.example,admin,left",
        "New,new@x.example,admin,",
        "O,olu@cast.example,member,left",
    )
    found = planned(*lines, actor=cast.sita)
    assert [o.value for o in outcomes(found)] == ["unchanged", "new", "updated"]
    imported(*lines, actor=cast.sita)
    assert [member(f"{name}@cast.example").role for name in ("sita", "olu")] == [Role.SECRETARIAT, Role.OFFICIAL]
    assert member("new@x.example").role is Role.MEMBER
    assert member("olu@cast.example").standing is Standing.ACTIVE
    imported(*lines, actor=cast.ada)
    assert member("sita@cast.example").role is Role.ADMIN


def test_members_import_nothing(inside, cast):
    with pytest.raises(NotAllowed):
        planned("Name,Email", "A,a@x.example", actor=cast.amina)


def test_agreeing_to_a_plan_that_has_changed_is_refused_and_nothing_is_done(inside):
    lines = ("Name,Email", "Ann,ann@x.example", "Bea,bea@x.example")
    digest = planned(*lines).digest
    builders.member("Ann Other", email="ann@x.example")
    with pytest.raises(Rejected, match="has changed since"):
        imported(*lines, digest=digest)
    assert queries.by_email("bea@x.example") is None


def test_letters_go_to_the_new_people_who_have_an_address_and_have_not_joined(inside):
    done = imported(
        "Name,Email,Organisation,Status",
        "Ann,ann@x.example,Acme,",
        "Bea,bea@x.example,Acme,active",
        "Cat,,Acme,",
        send_letters=True,
    )
    assert done.letters == 1
    [letter] = outbox()
    assert (letter.to_address, letter.about) == ("ann@x.example", f"member:{member('ann@x.example').id}")


def test_what_was_imported_is_in_the_history_without_what_it_says(inside):
    builders.member("Ann", email="ann@x.example")
    imported("Name,Email,Job title", "Ann,ann@x.example,Secret job")
    [line] = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.verb == "imported"))
    assert line.details == {"changed": ["job_title"]}


# --- keeping --------------------------------------------------------------------------------------------------------


def test_nobody_is_added_twice_whatever_the_capitals(inside, cast):
    with transaction():
        keeping.add_member(cast.sita, name="Ann", email=" Ann@X.example ")
    with pytest.raises(Rejected) as refusal, transaction():
        keeping.add_member(cast.sita, name="Ann Again", email="ANN@x.EXAMPLE")
    assert refusal.value.field == "email"


def test_without_an_address_somebody_is_active_at_once_and_written_to_by_post(inside, cast):
    with transaction():
        by_post = keeping.add_member(cast.sita, name="Ann", email="", organisation_id=cast.bryn.organisation_id)
    assert (by_post.standing, by_post.email) == (Standing.ACTIVE, None)
    with pytest.raises(Rejected), transaction():
        keeping.add_member(cast.sita, name="Ann", email="", organisation_id=cast.bryn.organisation_id)


def test_a_second_change_from_the_same_page_is_refused_and_names_who_came_first(inside, cast):
    bryn = queries.get(cast.sita, cast.bryn.id)
    with transaction():
        keeping.change_member(cast.ada, bryn, 1, job_title="Lead youth worker")
    with pytest.raises(Rejected, match="Ada Finch changed these details"), transaction():
        keeping.change_member(cast.sita, bryn, 1, job_title="Youth lead")
    assert queries.get(cast.sita, cast.bryn.id).job_title == "Lead youth worker"


def test_a_member_changes_only_themselves_and_neither_address_nor_role(inside, cast):
    amina = queries.get(cast.amina, cast.amina.id)
    with transaction():
        keeping.change_member(amina, amina, 1, themes=[builders.theme().id])
    assert [theme.slug for theme in amina.themes] == ["mental-health"]
    for change, refusal in (({"email": "x@y.example"}, NotAllowed), ({"role": Role.ADMIN}, Rejected)):
        with pytest.raises(refusal), transaction():
            keeping.change_member(amina, amina, amina.version, **change)
    with pytest.raises(NotAllowed), transaction():
        keeping.change_member(amina, queries.get(amina, cast.bryn.id), 1, job_title="Nothing")


def test_leaving_ends_every_way_in_and_returning_opens_it(inside, cast):
    with transaction():
        token = signing_in.begin(cast.bryn, "a browser")
        joining.ask_for_password("bryn@cast.example")
        keeping.leave(cast.sita, cast.bryn, clock.today(), "Changed jobs")
    assert queries.signed_in(token) is None
    assert db.session.scalar(sa.select(sa.func.count()).where(PasswordLink.ended_at.is_(None))) == 0
    with transaction():
        keeping.take_back(cast.sita, cast.bryn)
    assert (cast.bryn.standing, cast.bryn.left_on) == (Standing.ACTIVE, None)


def test_organisations_have_one_name_and_a_region_that_follows_from_the_force(inside, cast):
    essex = builders.listed(builders.PoliceForce, "essex")
    with transaction():
        added = keeping.add_organisation(cast.sita, name="Cyngor Bro Eryr – Eagle Vale Council", force_id=essex.id)
    assert (added.slug, added.region_id) == ("cyngor-bro-eryr-eagle-vale-council", essex.region_id)
    with pytest.raises(Rejected, match="already"), transaction():
        keeping.add_organisation(cast.sita, name="CANOPY youth trust")


@pytest.mark.parametrize(
    ("name", "slug"), [("O'Neill & Sons", "oneill-sons"), ("Ŵyl", "wyl"), ("…", "organisation"), ("x" * 300, "x" * 70)]
)
def test_slugs(name, slug):
    assert keeping.free_slug(name, ()) == slug
    assert keeping.free_slug(name, {slug, f"{slug}-2"}) == f"{slug}-3"


# --- joining --------------------------------------------------------------------------------------------------------


def link_in(letter: Letter) -> str:
    return next(word for word in letter.text.split() if word.startswith("https://")).rpartition("/")[2]


def test_a_joining_link_works_once_and_makes_the_member_active(inside, cast):
    ann = builders.member("Ann", standing=Standing.INVITED, joined_on=None)
    with transaction():
        joining.invite(cast.sita, [ann])
    token = link_in(outbox()[0])
    with transaction():
        joining.choose_password(token, "otter lantern gravel")
    assert (ann.standing, ann.joined_on) == (Standing.ACTIVE, clock.today())
    assert signing_in.matches(ann.password_hash, "otter lantern gravel")
    with pytest.raises(Rejected, match="has been used"), transaction():
        joining.choose_password(token, "another good password")


def test_a_newer_link_ends_the_older_ones(inside, cast):
    for _ in range(2):
        with transaction():
            joining.ask_for_password("amina@cast.example")
    newer, older = (link_in(letter) for letter in outbox())
    assert queries.by_link(older) is None
    assert queries.by_link(newer).id == cast.amina.id


def test_links_expire(inside, cast):
    with transaction():
        joining.ask_for_password("amina@cast.example")
        db.session.execute(sa.update(PasswordLink).values(expires_at=clock.now() - timedelta(seconds=1)))
    assert queries.by_link(link_in(outbox()[0])) is None


def test_a_forgotten_password_writes_to_members_only_and_not_without_end(inside, cast):
    builders.member("Gone", email="gone@x.example", standing=Standing.LEFT)
    with transaction():
        for address in ("nobody@x.example", "gone@x.example"):
            joining.ask_for_password(address)
    assert outbox() == []
    for _ in range(joining.RESETS + 3):
        with transaction():
            joining.ask_for_password("Amina@cast.example")
    assert len(outbox()) == joining.RESETS


def test_whoever_never_joined_gets_the_joining_letter_again(inside):
    builders.member("Ann", email="ann@x.example", standing=Standing.INVITED)
    with transaction():
        joining.ask_for_password("ann@x.example")
    assert outbox()[0].subject == "Join the Forum"


def test_a_new_password_ends_other_sessions_but_not_this_one(inside, cast):
    with transaction():
        here, there = signing_in.begin(cast.amina, "here"), signing_in.begin(cast.amina, "there")
        joining.change_password(cast.amina, "a long test password", "otter lantern gravel", here)
    assert queries.signed_in(here) is not None
    assert queries.signed_in(there) is None
    with pytest.raises(Rejected) as refusal, transaction():
        joining.change_password(cast.amina, "a long test password", "another good password", here)
    assert refusal.value.field == "current_password"


def test_tokens_are_stored_hashed(inside, cast):
    with transaction():
        joining.ask_for_password("amina@cast.example")
    token = link_in(outbox()[0])
    assert db.session.scalars(sa.select(PasswordLink.token_hash)).one() == queries.hashed(token) != token
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0
