"""What stands for an organisation where its people are not named."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.challenges import commands as challenges
from forum.challenges import queries as challenge_queries
from forum.feedback import queries as feedback
from forum.feedback.models import Attribution, Follow, FollowKind, FollowLevel
from forum.feedback.queries import mailing
from forum.members.commands import keeping as members
from forum.members.commands import naming
from forum.members.models import Member, Organisation, Role, Standing
from forum.members.rules import shown_as
from forum.search import queries as search
from tests import builders
from tests.feedback.builders import reply, thread

LONE, WORDS = "Copperleaf Housing Mission", "The key worker changes monthly."


@pytest.fixture
def careful(app, cast, monkeypatch):
    """As it is unless the settings say otherwise."""
    monkeypatch.setitem(app.config, "NAME_LONE_ORGANISATIONS", False)
    with app.app_context(), transaction():
        naming.name_anew()
    return app


@pytest.mark.parametrize(
    ("sector", "region", "in_region", "in_all", "shown"),
    [
        ("Housing", "Wales", 2, 2, "Copperleaf"),
        ("Housing", "Wales", 1, 3, "Housing, Wales"),
        ("Housing", "Wales", 0, 5, "Housing, Wales"),
        ("Housing", "Wales", 1, 2, "Housing"),
        ("Housing", "", 1, 3, "Housing"),
        ("", "Wales", 1, 1, "Copperleaf"),
    ],
)
def test_what_stands_for_an_organisation(sector, region, in_region, in_all, shown):
    assert shown_as("Copperleaf", sector, region, in_region, in_all) == shown


def shown(organisation: Organisation) -> str:
    return db.session.scalar(sa.select(Organisation.shown_as).where(Organisation.id == organisation.id)) or ""


def test_it_follows_who_has_a_seat(inside, careful, cast):
    lone = builders.organisation(LONE, sector="housing", force="essex")
    first = builders.member(organisation=lone)
    others = [builders.organisation(sector="housing", force=force) for force in ("kent", "cumbria")]
    people = [builders.member(organisation=other) for other in others]
    assert shown(lone) == "Housing, East of England"
    beside = builders.organisation(sector="housing", force="norfolk")
    assert shown(lone) == "Housing, East of England", "an organisation without people hides nobody"
    neighbour = builders.member(organisation=beside)
    assert shown(lone) == LONE
    for person in (neighbour, people[0]):
        with transaction():
            members.leave(cast.sita, person, date(2016, 12, 1))
    assert shown(lone) == "Housing"
    assert first.standing is Standing.ACTIVE


def test_the_department_keeps_its_name_as_long_as_nobody_in_it_is_a_member_only(inside, careful, cast):
    department = builders.organisation("Tackling Crime Unit", sector="central-government")
    official = builders.member(organisation=department, role=Role.OFFICIAL)
    assert shown(department) == "Tackling Crime Unit"
    with transaction():
        db.session.get_one(Member, official.id).role = Role.MEMBER
    assert shown(department) == "Central government"


def test_nothing_is_written_when_nothing_differs(inside, careful, cast, statements):
    builders.organisation(LONE, sector="housing")
    with statements() as seen:
        assert naming.name_anew() is False
    assert len(seen) == 1


def test_the_worker_puts_right_what_was_stored_past_the_session(inside, careful, cast):
    lone = builders.organisation(LONE, sector="housing")
    db.session.execute(sa.update(Organisation).values(shown_as="").execution_options(synchronize_session=False))
    naming.name_anew()
    assert shown(lone) == "Housing"


def test_a_lone_organisation_is_named_nowhere_unless_its_member_is(inside, careful, cast):
    lone = builders.organisation(LONE, sector="housing", force="essex")
    author = builders.member("Thaddeus Wrenlock", organisation=lone)
    post = thread(author, "Key workers", happening=WORDS)
    answer = reply(author, post, "Still so, says the key worker.")
    named = thread(author, "Signed", attribution=Attribution.NAMED)
    with transaction():
        challenge = challenges.open(cast.sita, title="Change", description="Change", prevalence=3, impact=3)
        challenges.cite(cast.sita, challenge, post, WORDS)
        db.session.add(
            Follow(member_id=cast.amina.id, kind=FollowKind.ORGANISATION, target_id=lone.id, level=FollowLevel.ALL,
                   since=builders.moment(2016, 3, 1))
        )  # fmt: skip
    assert feedback.thread(cast.amina, post.id).author == "Housing"
    assert [row.author for row in feedback.replies(cast.amina, post.id).items] == ["Housing"]
    authors = {row.title: row.author for row in feedback.threads(cast.amina, feedback.Filter()).items}
    assert authors == {"Key workers": "Housing", "Signed": f"Thaddeus Wrenlock, {LONE}"}
    assert {hit.author for hit in search.search(cast.amina, "key worker").hits} == {"Housing"}
    assert [quote.author for quote in challenge_queries.quotes_of(cast.amina, challenge)] == ["Housing"]
    for said, told in ((post, None), (answer, None), (named, lone.id)):
        news = mailing.news_of(said)
        assert news is not None
        assert news.organisation_id == told


def test_the_author_sees_what_others_will_read(careful, visit, cast):
    page = visit(cast.bryn).get("/feedback/new").text
    assert "Others see: Charity, voluntary and community" in page
    assert "the only one of its kind in your region" in page
