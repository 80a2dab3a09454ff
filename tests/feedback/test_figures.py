"""Who has read a thread: from visits alone, and never so that it tells who wrote what."""

from __future__ import annotations

import pytest

from forum.base.db import transaction
from forum.feedback import commands
from forum.feedback.models import Attribution
from forum.feedback.queries import figures
from forum.members.commands import naming
from tests import builders
from tests.feedback.builders import reply, thread


def reads(person, posted):
    with transaction():
        commands.mark_read(person, posted.id)


def names(posted):
    return [name for _, name in figures.missing(posted.id).items]


@pytest.fixture
def kent(inside, cast):
    with transaction():
        while naming.name_anew():
            pass
    home = builders.organisation("Kent charity", shown_as="Kent charity")
    return builders.member("Kay Wren", organisation=home)


@pytest.mark.parametrize("attribution", Attribution)
def test_the_reading_of_its_author_never_counts(inside, cast, kent, attribution):
    posted = thread(cast.amina, attribution=attribution)
    assert figures.figures(posted.id).readers == 0
    is_silent = attribution is Attribution.UNATTRIBUTED
    assert ("Essex Police area" in names(posted)) >= is_silent
    reads(cast.olu, posted)  # an official
    assert figures.figures(posted.id).readers == 0


def test_members_who_opened_it_are_counted_and_their_organisations_are_reached(inside, cast, kent):
    posted = thread(cast.amina, attribution=Attribution.NAMED)
    assert names(posted) == ["Canopy Youth Trust", "Kent charity"]
    reads(cast.bryn, posted)
    assert figures.figures(posted.id) == (1, 1)
    assert names(posted) == ["Kent charity"]
    reply(kent, posted, attribution=Attribution.NAMED)
    assert figures.figures(posted.id) == (2, 0)


def test_who_wrote_it_without_a_name_changes_nothing(inside, cast, kent):
    """Two worlds that differ in who wrote the first post; the other one replied by name."""
    seen = []
    for author in (cast.amina, kent):
        posted = thread(author, attribution=Attribution.UNATTRIBUTED)
        reply(kent, posted, attribution=Attribution.NAMED)
        seen.append((figures.figures(posted.id), names(posted)))
    assert seen[0] == seen[1]
    assert seen[0][0].readers == 1


def test_a_reply_without_a_name_leaves_a_rough_number_and_no_list(inside, cast, kent):
    posted = thread(cast.amina)
    reads(cast.bryn, posted)
    reply(kent, posted, attribution=Attribution.UNATTRIBUTED)
    assert figures.figures(posted.id) == (0, None)


def test_only_officials_see_the_page_and_it_folds_and_pages_a_long_list(app, visit, cast, statements):
    with app.app_context():
        posted = thread(cast.amina, attribution=Attribution.NAMED).id
        for number in range(60):
            builders.member(organisation=builders.organisation(f"Home {number:02}"))
    official = visit(cast.olu)
    assert f"/feedback/{posted}/reach" in official.get(f"/feedback/{posted}").text
    with statements() as seen:
        page = official.get(f"/feedback/{posted}/reach").text
    assert len(seen) <= 8, seen
    assert "Nobody has read it in 61 organisations" in page
    assert "Home 48" in page
    assert "Home 59" not in page
    assert "<details" in page
    assert "Only visits" in page
    following = page.partition('rel="next" href="')[2] or page.partition("key=")[2]
    assert following
    assert visit(cast.amina).get(f"/feedback/{posted}/reach").status_code == 404
    assert f"/feedback/{posted}/reach" not in visit(cast.amina).get(f"/feedback/{posted}").text
