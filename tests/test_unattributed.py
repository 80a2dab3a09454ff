"""Who asked not to be named is named nowhere, to nobody; and nothing anybody can read depends on who it was.

Two proofs. A planted name is looked for in every page and file, as every role sees them. And the author behind an
unattributed post is exchanged for somebody else: every page, count, filter, hidden field and address must stay the same.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from werkzeug import Response
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from forum.base import clock, letters
from forum.base.db import db, transaction
from forum.base.letters import Letter, State, delivering
from forum.base.letters.answers import Outcome
from forum.challenges import commands as challenges
from forum.challenges.models import Status
from forum.digests import commands as digests
from forum.feedback import commands as feedback
from forum.feedback.commands import (
    answering,
    attaching,
    checking,
    entering,
    following,
    mailing,
    restricting,
    revealing,
    settling,
    supporting,
)
from forum.feedback.models import (
    Attachment,
    Attribution,
    Feedback,
    FeedbackKind,
    FollowKind,
    FollowLevel,
    OfficialKind,
    ReadMark,
    Reply,
)
from forum.feedback.queries import words_to_quote
from forum.members.models import Group, Member, Notify, Organisation
from forum.summaries import commands as summaries
from forum.summaries.exports import FORMATS
from forum.summaries.rules import Scope
from forum.web import calendars
from tests import builders, uploads
from tests.feedback.builders import reply, thread
from tests.meetings.builders import meeting

SILENT, HOME, ADDRESS = "Zephyrine Quillfeather", "Marrowstone Outreach Guild", "zephyrine@marrowstone.example"
DISCREET, MISSION = "Thaddeus Wrenlock", "Copperleaf Housing Mission"
NAMES = (SILENT, "Quillfeather", HOME, "marrowstone", DISCREET, "Wrenlock")
SAID, ANSWERED, WHOLE = "Nobody asks the night shift.", "Our van was turned away.", "The key worker changes monthly."

# Where members are listed because they are members. The preview of a mailing lists who would be invited.
DIRECTORY = (
    "members.",
    "organisations.",
    "meetings.invite",
    "meetings.invitations",
    "meetings.preview",
    "meetings.agenda",
    "meetings.add_paper",
    "feedback.enter",  # it may be for anybody of any organisation
    "feedback.reach",  # whom a thread has not reached
)
NUMBERS = {"feedback": range(1, 8), "challenges": (1,), "summaries": (1, 2), "letters": range(1, 14)}  # others: 1


class World(NamedTuple):
    """Numbers of the posts nobody signed, and the two people who could have written them."""

    thread: int
    reply: int
    author: Member
    bystander: Member
    letter: int


@pytest.fixture
def world(app, cast) -> World:
    """Feedback and a reply nobody signed, and feedback for an organisation; quoted, answered and summed up."""
    with app.app_context():
        home = builders.organisation(
            HOME, sector="health-public", force="kent", contact_email="office@marrowstone.example"
        )
        author = builders.member(SILENT, organisation=home, email=ADDRESS, job_title="Quillfeather's deputy")
        discreet = builders.member(DISCREET, organisation=builders.organisation(MISSION, sector="housing"))
        elsewhere = builders.organisation("Larkhill Learning Trust", sector="education", force="cumbria")
        bystander = builders.member("Perpetua Stonecrop", organisation=elsewhere)
        silent: dict[str, Any] = {"attribution": Attribution.UNATTRIBUTED}
        unsigned = thread(author, "Night work", happening=SAID, kind=FeedbackKind.QUESTION, **silent)
        signed = thread(cast.bryn, "Signed", attribution=Attribution.NAMED)
        shared = thread(discreet, "For all of us", happening=WHOLE)
        answer = reply(author, signed, ANSWERED, **silent)
        _edit(author, unsigned, answer)
        _attach(cast.sita, author, unsigned, answer)
        number = _quote(cast.sita, unsigned, signed, answer, shared)
        letter = db.session.scalars(sa.select(Letter.id).where(Letter.to_address == ADDRESS)).all()[-1]
        _check(cast.sita, author, unsigned, signed, answer)
        _converse(cast, author, unsigned, signed)
        _support(author, discreet, unsigned, signed)
        _enter(cast.sita, author, signed)
        with transaction():
            summaries.make(cast.olu, Scope())
        with transaction():
            summaries.make(cast.sita, Scope(), is_for_publication=True)
        meeting(cast.sita)
        assert number == 1
    return World(unsigned.id, answer.id, author, bystander, letter)


def _edit(author: Member, unsigned: Feedback, answer: Reply) -> None:
    with transaction():
        feedback.edit(author, unsigned, kind=unsigned.kind, title=unsigned.title, happening=f"{SAID} Still.",
                      attribution=Attribution.UNATTRIBUTED, version=unsigned.version)  # fmt: skip
    with transaction():
        feedback.edit_reply(author, answer, f"{ANSWERED} Twice.", Attribution.UNATTRIBUTED, version=answer.version)


def _attach(secretary: Member, author: Member, unsigned: Feedback, answer: Reply) -> None:
    """Files that tell of their author within, and in their names; one of them is removed by the secretariat."""
    given = [(uploads.png(SILENT), "png"), (uploads.jpeg(SILENT), "jpg"), (uploads.docx(SILENT), "docx"),
             (uploads.odt(SILENT), "odt"), (uploads.pdf(SILENT), "pdf")]  # fmt: skip
    looked = [attaching.look(data, f"{SILENT}.{ending}") for data, ending in given]
    for post, those in ((unsigned, looked), (answer, looked[:2])):
        with transaction():
            parked = attaching.park(author, "files", those, [])
            attaching.add(author, post, "files", {one.id: "What it shows" for one in parked})
    with transaction():
        file = db.session.scalars(sa.select(Attachment).where(Attachment.reply_id == answer.id)).first()
        attaching.remove(secretary, answer, file, "It shows a child")


def _quote(secretary: Member, unsigned: Feedback, signed: Feedback, answer: Reply, shared: Feedback) -> int:
    with transaction():
        challenge = challenges.open(secretary, title="Nights", description="At night", prevalence=3, impact=3)
        challenges.cite(secretary, challenge, unsigned, SAID)
        challenges.cite(secretary, challenge, signed, ANSWERED, answer)
        challenges.cite(secretary, challenge, shared, WHOLE)
    with transaction():
        challenges.change_status(secretary, challenge, Status.ACTION_AGREED, "We heard you.")
    return challenge.id


def _check(secretary: Member, author: Member, unsigned: Feedback, signed: Feedback, answer: Reply) -> None:
    """What the author of unsigned posts reports, and unsigned posts that are reported, hidden, held, changed, asked after
    and kept to a group: every letter and line that comes of it must keep the name."""
    silent: dict[str, Any] = {"attribution": Attribution.UNATTRIBUTED}
    others = [builders.member() for _ in range(3)]  # fewer than five in a group, and nobody can hide in it
    with transaction():
        theme = builders.theme()
        theme.is_checked_first = True
        group = Group(slug="nights", title="Night work", members=[author, secretary, *others])
        db.session.add(group)
    hidden = thread(author, "Hidden soon", happening="Ring 07700 900123.", **silent)
    held = thread(author, "Held still", theme_ids=[theme.id], **silent)
    kept = reply(author, signed, "To be let through.", **silent)
    for verb, given in (
        (checking.flag, (author, signed, "abusive")),
        (settling.keep, (secretary, signed)),
        (checking.flag, (secretary, answer, "identifies", "Look")),
        (settling.redact, (secretary, answer, [settling.Cut("words", "Twice")], "identifies")),
        (settling.hide, (secretary, hidden, "identifies")),
        (settling.hide, (secretary, kept, "abusive")),
        (settling.show_again, (secretary, kept)),
        (restricting.restrict, (author, held, group.id)),
        (revealing.reveal, (secretary, unsigned, "A child may be at risk tonight")),
    ):
        with transaction():
            verb(*given)
    assert held.held_at


def _converse(cast: Any, author: Member, unsigned: Feedback, signed: Feedback) -> None:
    """What nobody signed is quoted, answered for the department, given to an officer and noted about; its author mentions
    somebody, and everybody is told."""
    reply(cast.bryn, unsigned, words_to_quote(cast.bryn, unsigned.id, None) + "Here too.")
    reply(cast.olu, unsigned, "We look into it.", official_kind=OfficialKind.ANSWER)
    reply(author, signed, "@Bryn Heron knows more.", attribution=Attribution.UNATTRIBUTED)
    with transaction():
        answering.assign(cast.sita, unsigned, cast.olu.id)
        answering.note(cast.olu, unsigned.id, "Ask the night shift.")
    for _ in range(20):
        with transaction():
            if not mailing.tell_followers():
                break


def _support(author: Member, discreet: Member, unsigned: Feedback, signed: Feedback) -> None:
    """What nobody signed is supported with evidence, and its author supports what others signed: both are told by
    organisations at most, here by none."""
    with transaction():
        supporting.support(discreet, unsigned.id, force_id=unsigned.force_id, evidence="Nine vans this year.")
        supporting.support(author, signed.id)
        supporting.support(discreet, signed.id)
    with transaction():
        supporting.take_back(discreet, signed.id)


def _enter(secretary: Member, author: Member, signed: Feedback) -> None:
    """What the secretariat enters for somebody who is not to be named: the member, and somebody who is none, whose name
    is typed all the same. The member says that it is not what they said."""
    usual = {"attribution": Attribution.UNATTRIBUTED, "said_on": clock.today()}
    begun = {"kind": FeedbackKind.GOOD_PRACTICE, "title": "Told us", "happening": "The door stays open at night."}
    event = {"source": "event", "occasion": "Roundtable"}
    for whose in ({"author_id": author.id}, {"contributor": SILENT, "organisation_id": author.organisation_id}):
        with transaction():
            entered = entering.enter(secretary, **usual, **begun, **event, **whose)
            entering.enter_reply(secretary, signed, "By letter.", source="paper", **usual, **whose)
        if entered.author_id:
            with transaction():
                checking.flag(author, entered, "misquoted", "Not in these words.")
    kept = sa.union_all(sa.select(Feedback.contributor), sa.select(Reply.contributor))
    assert set(db.session.scalars(kept)) == {""}  # a name that is not to be shown is not stored


# --- every page ------------------------------------------------------------------------------------------------------


def _arguments(rule: Rule) -> Iterator[dict[str, Any]]:
    """Every way to fill the rule in with things that are there."""
    offered = []
    for name in sorted(rule.arguments):
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            offered.append(sorted(converter.items))
        elif isinstance(converter, IntegerConverter):
            offered.append(list(NUMBERS.get(rule.endpoint.partition(".")[0], (1,))) if name == "number" else [1])
        else:
            offered.append(["themes" if name == "slug" else "n" * 64])
    for values in itertools.product(*offered):
        yield dict(zip(sorted(rule.arguments), values, strict=True))


def _asked(app) -> Iterator[str]:
    """Questions that narrow a list: whoever can narrow to one organisation's sector or area can find its people."""
    with app.app_context():
        homes = db.session.scalars(sa.select(Organisation)).all()
    for name, numbers in (
        ("sector", {one.sector_id for one in homes}),
        ("area", {one.force_id for one in homes} - {None}),
    ):
        yield from (f"/feedback?{name}={number}" for number in sorted(numbers))
        yield from (f"/feedback/good-practice?{name}={number}" for number in sorted(numbers))
    yield from (f"/feedback?{one}" for one in ("mine=1", "unread=1", "mine=1&unread=1", "kind=question", "key=x"))
    yield from (f"/feedback/{n}?{one}" for n in (1, 2, 3) for one in ("quote=0", "quote=1", "at=1", "key=x"))
    yield from (f"/challenges/words?feedback={n}{reply}" for n in (1, 2, 3) for reply in ("", "&reply=1"))
    yield from (f"/letters?{one}" for one in ("about=CH-1", "kind=notice", "state=waiting", "text=marrowstone.exampl"))
    yield from (f"/admin/history?kind={one}" for one in ("feedback", "reply", "challenge", "letter", "member"))
    yield from (f"/admin/history?number={number}" for number in range(1, 4))
    yield from (f"/search?q={word}" for word in ("night", "van", "forum+member", "changes"))
    yield "/summaries/1.csv?for=programs"
    yield from (f"/feedback/{thread}/files/{file}" for thread, most in ((1, 5), (2, 2)) for file in range(1, most + 1))
    yield from ("/feedback/good-practice?region=-1", "/feedback/good-practice?text=quillfeather")
    yield from (f"/summaries/heard?from={clock.today()}&to={clock.today()}", "/summaries/heard/contacts?sector=1")
    yield from ("/feedback/2/replies/2/check", "/feedback/2/replies/2/author", "/feedback/2/replies/2/flag")


def pages(app) -> Iterator[tuple[str, str]]:
    """Endpoint and address of everything that can be looked at."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods:
            yield from ((rule.endpoint, adapter.build(rule.endpoint, values)) for values in _arguments(rule))
    yield from ((adapter.match(path.partition("?")[0])[0], path) for path in _asked(app))


def readable(page: Any) -> str:
    """What the answer says, its headers too: files are unpacked."""
    data = page.data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    headers = "\n".join(f"{name}: {value}" for name, value in page.headers if name not in ("Set-Cookie", "Date"))
    text = f"{page.status_code}\n{headers}\n{data.decode('utf-8', 'replace')}"
    return settled(text)


def settled(text: str) -> str:
    """The text without what differs each time: nonces, keys of forms, tokens against forged requests."""
    return re.sub(r"(nonce[=-]\"?|name=\"(?:form_key|csrf_token)\" value=\"|data-token=\")[\w.-]{22,}", r"\1", text)


def everybody(visit, cast) -> dict[str, Any]:
    roles = {"member": cast.amina, "secretariat": cast.sita, "official": cast.olu, "admin": cast.ada, "stranger": None}
    return {role: visit(person) for role, person in roles.items()}


def test_a_name_that_is_not_to_be_named_is_on_no_page(app, visit, cast, world):
    seen = set()
    for role, browser in everybody(visit, cast).items():
        for endpoint, path in pages(app):
            text = readable(browser.get(path))
            assert not text.startswith("5"), path
            if any(said in text for said in ("Nobody asks", "Our van was", "Nine vans", "The text itself")):
                seen.add((role, endpoint))
            if endpoint.startswith(DIRECTORY):
                continue
            # The discreet author's own line and letter may be seen by those who keep the books: only the
            # organisation's name was to stand beside the words.
            kept = NAMES[:4] if endpoint.startswith(("admin.", "letters.")) else NAMES
            found = [name for name in kept if name.casefold() in _without_question(path, text)]
            assert not found, (role, path, found)
    # The words themselves were there to be read: the pages that would name their author were really looked at.
    for endpoint in ("feedback.show", "feedback.support", "feedback.history", "challenges.show", "challenges.answered"):
        assert ("member", endpoint) in seen
    assert {("member", "feedback.read_file"), ("stranger", "feedback.read_file")} - seen == {
        ("stranger", "feedback.read_file")
    }
    assert {("official", "summaries.show"), ("official", "summaries.download"), ("member", "search.show")} <= seen


def test_no_letter_and_no_command_says_it(app, cast, world, tmp_path):
    """Letters about posts and digests are shown on no page, so they are read here as they leave; and what operators get."""
    with app.app_context():
        with transaction():
            db.session.execute(
                sa.update(Member).values(digested_until=clock.now() - timedelta(days=1), notify=Notify.DAILY)
            )
            for person in (cast.amina, cast.bryn):
                following.follow(person, FollowKind.THREAD, world.thread, FollowLevel.DIGEST)
        _tomorrow_morning()
        theirs = sa.select(Member.email).where(Member.name.in_([SILENT, DISCREET]))
        written = db.session.scalars(sa.select(Letter).where(Letter.to_address.not_in(theirs))).all()
        assert {"digest", "post"} <= {letter.key.partition(":")[0] for letter in written}
        for letter in written:
            raw = letters.build(letter).decode() + letter.text + letter.html
            assert [name for name in NAMES if name.casefold() in raw.casefold()] == [], letter.key
    runner, file = app.test_cli_runner(), tmp_path / "summary"
    for given in (
        ["census", "--json"],
        ["letters", "status"],
        *(_exported(cast.olu, kind, file) for kind in (*FORMATS, "html")),
    ):
        said = runner.invoke(args=given)
        assert said.exit_code == 0, said.output
        data = file.read_bytes() if "summary" in given else b""
        text = said.output + readable(Response(data))
        assert [name for name in NAMES if name.casefold() in text.casefold()] == [], given


def _exported(official: Member, kind: str, file: Path) -> list[str]:
    return ["summary", "export", "--format", kind, "--output", str(file), "--as", official.email or ""]


def _tomorrow_morning() -> None:
    """Write the digests of tomorrow."""
    with pytest.MonkeyPatch.context() as patch:
        tomorrow = clock.now() + timedelta(days=1)
        patch.setattr(clock, "now", lambda: tomorrow)
        for _ in range(20):
            with transaction():
                if not digests.send_due():
                    break


def _without_question(path: str, text: str) -> str:
    """The page without the echo of what was asked."""
    return text.casefold().replace(path.rpartition("=")[2].casefold(), "") if "?text=" in path else text.casefold()


def test_nothing_anybody_reads_depends_on_who_it_was(app, visit, cast, world):
    """The authors are exchanged for a bystander of another organisation, sector and area: nobody can tell."""
    browsers = {
        role: one for role, one in everybody(visit, cast).items() if role in ("member", "secretariat", "official")
    }
    paths = [path for endpoint, path in pages(app) if endpoint != "account.browsers"]
    calendars._reads.clear()  # it counts how often an address was read, whoever read it
    before = _look(browsers, paths)
    with app.app_context(), transaction():
        for kind in (Feedback, Reply):
            silent = sa.update(kind).where(kind.attribution == Attribution.UNATTRIBUTED)
            db.session.execute(silent.values(organisation_id=world.bystander.organisation_id))
            members = silent.where(kind.author_id.is_not(None))
            db.session.execute(members.values(author_id=world.bystander.id, posted_by_id=world.bystander.id))
        theirs = sa.update(ReadMark).where(ReadMark.member_id == world.author.id)
        db.session.execute(theirs.values(member_id=world.bystander.id))  # whoever posts has read it
    with app.app_context(), transaction():
        assert db.session.get_one(Feedback, world.thread).author_id == world.bystander.id
        made = summaries.make(cast.olu, Scope())
        assert made.content["counts"] == db.session.get_one(type(made), 1).content["counts"]
        assert made.content["items"] == db.session.get_one(type(made), 1).content["items"]
        db.session.rollback()
    calendars._reads.clear()
    after = _look(browsers, paths)
    assert [one for one in before if before[one] != after[one]] == []


def _look(browsers: dict[str, Any], paths: list[str]) -> dict[tuple[str, str], str]:
    return {
        (role, path): readable(browser.get(path))
        for role, browser in browsers.items()
        for path in paths
        # Every download adds a line to the history, and a workbook says when it was made; its CSV says the same. The page
        # to lead through a meeting by tells the time.
        if not path.startswith(("/admin", "/health")) and not path.endswith(("export.ods", "/agenda/live"))
    }


def test_searching_for_the_name_finds_no_more_posts_than_searching_for_nonsense(app, visit, cast, world):
    """It finds the member and the organisation in the directory, and nothing that was said, counted or begun."""
    browser = visit(cast.sita)
    for asked in (SILENT, "Quillfeather", "Quillf*", HOME, "Marrowstone", "Wrenlock", "zephyrine"):
        page = browser.get("/search", query_string={"q": asked}).text
        groups = set(re.findall(r"[?&;]in=(\w+)", page))
        assert groups <= {"members", "organisations"}, asked
        assert {
            word for word in ("First post", "Reply<", "Challenge<", "Response<", "Minutes<") if word in page
        } == set()
        said = browser.post("/feedback/similar", data={"title": asked, "happening": asked}).text
        assert said.strip() == ""


# --- by the way ------------------------------------------------------------------------------------------------------


def test_a_letter_that_does_not_arrive_tells_nobody_whose_it_was(app, visit, cast, world, monkeypatch):
    """Mail servers repeat the address they refuse."""

    class Refusing:
        def carry(self, letter: Letter, _message: Any) -> Outcome:
            return Outcome(State.REFUSED, f"5.1.1 <{letter.to_address}>: no such mailbox", 550)

        def close(self) -> None: ...

    monkeypatch.setattr(delivering, "_carrier", Refusing)
    with app.app_context():
        letters.deliver_due()
    browser = visit(cast.sita)
    for path in ("/letters", "/letters?state=refused", f"/letters/{world.letter}", "/letters?text=marrowstone"):
        assert "zephyrine" not in browser.get(path).text, path
    assert "550" in browser.get(f"/letters/{world.letter}").text
    assert browser.get(f"/letters/{world.letter}/html").status_code == 404


def test_the_history_forgets_who_posted_what_is_unattributed_since(app, visit, cast):
    with app.app_context():
        home = builders.organisation(HOME)
        author = builders.member(SILENT, organisation=home, email=ADDRESS)
        post = thread(author, "Signed at first", attribution=Attribution.NAMED)
        said = reply(author, post, attribution=Attribution.NAMED)
    browser = visit(cast.ada)
    for kind in ("feedback", "reply"):
        assert SILENT in browser.get(f"/admin/history?kind={kind}").text
    with app.app_context():
        post, said = db.session.get_one(Feedback, post.id), db.session.get_one(Reply, said.id)
        db.session.execute(sa.select(Feedback).options(sa.orm.selectinload(Feedback.themes))).all()
        with transaction():
            feedback.edit(author, post, kind=post.kind, title=post.title, happening=post.happening,
                          attribution=Attribution.UNATTRIBUTED, version=post.version)  # fmt: skip
            feedback.edit_reply(author, said, said.body, Attribution.UNATTRIBUTED, version=said.version)
    for path in ("/admin/history?kind=feedback", "/admin/history?kind=reply", f"/feedback/{post.id}"):
        assert SILENT not in browser.get(path).text, path


def test_the_preview_of_the_author_is_theirs_alone(app, visit, cast):
    """The organisation is never taken from the membership of today."""
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 3
    form = {
        "kind": "question", "title": "Who says so?", "happening": "Words", "priority_id": "0", "marking": "OFFICIAL",
        "attribution": "unattributed",
    }  # fmt: skip
    author = visit(cast.bryn)
    preview = author.post("/feedback/new", data=form | {"preview": "1"}).text
    assert '<p class="forum-post__author">A Forum member</p>' in preview
    place = author.post("/feedback/new", data=form).headers["Location"]
    assert "A Forum member (you)" in author.get(place).text
    other = visit(cast.amina).get(place).text
    assert "A Forum member" in other
    for told in ("(you)", "Bryn", "Canopy", "Edit", "Withdraw"):
        assert told not in other
