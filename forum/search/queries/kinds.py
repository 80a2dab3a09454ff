"""What can be found, room by room: the words of a thing, who may read it, what it can be narrowed by and how it is shown.

This is all the search knows of another room. A kind is added by an adapter here and the triggers of its table, which
take an entry away when its thing goes or its words change (migrations).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from forum.base import richtext
from forum.challenges import queries as challenges
from forum.challenges.models import Challenge, Response, Status, StatusChange, challenge_theme
from forum.challenges.queries.log import is_sensitive
from forum.feedback import queries as feedback
from forum.feedback.models import Feedback, Reply, feedback_theme
from forum.feedback.queries import author_columns, stands
from forum.meetings import queries as meetings
from forum.meetings.models import AgendaItem, Meeting, Paper, Stage, meeting_theme
from forum.meetings.queries import papers
from forum.members import queries as members
from forum.members.models import Member, Organisation, Role, Standing
from forum.minutes import rules as minuting
from forum.minutes.models import MinuteItem, Minutes, MinutesStage
from forum.reference.models import Marking, Sector

START, END = "\ue000", "\ue001"  # before and after a word that was found; richtext keeps them out of what people write
LESS, MORE = "\ue002", "\ue003"  # stand for < and > where PostgreSQL would drop what looks like markup
_SIGNS = dict.fromkeys(map(ord, START + END + LESS + MORE))

Where = sa.ColumnElement[bool]
Words = tuple[str, str]  # the title, empty where a thing has none of its own; and the text


class Kind(NamedTuple):
    """One kind of thing. `source` is its table with what it is joined to; `themes`: the column of theme_id beside the one
    that says whose themes they are, and that one's id.

    `columns`: the attributes its words are made of, or that say whether it is there to be found.
    """

    model: type[Any]
    name: str  # of its table and of its entries
    called: str  # on the page
    group: str  # what a search can be narrowed to
    words: Callable[[Any], Words | None]  # None: nothing of it is to be found
    columns: tuple[str, ...]
    source: Any
    reach: Callable[[Member], Where]
    card: tuple[Any, ...]  # as Card has it, without the kind
    at: Any  # the moment it is dated by
    themes: tuple[Any, Any, Any] | None = None
    priority: Any = None
    area: Any = None
    author: Any = None  # of a post: the columns of its author and of their organisation


GROUPS = {
    "feedback": "Threads",
    "replies": "Replies",
    "challenges": "Challenges and responses",
    "meetings": "Meetings and agendas",
    "papers": "Papers",
    "minutes": "Minutes",
    "members": "Members",
    "organisations": "Organisations",
}


class Card(NamedTuple):
    """What is shown of a thing beside its words. `number` and `part` lead to it; `about` is what it belongs to.

    Posts say how they are attributed and to whom; the name of an unattributed author is not read.
    """

    kind: str
    id: int
    number: int
    part: int | None
    title: str
    about: str
    state: str
    at: Any
    is_sensitive: bool
    attribution: Any = None
    name: str | None = None
    organisation: str | None = None
    is_member: bool | None = None


_NOBODY: tuple[Any, ...] = tuple(
    sa.type_coerce(sa.cast(sa.null(), stored), kind)
    for stored, kind in (
        (sa.String, Feedback.attribution.type), (sa.String, sa.String), (sa.String, sa.String), (sa.Boolean, sa.Boolean),
    )
)  # fmt: skip


def _card(
    number: Any, title: Any, at: Any, part: Any = None, about: Any = "", state: Any = "", is_sensitive: Any = None,
    by: tuple[Any, ...] = _NOBODY,
) -> tuple[Any, ...]:  # fmt: skip
    return (
        number,
        sa.cast(sa.null(), sa.Integer) if part is None else part,
        title,
        sa.literal(about) if isinstance(about, str) else sa.func.coalesce(about, ""),
        sa.literal(state) if isinstance(state, str) else state,
        at,
        sa.false() if is_sensitive is None else is_sensitive,
        *by,
    )


def _plain(*markup: str) -> str:
    return "\n".join(richtext.to_text(part) for part in markup if part)


def clean(words: Words) -> Words:
    """Words as they are kept: letters with their accents in one piece, and without the signs that mark what was found,
    which an entity such as &#xE000; could still bring in."""
    title, text = (unicodedata.normalize("NFC", part).translate(_SIGNS) for part in words)
    return title, text


# --- feedback --------------------------------------------------------------------------------------------------------


def _thread_words(thread: Feedback) -> Words | None:
    if thread.withdrawn_at or thread.held_at:
        return None
    return thread.title, _plain(thread.html, thread.html_affected, thread.html_would_help)


def _reply_words(reply: Reply) -> Words | None:
    return None if reply.withdrawn_at or reply.held_at else ("", _plain(reply.html))


def _thread_reach(reader: Member) -> Where:
    return sa.and_(feedback.reach(reader).where, stands(Feedback))


def _posts_reach(reader: Member) -> Where:
    """Replies to a thread that was withdrawn stay to be read."""
    return sa.and_(feedback.reach(reader).where, stands(Reply))


_OF_THREAD: dict[str, Any] = {
    "themes": (feedback_theme.c.theme_id, feedback_theme.c.feedback_id, Feedback.id),
    "priority": Feedback.priority_id,
    "area": Feedback.force_id,
}
_THREAD_IS_CLOSED = sa.case((Feedback.closed_at.is_not(None), "Closed"), else_="")

THREAD = Kind(
    Feedback, "feedback", "First post", "feedback", _thread_words,
    ("title", "html", "html_affected", "html_would_help", "withdrawn_at", "held_at"),
    Feedback.__table__, _thread_reach,
    _card(Feedback.id, Feedback.title, Feedback.posted_at, state=_THREAD_IS_CLOSED,
          is_sensitive=Feedback.marking == Marking.SENSITIVE, by=author_columns(Feedback)),
    at=Feedback.posted_at, author=(Feedback.author_id, Feedback.organisation_id), **_OF_THREAD,
)  # fmt: skip
REPLY = Kind(
    Reply, "reply", "Reply", "replies", _reply_words, ("html", "withdrawn_at", "held_at"),
    sa.join(Reply, Feedback, Feedback.id == Reply.feedback_id), _posts_reach,
    _card(Reply.feedback_id, Feedback.title, Reply.posted_at, part=Reply.id, state=_THREAD_IS_CLOSED,
          is_sensitive=Feedback.marking == Marking.SENSITIVE, by=author_columns(Reply)),
    at=Reply.posted_at, author=(Reply.author_id, Reply.organisation_id), **_OF_THREAD,
)  # fmt: skip

# --- challenges ------------------------------------------------------------------------------------------------------


def _status(column: Any) -> Any:
    return sa.case(*((column == status, status.label) for status in Status), else_="")


def _of_challenge(kind: type[Response] | type[StatusChange]) -> FromClause:
    return sa.join(kind, Challenge, Challenge.id == kind.challenge_id)


_BY_CHALLENGE: dict[str, Any] = {
    "themes": (challenge_theme.c.theme_id, challenge_theme.c.challenge_id, Challenge.id),
    "priority": Challenge.priority_id,
    "reach": challenges.readable_by,
}

CHALLENGE = Kind(
    Challenge, "challenge", "Challenge", "challenges", lambda one: (one.title, one.description), ("title", "description"),
    Challenge.__table__,
    card=_card(Challenge.id, Challenge.title, Challenge.opened_at, state=_status(Challenge.status), is_sensitive=is_sensitive),
    at=Challenge.opened_at, **_BY_CHALLENGE,
)  # fmt: skip
RESPONSE = Kind(
    Response, "response", "Response", "challenges", lambda one: ("", _plain(one.html)), ("html",), _of_challenge(Response),
    card=_card(Response.challenge_id, Challenge.title, Response.given_at, is_sensitive=is_sensitive),
    at=Response.given_at, **_BY_CHALLENGE,
)  # fmt: skip
STATUS = Kind(
    StatusChange, "status_change", "Status", "challenges", lambda one: ("", one.reason), ("reason",),
    _of_challenge(StatusChange),
    card=_card(StatusChange.challenge_id, Challenge.title, StatusChange.changed_at, state=_status(StatusChange.status),
               is_sensitive=is_sensitive),
    at=StatusChange.changed_at, **_BY_CHALLENGE,
)  # fmt: skip

# --- meetings --------------------------------------------------------------------------------------------------------


def _of_meeting(kind: type[AgendaItem] | type[Paper]) -> FromClause:
    return sa.join(kind, Meeting, Meeting.id == kind.meeting_id)


def _paper_reach(reader: Member) -> Where:
    return sa.and_(meetings.readable_by(reader), papers.readable_by(reader))


def _minutes_reach(reader: Member) -> Where:
    """What `minutes.rules.may_read` says, of a meeting they may know of."""
    is_shown = sa.true() if minuting.may_write(reader) else Minutes.stage == MinutesStage.PUBLISHED
    return sa.and_(meetings.readable_by(reader), is_shown)


_BY_MEETING: dict[str, Any] = {
    "themes": (meeting_theme.c.theme_id, meeting_theme.c.meeting_id, Meeting.id),
    "at": Meeting.starts_at,
}
_MEETING_IS_SENSITIVE = Meeting.marking == Marking.SENSITIVE
_STAGE = sa.case((Meeting.stage == Stage.DRAFT, "Draft"), (Meeting.stage == Stage.CANCELLED, "Cancelled"), else_="")

MEETING = Kind(
    Meeting, "meeting", "Meeting", "meetings", lambda one: (one.title, one.description_as_text), ("title", "description"),
    Meeting.__table__, meetings.readable_by,
    _card(Meeting.id, Meeting.title, Meeting.starts_at, state=_STAGE, is_sensitive=_MEETING_IS_SENSITIVE), **_BY_MEETING,
)  # fmt: skip
ITEM = Kind(
    AgendaItem, "agenda_item", "Agenda item", "meetings", lambda one: (one.title, ""), ("title",), _of_meeting(AgendaItem),
    meetings.readable_by,
    _card(AgendaItem.meeting_id, AgendaItem.title, Meeting.starts_at, about=Meeting.title, state=_STAGE,
          is_sensitive=_MEETING_IS_SENSITIVE),
    **_BY_MEETING,
)  # fmt: skip
PAPER = Kind(
    Paper, "paper", "Paper", "papers", lambda one: (one.title, ""), ("title",), _of_meeting(Paper), _paper_reach,
    _card(Paper.meeting_id, Paper.title, Meeting.starts_at, part=Paper.number, about=Meeting.title,
          state=sa.case((Paper.withdrawn_at.is_not(None), "Withdrawn"), else_=""),
          is_sensitive=Paper.marking == Marking.SENSITIVE),
    **_BY_MEETING,
)  # fmt: skip
MINUTE = Kind(
    MinuteItem, "minute_item", "Minutes", "minutes",
    lambda one: (one.heading, _plain(one.html)) if one.html else None, ("heading", "html"),
    sa.join(MinuteItem, Minutes, Minutes.id == MinuteItem.minutes_id).join(Meeting, Meeting.id == Minutes.meeting_id),
    _minutes_reach,
    _card(Minutes.meeting_id, MinuteItem.heading, Meeting.starts_at, part=MinuteItem.id, about=Meeting.title,
          state=sa.case((Minutes.stage != MinutesStage.PUBLISHED, "Draft"), else_=""),
          is_sensitive=_MEETING_IS_SENSITIVE),
    **_BY_MEETING,
)  # fmt: skip

# --- members ---------------------------------------------------------------------------------------------------------

_NO_DATE = sa.type_coerce(sa.cast(sa.null(), Feedback.posted_at.type), Feedback.posted_at.type)
_STANDING = sa.case(
    (Member.standing == Standing.LEFT, "Has left"), (Member.standing == Standing.INVITED, "Not joined yet"), else_=""
)
MEMBER = Kind(
    Member, "member", "Member", "members", lambda one: (one.name, one.job_title), ("name", "job_title"),
    sa.outerjoin(Member, Organisation, Organisation.id == Member.organisation_id), members.readable_by,
    _card(Member.id, Member.name, _NO_DATE, about=Organisation.name, state=_STANDING),
    at=_NO_DATE, area=Organisation.force_id,
)  # fmt: skip
ORGANISATION = Kind(
    Organisation, "organisation", "Organisation", "organisations", lambda one: (one.name, ""), ("name",),
    sa.outerjoin(Organisation, Sector, Sector.id == Organisation.sector_id),
    lambda reader: sa.true() if reader.is_active else sa.false(),
    _card(Organisation.id, Organisation.name, _NO_DATE, about=Sector.title),
    at=_NO_DATE, area=Organisation.force_id,
)  # fmt: skip

KINDS = {
    kind.name: kind
    for kind in (
        THREAD, REPLY, CHALLENGE, RESPONSE, STATUS, MEETING, ITEM, PAPER, MINUTE, MEMBER, ORGANISATION,
    )
}  # fmt: skip
POSTS = (THREAD.name, REPLY.name)


@cache
def reader(role: Role, standing: Standing) -> Member:
    """Somebody with this role and standing whose number is still to be filled in ("reader"): for statements that are put
    together once."""
    return Member(role=role, standing=standing, id=sa.bindparam("reader", type_=sa.Integer))


def where(kind: Kind, role: Role, standing: Standing) -> Where:
    """Which things of this kind such a person may find. An invited person and one who has left find nothing."""
    if standing is not Standing.ACTIVE:
        return sa.false()
    return kind.reach(reader(role, standing))
