"""Every kind of thing: who finds it, what it is narrowed by, and that nothing old stays in the index."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from forum.base.db import db, transaction
from forum.challenges.models import Challenge, Response, Status, StatusChange
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.meetings.models import AgendaItem, Invitation, Meeting, MeetingKind, Mode, Paper, Purpose, Stage
from forum.members.models import Group, Member, Role, Standing
from forum.minutes.models import MinuteItem, Minutes, MinutesStage
from forum.reference.models import Marking
from forum.search.commands import rebuild
from forum.search.models import SearchEntry
from forum.search.queries import GROUPS, Narrowing, search
from forum.search.queries.kinds import KINDS
from tests import builders

NOON = datetime(2016, 11, 15, 12, tzinfo=UTC)
SEEN_BY_RUNNERS = {"Draft meeting", "Item of Draft meeting", "Minutes of Draft meeting", "Paper of Draft meeting"}


def post(kind: type[Any], author: Member, name: str, **more: Any) -> Any:
    common = {
        "author": author,
        "attribution": Attribution.ORGANISATION,
        "posted_at": NOON,
        "organisation_id": author.organisation_id,
    }
    if kind is Feedback:
        common |= {"kind": FeedbackKind.IDEA, "title": f"{name} zebra", "happening": "x", "html": "<p>x</p>",
                   "marking": Marking.OFFICIAL, "active_at": NOON}  # fmt: skip
    else:
        common |= {"body": f"{name} zebra", "html": f"<p>{name} zebra</p>"}
    return kind(**(common | more))


def meeting(name: str, **more: Any) -> list[Any]:
    """A meeting with an item, a paper and minutes."""
    usual: dict[str, Any] = {
        "kind": MeetingKind.FORUM, "stage": Stage.OPEN, "starts_at": NOON, "ends_at": NOON, "mode": Mode.ONLINE, "place": "",
        "joining_link": "https://meet.example/zebra-link", "description": "A *zebra* day", "marking": Marking.OFFICIAL,
        "is_chatham_house": True, "ical_uid": name, "changed_at": NOON, "themes": [builders.theme()],
    }  # fmt: skip
    details = usual | more
    stage = details.pop("minutes", MinutesStage.PUBLISHED)
    it = Meeting(title=name, **details)
    minutes = Minutes(meeting=it, stage=stage, begun_at=NOON)
    minutes.items = [
        MinuteItem(position=1, heading=f"Minutes of {name}", source="s", html="<p>A zebra was agreed.</p>")
    ]
    item = AgendaItem(
        meeting=it, position=1, title=f"Item of {name} zebra", lead="", minutes=1, purpose=Purpose.DECISION, paper=""
    )
    return [it, minutes, item, paper(it, f"Paper of {name}")]


def paper(of: Meeting, name: str, number: int = 1, **more: Any) -> Paper:
    return Paper(meeting=of, number=number, title=f"{name} zebra", author="", **({"marking": Marking.OFFICIAL} | more))


@pytest.fixture
def world(inside, cast):
    """One of everything that holds the word, each named by what is special about it."""
    group = Group(slug="g", title="Group", members=[cast.bryn])
    with transaction():
        db.session.add(group)
        db.session.flush()
        open_to_all = post(Feedback, cast.amina, "Thread", themes=[builders.theme()], priority_id=builders.priority().id,
                           force_id=cast.amina.organisation.force_id)  # fmt: skip
        kept = post(Feedback, cast.ada, "Group thread", group_id=group.id)
        threads = [
            open_to_all, kept, post(Feedback, cast.amina, "Held thread", held_at=NOON),
            post(Feedback, cast.amina, "Withdrawn thread", withdrawn_at=NOON),
            post(Feedback, cast.amina, "Hidden thread", withdrawn_at=NOON, hidden_at=NOON),
        ]  # fmt: skip
        replies = [
            post(Reply, cast.amina, name, feedback=thread, **more)
            for name, thread, more in (
                ("Reply", open_to_all, {}), ("Group reply", kept, {}), ("Held reply", open_to_all, {"held_at": NOON}),
                ("Reply to held", threads[2], {}), ("Withdrawn reply", open_to_all, {"withdrawn_at": NOON}),
            )
        ]  # fmt: skip
        plain, *rest = meeting("Open meeting")
        table = meeting("Roundtable", kind=MeetingKind.ROUNDTABLE)
        mine = meeting("Hosted draft", stage=Stage.DRAFT, host_id=cast.bryn.id)
        others = [
            *meeting("Draft meeting", stage=Stage.DRAFT), *meeting("Ministers", kind=MeetingKind.MINISTERS),
            *meeting("Cancelled meeting", stage=Stage.CANCELLED, minutes=MinutesStage.DRAFT),
            paper(plain, "Sensitive paper", 2, marking=Marking.SENSITIVE), paper(plain, "Withdrawn paper", 3, withdrawn_at=NOON),
            paper(plain, "Owned paper", 4, marking=Marking.SENSITIVE, owner_id=cast.amina.id),
        ]  # fmt: skip
        invited = Invitation(meeting=table[0], member_id=cast.amina.id, invited_at=NOON, sent_at=NOON)
        gone = Invitation(meeting=table[0], member_id=cast.bryn.id, invited_at=NOON, sent_at=NOON, removed_at=NOON)
        challenge = Challenge(title="Challenge", description="zebra", status=Status.NEW, opened_at=NOON, active_at=NOON,
                              themes=[builders.theme()], priority_id=builders.priority().id)  # fmt: skip
        db.session.add(challenge)
        db.session.flush()
        said = [Response(challenge_id=challenge.id, kind="response", source="s", html="<p>zebra</p>", given_at=NOON),
                StatusChange(challenge_id=challenge.id, status=Status.NEW, reason="zebra", changed_at=NOON)]  # fmt: skip
        db.session.add_all([*threads, *replies, plain, *rest, *table, *mine, *others, invited, gone, challenge, *said])
    builders.organisation("Zebra House")
    for standing in Standing:
        builders.member(f"{standing.value.capitalize()} member", standing=standing, job_title="Zebra keeper")
    builders.member("Admin member", role=Role.ADMIN, job_title="Zebra keeper")
    db.session.rollback()
    return cast


def found(actor: Member, question: str = "zebra", **narrowing: Any) -> list[str]:
    """What somebody finds, on all pages, by kind and name; the counts say the same."""
    pages = [search(actor, question, page, Narrowing(**narrowing)) for page in (1, 2, 3)]
    hits = [hit for one in pages for hit in one.hits]
    assert pages[0].total == len(hits) == sum(pages[0].counts.values())
    for name, count in pages[0].counts.items():
        assert count == sum(hit.kind.group == name for hit in hits)
    names = {"reply": "of", "response": "of", "status_change": "of"}
    titles = (
        (hit, (hit.snippet if hit.card.kind == "reply" else hit.title).replace("\ue000", "").replace("\ue001", ""))
        for hit in hits
    )
    return sorted(
        f"{hit.card.kind} {names.get(hit.card.kind, '')} {title}".replace("  ", " ").removesuffix(" zebra")
        for hit, title in titles
    )


def whole(name: str) -> set[str]:
    return {
        f"meeting {name}",
        f"agenda_item Item of {name}",
        f"paper Paper of {name}",
        f"minute_item Minutes of {name}",
    }


FOR_ALL = {
    "feedback Thread", "reply of Reply", *whole("Open meeting"), *whole("Cancelled meeting"), "challenge Challenge",
    "response of Challenge", "status_change of Challenge", "member Active member", "organisation Zebra House",
} - {"minute_item Minutes of Cancelled meeting"}  # fmt: skip
FOR_BRYN = FOR_ALL | {"feedback Group thread", "reply of Group reply"} | whole("Hosted draft")
FOR_AMINA = FOR_ALL | whole("Roundtable") | {"paper Owned paper"}
FOR_OLU = FOR_ALL | {"paper Sensitive paper", "paper Owned paper"}
FOR_RUNNERS = (
    FOR_OLU | FOR_BRYN | FOR_AMINA | whole("Draft meeting") | whole("Ministers") | whole("Cancelled meeting")
    | {"paper Withdrawn paper", "member Invited member", "member Left member", "member Admin member"}
)  # fmt: skip


def test_each_person_finds_exactly_what_they_may_read(world):
    for person, expected in {
        world.amina: FOR_AMINA, world.bryn: FOR_BRYN, world.olu: FOR_OLU, world.sita: FOR_RUNNERS, world.ada: FOR_RUNNERS,
    }.items():  # fmt: skip
        assert found(person) == sorted(expected), person.name
        for word in ("held", "withdrawn", "hidden", "meet.example"):  # threads and replies that do not stand, and links
            assert not [one for one in found(person, word) if one.startswith(("feedback", "reply", "meeting"))]
    for standing in (Standing.LEFT, Standing.INVITED):
        assert found(builders.member(standing=standing, role=Role.SECRETARIAT)) == []


def test_references_lead_only_to_what_may_be_read(world):
    numbers = dict(db.session.execute(sa.select(Meeting.title, Meeting.id)).all())
    threads = dict(db.session.execute(sa.select(Feedback.title, Feedback.id)).all())
    for person, reference, kind in (
        (world.amina, f"mtg-{numbers['Roundtable']}", "meeting Roundtable"),
        (world.bryn, f"MTG-{numbers['Roundtable']}", None),
        (world.bryn, f"FB-{threads['Group thread zebra']}", "feedback Group thread"),
        (world.amina, f"fb{threads['Group thread zebra']}", None),
        (world.sita, f"FB-{threads['Held thread zebra']}", None),
        (world.sita, f"FB-{threads['Withdrawn thread zebra']}", None),
        (world.amina, "CH-1", "challenge Challenge"), (world.amina, "CH-999999999", None),
    ):  # fmt: skip
        assert found(person, reference) == ([kind] if kind else []), (person.name, reference)
    assert search(world.sita, "MTG-1", narrowing=Narrowing(group="members")).hits == []


def test_things_are_narrowed_by_kind_theme_priority_area_and_date(world):
    everything = found(world.sita)
    by_group = [one for group in GROUPS for one in found(world.sita, group=group)]
    assert sorted(by_group) == everything
    themed = set(found(world.amina, theme_id=builders.theme().id))
    assert themed == {one for one in FOR_AMINA if not one.startswith(("member", "organisation"))}
    assert found(world.amina, theme_id=builders.theme("social-media").id) == []
    of_priority = [
        "challenge Challenge",
        "feedback Thread",
        "reply of Reply",
        "response of Challenge",
        "status_change of Challenge",
    ]
    assert found(world.amina, priority_id=builders.priority().id) == of_priority
    assert found(world.bryn, priority_id=0) == ["feedback Group thread", "reply of Group reply"]
    area = world.amina.organisation.force_id
    local = {"feedback Thread", "reply of Reply", "member Active member", "organisation Zebra House"}
    assert set(found(world.amina, force_id=area)) == local
    assert found(world.amina, since=date(2016, 11, 15), until=date(2016, 11, 15), group="feedback") == [
        "feedback Thread"
    ]
    assert found(world.amina, since=date(2016, 11, 16)) == found(world.amina, until=date(2016, 11, 14)) == []
    assert found(world.amina, until=date.max, group="feedback") == ["feedback Thread"]


def entries() -> set[tuple[str, int]]:
    return {tuple(row) for row in db.session.execute(sa.select(SearchEntry.kind, SearchEntry.thing_id))}


def test_what_goes_or_changes_in_any_way_leaves_the_index(world):
    """By statements that the session knows nothing of: no old word stays, and rebuilding brings back what there is."""
    before = entries()
    with transaction():
        assert rebuild() == len(before)
    assert entries() == before
    for kind in KINDS.values():
        for column in kind.columns:
            name, value = kind.model.__table__.c[column].name, sa.null() if column.endswith("_at") else "quagga"
            one = max(number for of, number in before if of == kind.name)
            db.session.execute(sa.update(kind.model.__table__).where(kind.model.id == one).values({name: value}))
            assert (kind.name, one) not in entries(), (kind.name, column)
            db.session.rollback()
    connection = db.session.connection()
    with connection.begin_nested() as undone:
        for model in (StatusChange, Response, Reply, MinuteItem, Paper, AgendaItem):
            connection.execute(sa.delete(model.__table__))
            assert model.__tablename__ not in {kind for kind, _ in entries()}
        undone.rollback()


def test_what_a_foreign_key_takes_along_leaves_the_index_too(world):
    db.session.execute(sa.delete(Minutes.__table__))
    db.session.execute(sa.delete(Invitation.__table__))
    db.session.execute(sa.delete(sa.table("meeting")))
    db.session.execute(sa.delete(sa.table("feedback")))
    assert {kind for kind, _ in entries()} == {"challenge", "response", "status_change", "member", "organisation"}


def test_minutes_and_meetings_are_found_as_they_are_now(world):
    with transaction():
        minutes = db.session.scalars(sa.select(Minutes).join(Meeting).where(Meeting.title == "Open meeting")).one()
        minutes.stage = MinutesStage.DRAFT
        db.session.execute(sa.update(Meeting).where(Meeting.title == "Open meeting").values(stage=Stage.DRAFT))
    left = FOR_ALL - whole("Open meeting")
    assert set(found(builders.member())) == left
    with transaction():
        db.session.execute(sa.update(Member).where(Member.name == "Active member").values(standing=Standing.LEFT))
        db.session.execute(sa.update(Feedback).values(held_at=NOON))
    assert set(found(builders.member())) == left - {"member Active member", "feedback Thread", "reply of Reply"}
