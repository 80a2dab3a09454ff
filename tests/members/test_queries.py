"""Who is found, by whom, and what they are shown."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forum.base.db import db, transaction
from forum.base.errors import NotFound
from forum.members import queries
from forum.members.commands import signing_in
from forum.members.models import Member, Role, Standing
from tests import builders


def test_active_members_with_an_address_are_invited_and_the_others_listed_with_a_reason(inside, cast):
    builders.member("Gone", standing=Standing.LEFT)
    builders.member("New", standing=Standing.INVITED)
    builders.member("Post", email=None, contact_note="Through the school")
    assert [row.name for row in queries.invitable()] == ["Amina Rowan", "Bryn Heron", "Olu Hazel", "Sita Curlew"]
    amina = queries.invitable()[0]
    assert (amina.email, amina.organisation, amina.sector, amina.force) == (
        "amina@cast.example", "Essex Police area", "Police force", "Essex Police",
    )  # fmt: skip
    assert [(row.name, row.reason.split(",")[0]) for row in queries.left_out()] == [
        ("Gone", "Has left the Forum"),
        ("New", "Invited"),
        ("Post", "No email address: written to by post"),
    ]


def test_challenges_are_owned_by_officials_and_the_secretariat(inside, cast):
    assert queries.owner_choices() == [
        (cast.olu.id, "Olu Hazel, Gangs and exploitation unit"),
        (cast.sita.id, "Sita Curlew, Gangs and exploitation unit"),
    ]


def test_members_find_active_members_and_no_addresses(inside, cast):
    gone = builders.member("Gone", standing=Standing.LEFT)
    names = [row.name for row in queries.directory(cast.amina).items]
    assert names == ["Amina Rowan", "Bryn Heron", "Olu Hazel", "Sita Curlew"]
    assert {row.email for row in queries.directory(cast.amina).items} == {""}
    assert queries.directory(cast.amina, text="cast.example").items == []
    for hidden in (gone, cast.ada):
        with pytest.raises(NotFound):
            queries.get(cast.amina, hidden.id)
    assert len(queries.directory(cast.sita, text="cast.example").items) == 5
    assert queries.get(cast.sita, gone.id).name == "Gone"


def test_the_directory_is_narrowed_by_each_of_its_filters(inside, cast):
    with transaction():
        queries.get(cast.sita, cast.bryn.id).themes = [builders.theme()]
    where = cast.bryn.organisation
    for narrowed in (
        {"sector": where.sector_id},
        {"force": where.force_id},
        {"region": where.region_id},
        {"theme": builders.theme().id},
        {"text": "heron CANOPY"},
        {"text": "youth worker"},
    ):
        assert [row.name for row in queries.directory(cast.amina, **narrowed).items] == ["Bryn Heron"], narrowed
        assert queries.count(cast.amina, **narrowed) == 1
    assert [row.name for row in queries.directory(cast.amina, role=Role.OFFICIAL).items] == ["Olu Hazel"]
    assert queries.directory(cast.amina, text="100%").items == []


def test_pages_of_the_directory_leave_nobody_out_and_show_nobody_twice(inside, cast):
    where = builders.organisation()
    with transaction():
        db.session.add_all(
            Member(
                name=f"Name {n % 7}",
                email=f"n{n}@x.example",
                role=Role.MEMBER,
                standing=Standing.ACTIVE,
                organisation=where,
            )
            for n in range(120)
        )
    seen, key = [], None
    while True:
        page = queries.directory(cast.amina, key)
        seen += [row.id for row in page.items]
        key = page.next_key
        if key is None:
            break
    assert len(seen) == len(set(seen)) == queries.count(cast.amina) == 124


def test_organisations_count_the_members_one_may_look_up(inside, cast):
    builders.member("Gone", organisation=cast.bryn.organisation, standing=Standing.LEFT)
    [row] = queries.organisations(cast.amina, text="canopy").items
    assert (row.name, row.members, row.area) == ("Canopy Youth Trust", 1, "South Wales Police")


def test_one_person_of_every_role_to_try(inside):
    for role in (Role.MEMBER, Role.MEMBER, Role.OFFICIAL):
        builders.member(role=role, is_demonstration=True)
    builders.member("Real person")
    assert [person.role for person in queries.people_to_try()] == [Role.MEMBER, Role.OFFICIAL]


def test_who_reads_a_page_is_known_as_they_are_now_and_in_no_session(inside, cast, statements):
    with transaction():
        token = signing_in.begin(cast.amina, "a browser")
    with statements() as seen:
        reader = queries.recognised(token)
    assert len(seen) == 1
    assert sa.inspect(reader).detached
    assert "password_hash" not in sa.inspect(reader).dict
    told = (reader.id, reader.role, reader.is_active, reader.organisation_name)
    assert told == (cast.amina.id, Role.MEMBER, True, "Essex Police area")
    assert queries.recognised(token) is reader
    amina = db.session.get(Member, cast.amina.id, options=[joinedload(Member.organisation)])
    with transaction():
        amina.role, amina.organisation.name = Role.OFFICIAL, "Essex Constabulary"
    changed = queries.recognised(token)
    assert (changed.role, changed.organisation_name) == (Role.OFFICIAL, "Essex Constabulary")
    with transaction():
        amina.organisation_id = None
    assert queries.recognised(token).organisation is None
    with transaction():
        amina.standing = Standing.LEFT
    assert queries.recognised(token) is None
