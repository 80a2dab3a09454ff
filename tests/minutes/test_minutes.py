"""Minutes: written item by item, published, taken back."""

import threading
from datetime import timedelta

import pytest

from forum.base import clock
from forum.base.db import db, transaction
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.meetings.models import AgendaItem, Meeting, MeetingKind, Mode, Purpose, Stage
from forum.minutes import commands, queries
from forum.minutes.models import MinutesStage
from tests.builders import _save


def meeting(*, titles=("Welcome", "Mental health"), stage=Stage.OPEN, starts_in=timedelta(days=-1)) -> Meeting:
    starts_at = clock.now() + starts_in
    return _save(
        Meeting(
            title="Mental health and social media", kind=MeetingKind.FORUM, stage=stage, starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2), mode=Mode.HYBRID, place="Example House", joining_link="",
            description="", marking="OFFICIAL", is_chatham_house=True, changed_at=clock.now(), ical_uid=f"{titles}{stage}@forum.example",
            agenda=[
                AgendaItem(position=n, title=title, lead="", minutes=10, purpose=Purpose.DISCUSSION, paper="")
                for n, title in enumerate(titles, 1)
            ],
        )
    )  # fmt: skip


def begun(actor, held):
    with transaction():
        return commands.begin(actor, held)


def test_beginning_makes_an_item_for_each_item_of_the_agenda(inside, cast):
    minutes = begun(cast.sita, meeting())
    assert [(item.position, item.heading, item.source) for item in minutes.items] == [
        (1, "Welcome", ""),
        (2, "Mental health", ""),
    ]


def test_beginning_again_keeps_what_is_written_and_brings_in_what_is_new(inside, cast):
    held = meeting()
    minutes = begun(cast.sita, held)
    with transaction():
        commands.save_item(cast.sita, minutes, minutes.items[0], "Everybody was welcome.", 1)
        db.session.add(
            AgendaItem(meeting_id=held.id, position=3, title="Close", lead="", minutes=5, purpose=Purpose.INFORMATION, paper="")
        )  # fmt: skip
    again = begun(cast.sita, held)
    assert again.id == minutes.id
    assert [(item.heading, bool(item.source)) for item in queries.get(cast.sita, held).items] == [
        ("Welcome", True),
        ("Mental health", False),
        ("Close", False),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"stage": Stage.DRAFT}, "Open it"), ({"stage": Stage.CANCELLED}, "cancelled"), ({"titles": ()}, "no agenda")],
)
def test_some_meetings_cannot_be_minuted(inside, cast, changes, words):
    with pytest.raises(Rejected, match=words):
        begun(cast.sita, meeting(**changes))


def test_members_do_not_write_minutes(inside, cast):
    with pytest.raises(NotAllowed):
        begun(cast.amina, meeting())


def test_of_two_who_save_one_item_the_second_is_told(inside, cast):
    held = meeting()
    minutes = begun(cast.sita, held)
    item = minutes.items[0]
    with transaction():
        commands.save_item(cast.sita, minutes, item, "First", 1)
    with pytest.raises(Rejected, match="Somebody else saved"), transaction():
        commands.save_item(cast.ada, minutes, item, "Second", 1)
    assert queries.get(cast.sita, held).items[0].source == "First"


def test_members_read_them_once_they_are_published(inside, cast):
    held = meeting()
    minutes = begun(cast.sita, held)
    with pytest.raises(NotFound):
        queries.get(cast.amina, held)
    with pytest.raises(Rejected, match="Nothing has been written"), transaction():
        commands.publish(cast.sita, held, minutes)
    minutes = queries.get(cast.sita, held)
    with transaction():
        commands.save_item(cast.sita, minutes, minutes.items[1], "**Long waits** were raised.", 1)
        commands.publish(cast.sita, held, minutes)
    assert "<strong>Long waits</strong>" in queries.get(cast.amina, held).items[1].html
    with pytest.raises(Rejected, match="are published"), transaction():
        commands.save_item(cast.sita, minutes, minutes.items[1], "Changed", 2)


def test_nothing_is_written_into_minutes_while_they_are_published(app, cast):
    with app.app_context():
        held = meeting()
        minutes = begun(cast.sita, held)
        with transaction():
            commands.save_item(cast.sita, minutes, minutes.items[0], "Said", 1)
    read, told = threading.Event(), []

    def write() -> None:
        with app.app_context():
            found = queries.get(cast.ada, held)
            db.session.rollback()
            read.set()
            try:
                with transaction():
                    commands.save_item(cast.ada, found, found.items[1], "Added too late", 1)
            except Rejected as refusal:
                told.append(refusal.message)

    with app.app_context():
        with transaction():
            commands.publish(cast.sita, held, queries.get(cast.sita, held))
            db.session.flush()
            other = threading.Thread(target=write)
            other.start()
            assert read.wait(10)
            other.join(0.3)
        other.join(10)
        assert [item.source for item in queries.get(cast.sita, held).items] == ["Said", ""]
    assert "are published" in told[0]


def test_minutes_of_a_meeting_to_come_are_not_published(inside, cast):
    held = meeting(starts_in=timedelta(days=3))
    minutes = begun(cast.sita, held)
    with transaction():
        commands.save_item(cast.sita, minutes, minutes.items[0], "Too early", 1)
    with pytest.raises(Rejected, match="has not begun"), transaction():
        commands.publish(cast.sita, held, minutes)


def test_taking_back_needs_a_reason(inside, cast):
    held = meeting()
    minutes = begun(cast.sita, held)
    with transaction():
        commands.save_item(cast.sita, minutes, minutes.items[0], "Said", 1)
        commands.publish(cast.sita, held, minutes)
    with pytest.raises(Rejected, match="reason"), transaction():
        commands.take_back(cast.sita, held, minutes, "")
    with transaction():
        commands.take_back(cast.sita, held, minutes, "The name of a school was in item 1")
    assert minutes.stage is MinutesStage.DRAFT


def test_the_secretariat_minutes_a_meeting_in_the_browser(app, visit, cast, statements):
    with app.app_context():
        number = meeting().id
    sita, amina = visit(cast.sita), visit(cast.amina)
    assert amina.get(f"/meetings/{number}/minutes").status_code == 404
    sita.post(f"/meetings/{number}/minutes")
    with app.app_context():
        first, second = (item.id for item in queries.get(cast.sita, db.session.get(Meeting, number)).items)
    page = sita.post(f"/meetings/{number}/minutes/{first}", data={"source": "Apologies were noted.", "version": "1"})
    assert page.headers["Location"].endswith(f"/minutes/{second}")
    page = sita.post(f"/meetings/{number}/minutes/{first}", data={"source": "My own words", "version": "1"})
    assert "Apologies were noted." in page.text
    assert "My own words" in page.text
    page = sita.post(f"/meetings/{number}/minutes/{first}", data={"source": "[" * 200_000, "version": "2"})
    assert "20,000" in page.text
    sita.post(f"/meetings/{number}/minutes/publish")
    with statements() as seen:
        page = amina.get(f"/meetings/{number}/minutes")
    assert "Apologies were noted." in page.text
    assert len(seen) <= 8
    assert amina.post(f"/meetings/{number}/minutes/publish").status_code == 403
