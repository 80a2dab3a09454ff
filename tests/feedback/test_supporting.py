"""Same here: counted by organisations, exact whoever comes at once, and never so that it tells who."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.history import HistoryLine
from forum.base.letters import Letter
from forum.feedback import commands, queries
from forum.feedback.commands import checking, settling
from forum.feedback.commands import supporting as saying
from forum.feedback.models import (
    Attribution,
    Feedback,
    FeedbackKind,
    Flag,
    FlagKind,
    FollowKind,
    FollowLevel,
    HowOften,
    Support,
)
from forum.feedback.queries import checking as checks
from forum.feedback.queries import following, supporting
from forum.feedback.rules import supporting as rules
from forum.feedback.rules.guarding import MayIdentify
from forum.members.models import Group, Member, Organisation, Role, Standing
from forum.reference.models import Marking, PoliceForce, Sector
from tests import builders
from tests.feedback.builders import thread

PHONE = "Ring the key worker on 07700 900123."


def say(person, posted, **details):
    with transaction():
        return saying.support(person, posted.id, **details)


def take_back(person, posted):
    with transaction():
        saying.take_back(person, posted.id)


def count(posted):
    return db.session.get(Feedback, posted.id, populate_existing=True).support_count


def colleague(person, name=""):
    return builders.member(name, organisation=person.organisation)


def alone():
    person = builders.member()
    with transaction():
        db.session.get(Member, person.id).organisation = None
    return person


# --- rules -----------------------------------------------------------------------------------------------------------

SAID = st.builds(
    rules.Said,
    unit=st.integers(1, 9),
    sector=st.sampled_from(["Police", "Housing"]),
    force=st.sampled_from([None, ("essex", "Essex Police"), ("kent", "Kent Police")]),
    how_often=st.sampled_from([None, *HowOften]),
)


@given(st.lists(SAID, max_size=30))
def test_tables_tell_of_whole_lots_of_three_organisations_and_reconcile(said):
    found, units = rules.spread(said), len({one.unit for one in said})
    assert found.counted == units - units % 3
    assert sum(number for _, number in found.sectors) == sum(number for _, number in found.how_often) == found.counted
    in_areas = sum(number for *_, number in found.areas)
    assert found.counted - found.without_area <= in_areas <= 2 * (found.counted - found.without_area)


def test_an_organisation_says_what_its_people_see_most_often_and_counts_in_each_of_its_areas():
    essex, kent = ("essex", "Essex Police"), ("kent", "Kent Police")
    said = [rules.Said(unit, "Police", essex, HowOften.MONTHLY) for unit in (1, 2, 3)]
    found = rules.spread([*said, rules.Said(1, "Police", kent, HowOften.DAILY), rules.Said(1, "Police", kent, None)])
    assert found.areas == [("essex", "Essex Police", 3), ("kent", "Kent Police", 1)]
    assert found.how_often == [("Every day or nearly", 1), ("Every month", 2)]


def test_how_widely_something_is_said_in_words():
    assert rules.Backing(12, 7).in_words == "12 organisations see this too, in 7 police force areas"
    assert rules.Backing(1, 0).in_words == "1 organisation sees this too"
    assert rules.Backing().in_words == ""


# --- saying so -------------------------------------------------------------------------------------------------------


def test_an_organisation_counts_once_and_somebody_without_one_as_themself(inside, cast):
    posted, other, lone = thread(cast.amina), colleague(cast.bryn), alone()
    say(cast.bryn, posted)
    say(other, posted)
    assert count(posted) == 1
    say(lone, posted)
    say(alone(), posted)
    assert count(posted) == 3
    say(lone, posted, how_often=HowOften.DAILY)  # again is anew
    assert count(posted) == 3
    take_back(cast.bryn, posted)
    assert count(posted) == 3
    take_back(other, posted)
    take_back(other, posted)
    assert count(posted) == 2
    assert supporting.own(other, posted.id) is None


def test_a_move_or_leaving_takes_nothing_away(inside, cast):
    posted, mover = thread(cast.amina), builders.member()
    before = mover.organisation_id
    say(mover, posted)
    say(cast.bryn, posted)
    with transaction():
        moved = db.session.get(Member, mover.id)
        moved.organisation_id, moved.standing = cast.amina.organisation_id, Standing.LEFT
    assert supporting.own(mover, posted.id).organisation_id == before
    say(cast.bryn, posted)
    assert count(posted) == 2


@pytest.mark.parametrize(
    ("state", "words"),
    [("closed_at", "closed"), ("withdrawn_at", "withdrawn")],
)
def test_nobody_says_so_where_it_is_over_but_takes_it_back(inside, cast, state, words):
    posted = thread(cast.amina)
    say(cast.bryn, posted)
    with transaction():
        setattr(db.session.get(Feedback, posted.id), state, posted.posted_at)
    with pytest.raises(Rejected, match=words):
        say(builders.member(), posted)
    take_back(cast.bryn, posted)
    assert count(posted) == 0


def test_who_may_not_say_so(inside, cast):
    posted = thread(cast.amina)
    with pytest.raises(Rejected, match="yourself"):
        say(cast.amina, posted)
    for official in (cast.olu, cast.sita, cast.ada):
        with pytest.raises(NotAllowed, match="Reply for the department"):
            say(official, posted)
    with pytest.raises(Rejected) as refusal:
        say(cast.bryn, posted, force_id=9999)
    assert refusal.value.field == "force_id"
    with transaction():
        group = Group(slug="nights", title="Nights", members=[cast.amina])
        db.session.add(group)
        db.session.flush()
        db.session.get(Feedback, posted.id).group_id = group.id
    for verb in (say, take_back):
        with pytest.raises(NotFound):
            verb(cast.bryn, posted)
    assert count(posted) == 0


def test_none_is_lost_or_counted_twice_when_many_say_so_at_once(app, cast):
    """Eight people of four organisations, and one of them twice."""
    with app.app_context():
        posted = thread(cast.amina)
        homes = [builders.organisation() for _ in range(4)]
        people = [builders.member(organisation=home) for home in homes for _ in range(2)]
        ids = [person.id for person in people]
    failed = []

    def speak(number):
        with app.app_context():
            try:
                with transaction():
                    saying.support(db.session.get(Member, number), posted.id)
            except Exception as error:
                failed.append(error)

    together = [threading.Thread(target=speak, args=(number,)) for number in [*ids, ids[0]]]
    for one in together:
        one.start()
    for one in together:
        one.join(20)
    with app.app_context():
        assert failed == []
        assert count(posted) == 4
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Support)) == 8


def test_the_history_says_that_it_was_said_and_not_by_whom(inside, cast):
    posted = thread(cast.amina)
    said = say(cast.bryn, posted)
    take_back(cast.bryn, posted)
    lines = db.session.scalars(sa.select(HistoryLine).where(HistoryLine.thing_kind == "support")).all()
    assert [(line.verb, line.actor_id, line.thing_id, line.about_id) for line in lines] == [
        ("said same here", None, said.id, posted.id),
        ("took back same here", None, said.id, posted.id),
    ]


def test_who_says_so_hears_of_the_thread_as_if_they_had_written_in_it(inside, cast):
    posted = thread(cast.amina)

    def level():
        return following.level_of(cast.bryn, FollowKind.THREAD, posted.id)

    assert level() is FollowLevel.NONE
    say(cast.bryn, posted)
    assert level() is FollowLevel.DIGEST
    assert [row.target_id for row in following.followed(cast.bryn)] == [posted.id]
    take_back(cast.bryn, posted)
    assert level() is FollowLevel.NONE


# --- how widely ------------------------------------------------------------------------------------------------------


def test_threads_together_count_each_organisation_once_and_leave_out_what_is_gone(inside, cast):
    one, two, gone = (thread(cast.amina) for _ in range(3))
    essex, kent = (builders.organisation(force=slug).force_id for slug in ("essex", "kent"))
    for posted in (one, two, gone):
        say(cast.bryn, posted, force_id=essex)
    say(builders.member(), two, force_id=kent)
    with transaction():
        commands.withdraw(cast.amina, gone, "Posted by mistake.")
    ids = [one.id, two.id, gone.id]
    assert supporting.supports_of(cast.amina, ids) == {one.id: (1, 1), two.id: (2, 2)}
    assert supporting.together(cast.amina, sa.select(Feedback.id)) == (2, 2)
    with transaction():
        db.session.get(Feedback, two.id).held_at = two.posted_at
    assert supporting.together(cast.amina, ids) == (1, 1)
    assert supporting.together(cast.amina, []) == (0, 0)


def test_the_list_is_ordered_and_narrowed_by_it_page_after_page(inside, cast, statements):
    with transaction():
        for number in range(45):
            db.session.add(
                Feedback(**_row(cast.amina, number), support_count=number % 5, title=f"Thread {number}"),
            )
    wanted, key, seen = queries.Filter(by_support=True), None, []
    while True:
        with statements() as asked:
            page = queries.threads(cast.bryn, wanted, key)
        assert len(asked) == 1
        seen += page.items
        if not (key := page.next_key):
            break
    assert [row.support_count for row in seen] == [4] * 9 + [3] * 9 + [2] * 9 + [1] * 9
    assert len({row.id for row in seen}) == 36
    some = queries.threads(cast.bryn, queries.Filter(least_support=4)).items
    assert {row.support_count for row in some} == {4}
    assert len(some) == 9


def _row(author, number):
    at = builders.moment(2016, 7, 1, 9, number)
    return {
        "kind": FeedbackKind.CHALLENGE,
        "happening": "Words",
        "html": "<p>Words</p>",
        "attribution": Attribution.ORGANISATION,
        "author_id": author.id,
        "organisation_id": author.organisation_id,
        "posted_at": at,
        "active_at": at,
        "marking": Marking.OFFICIAL,
    }


def test_the_order_by_support_is_read_from_its_index(embedded):
    with embedded.app_context():
        columns = "SELECT id FROM feedback WHERE feedback.support_count > 0 AND held_at IS NULL"
        plan = db.session.execute(
            sa.text(f"EXPLAIN QUERY PLAN {columns} ORDER BY support_count DESC, id DESC LIMIT 21")
        )
        steps = " ".join(row[-1] for row in plan)
    assert "ix_feedback_support" in steps
    assert "TEMP B-TREE" not in steps


# --- evidence --------------------------------------------------------------------------------------------------------


def test_evidence_is_told_by_its_organisation_with_the_area_only_where_that_is_named(inside, cast):
    home = builders.organisation("Alone House", force="kent")
    named = builders.organisation("Known House", force="essex")
    posted, silent = thread(cast.amina), thread(cast.amina, attribution=Attribution.UNATTRIBUTED)
    for one in (posted, silent):
        for place in (home, named):
            say(
                builders.member("Vesper Loam", organisation=place),
                one,
                force_id=place.force_id,
                evidence="*Nine* cases",
            )
    with transaction():
        alone_of_its_kind = sa.update(Organisation).where(Organisation.id == home.id)
        db.session.execute(alone_of_its_kind.values(shown_as="Housing, South East"))
    told = [(row.by, row.force, row.html.strip()) for row in supporting.evidence(cast.bryn, posted.id).items]
    shown = "<p><em>Nine</em> cases</p>"
    assert told == [("Known House", "Essex Police", shown), ("Housing, South East", "", shown)]
    told = [(row.by, row.force) for row in supporting.evidence(cast.bryn, silent.id).items]
    assert told == [("A Forum member", "")] * 2


def test_the_guard_looks_at_evidence_and_the_secretariat_after_it(inside, cast):
    posted = thread(cast.amina)
    with pytest.raises(MayIdentify) as worries:
        say(cast.bryn, posted, evidence=PHONE, confirmed="")
    assert count(posted) == 0
    said = say(cast.bryn, posted, evidence=PHONE, confirmed=worries.value.seal)
    row = checks.waiting().items[0]
    assert (row.support_id, row.words, row.author) == (said.id, PHONE, "Canopy Youth Trust")
    assert row.path == f"/feedback/{posted.id}/support/{said.id}/check"
    assert checks.waiting_count() == 1
    assert checks.open_flags(queries.get(cast.sita, posted.id)) == []  # it is of the evidence, not of the post
    with pytest.raises(Rejected, match="5,000"):
        say(cast.bryn, posted, evidence="a" * 5_001)


def test_evidence_is_reported_hidden_and_shown_again_as_posts_are(inside, cast):
    posted = thread(cast.amina)
    said = say(cast.bryn, posted, evidence="They are all the same.")
    with transaction():
        checking.flag(cast.amina, supporting.get(cast.amina, posted.id, said.id), "abusive")
    with pytest.raises(NotAllowed), transaction():
        checking.flag(cast.bryn, supporting.get(cast.bryn, posted.id, said.id), "abusive")
    with pytest.raises(NotAllowed), transaction():
        settling.hide(cast.amina, supporting.get(cast.amina, posted.id, said.id), "abusive")
    with transaction():
        settling.hide(cast.sita, supporting.get(cast.sita, posted.id, said.id), "abusive")
    row = supporting.evidence(cast.amina, posted.id).items[0]
    assert (row.html, row.hidden_because) == ("", "Posts are civil, and do not attack or insult anybody")
    assert count(posted) == 1
    assert {letter.subject for letter in db.session.scalars(sa.select(Letter))} == {
        f"Your evidence in FB-{posted.id} was hidden",
        f"What became of the post you reported in FB-{posted.id}",
    }
    with pytest.raises(NotFound):
        supporting.get(cast.amina, posted.id, said.id)
    with pytest.raises(Rejected, match="cannot be changed"):
        say(cast.bryn, posted, evidence="They are!")
    say(cast.bryn, posted, how_often=HowOften.ONCE, evidence="They are all the same.")
    assert supporting.evidence(cast.amina, posted.id).items[0].html == ""
    with transaction():
        settling.show_again(cast.sita, supporting.get(cast.sita, posted.id, said.id))
    assert "all the same" in supporting.evidence(cast.amina, posted.id).items[0].html
    take_back(cast.bryn, posted)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Flag)) == 0


def test_words_are_taken_out_of_evidence_and_what_is_hidden_stays_hidden(inside, cast):
    posted = thread(cast.amina, happening=PHONE)
    said = say(cast.bryn, posted, evidence=PHONE)
    hidden = say(builders.member(), posted, evidence=PHONE)
    with transaction():
        settling.hide(cast.sita, supporting.get(cast.sita, posted.id, hidden.id), "identifies")
    cut = settling.Cut("phone number", "07700 900123")
    with transaction():
        places = settling.redact(cast.sita, supporting.get(cast.sita, posted.id, said.id), [cut], "identifies")
    assert places == 3
    kept = {row.id: row for row in supporting.evidence(cast.amina, posted.id).items}
    assert "[removed]" in kept[said.id].html
    assert kept[hidden.id].html == ""
    assert "07700" not in queries.thread(cast.amina, posted.id).html
    log = checks.redactions(supporting.get(cast.sita, posted.id, said.id))
    assert [(one.kind, one.characters) for one in log] == [("phone number", 12)]


# --- pages -----------------------------------------------------------------------------------------------------------


def test_two_steps_from_the_thread_and_the_way_back(app, visit, cast):
    with app.app_context():
        posted = thread(cast.amina).id
    browser, place = visit(cast.bryn), f"/feedback/{posted}"
    assert f'href="{place}/same-here">Same here</a>' in browser.get(place).text
    form = browser.get(f"{place}/same-here").text
    assert '<option value="34" selected>' in form or "selected>South Wales Police" in form
    assert "as from: Canopy Youth Trust" in form
    sent = {"how_often": "weekly", "evidence": PHONE}
    asked = browser.post(f"{place}/same-here", data=sent)
    assert "This may tell who somebody is" in asked.text
    assert PHONE in asked.text
    sent["evidence"] = "Nine this year"
    assert browser.post(f"{place}/same-here", data=sent).headers["Location"] == place
    page = browser.get(place).text
    assert "1 organisation sees this too" in page
    assert "Change or take it back" in page
    assert "1 same here" in visit(cast.olu).get("/feedback").text
    assert "Nine this year" in visit(cast.olu).get(f"{place}/support").text
    assert visit(cast.olu).get(f"{place}/same-here").status_code in (403, 404)
    assert visit(cast.amina).get(f"{place}/same-here").status_code in (403, 404)
    browser.post(f"{place}/same-here/take-back")
    assert "too</a>" not in browser.get(place).text


def test_what_was_typed_stays_where_the_thread_was_closed_meanwhile(app, visit, cast):
    with app.app_context():
        posted = thread(cast.amina)
        with transaction():
            commands.close(cast.sita, queries.get(cast.sita, posted.id), "Done.")
    page = visit(cast.bryn).post(f"/feedback/{posted.id}/same-here", data={"evidence": "Nine this year"})
    assert "This thread is closed. Start a new thread" in page.text
    assert "Nine this year" in page.text


def test_the_pages_ask_no_more_the_more_say_so(app, visit, cast, statements):
    with app.app_context():
        posted, silent = thread(cast.amina).id, thread(cast.amina, attribution=Attribution.UNATTRIBUTED).id
        browser, asked = visit(cast.bryn), []
        for more in (3, 21):
            _many_say_so(more, (posted, silent))
            for path in (f"/feedback/{posted}", f"/feedback/{posted}/support", f"/feedback/{posted}/same-here"):
                with statements() as seen:
                    assert browser.get(path).status_code == 200
                asked.append(len(seen))
    assert asked[:3] == asked[3:], asked
    page = browser.get(f"/feedback/{posted}/support").text
    assert "24 organisations see this too, in 1 police force area" in page
    assert "The tables tell of" not in page
    assert "Housing" in page
    assert "key=" in page
    page = browser.get(f"/feedback/{silent}/support").text
    assert "Essex Police" in page
    assert "Housing" not in page
    assert "House" not in page


def _many_say_so(count, threads):
    """In one transaction: what stands for organisations is worked out once."""
    with transaction():
        like = builders.listed(Sector, "housing"), builders.listed(PoliceForce, "essex")
        for number in range(count):
            home = Organisation(slug=f"house-{count}-{number}", name=f"House {number} of {count}")
            home.sector, home.force = like
            person = Member(name="Vesper Loam", organisation=home, role=Role.MEMBER, standing=Standing.ACTIVE)
            db.session.add(person)
            db.session.flush()
            for one in threads:
                saying.support(person, one, force_id=home.force_id, evidence="Here too")


def test_the_secretariat_settles_evidence_on_its_page(app, visit, cast):
    with app.app_context():
        posted = thread(cast.amina)
        said = say(cast.bryn, posted, evidence=PHONE)
        place = f"/feedback/{posted.id}/support/{said.id}"
    member = visit(cast.amina)
    assert member.post(f"{place}/flag", data={"reason": "identifies"}).status_code == 302
    assert member.get(f"{place}/check").status_code == 404
    secretary = visit(cast.sita)
    assert "Evidence in" in secretary.get("/feedback/checks").text
    page = secretary.get(f"{place}/check").text
    assert "<mark>07700 900123" in page
    sent = {"do": "redact", "finds": "0", "rule": "identifies"}
    assert secretary.post(f"{place}/check", data=sent).status_code == 302
    assert "[removed]" in member.get(f"/feedback/{posted.id}/support").text
    assert secretary.post(f"{place}/check", data={"do": "hide", "reason": "identifies"}).status_code == 302
    assert member.get(f"{place}/flag").status_code == 404
    assert "Hidden by the secretariat" in member.get(f"/feedback/{posted.id}/support").text
    assert secretary.post(f"{place}/check", data={"do": "show-again"}).status_code == 302
    with app.app_context():
        kinds = db.session.scalars(sa.select(Flag.kind)).all()
    assert kinds == [FlagKind.FLAGGED]
