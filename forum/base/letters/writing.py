"""Writing letters: rendered, and put into the outbox in the same transaction as the thing they tell of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import parseaddr
from typing import Any, NamedTuple, NotRequired, Required, TypedDict, Unpack

import sqlalchemy as sa
from flask import Flask, current_app
from flask_mail import Mail
from jinja2 import Environment, StrictUndefined, select_autoescape
from sqlalchemy.dialects import postgresql, sqlite

from forum.base import clock
from forum.base.db import ask_to_wake, db
from forum.base.letters.building import message_id
from forum.base.letters.models import Kind, Letter

_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


class Sender(NamedTuple):
    """Whom every letter comes from, and the organiser of every meeting: a mailbox that somebody reads."""

    name: str
    address: str


class Fields(TypedDict, total=False):
    """What a letter is written from."""

    key: Required[str]  # up to 200 characters; says what is told to whom: the same key is never written twice
    kind: Required[Kind]
    to_name: Required[str]
    to_address: Required[str]
    subject: Required[str]
    text: Required[str]
    html: Required[str]
    member_id: NotRequired[int | None]
    about: NotRequired[str]  # what it is about, such as "meeting:3"
    calendar: NotRequired[bytes | None]
    method: NotRequired[str | None]  # REQUEST or CANCEL, as in the calendar part
    not_before: NotRequired[datetime]  # waits until then
    not_after: NotRequired[datetime | None]  # not worth sending later than this
    rank: NotRequired[int]  # 0 goes first
    is_recipient_withheld: NotRequired[bool]  # the letters page must not show who
    list_name: NotRequired[str]  # these two from leaving(), for letters somebody may have had enough of
    unsubscribe_path: NotRequired[str]
    thread_ref: NotRequired[str]  # from thread_ref(), the same for all letters about one thing
    reply_to: NotRequired[str]


def init_app(app: Flask) -> None:
    """Prepare the templates of letters and the way to the mail server."""
    environment = Environment(
        loader=app.jinja_loader,
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        site_name=app.config["SITE_NAME"], department=app.config["DEPARTMENT"], public_url=app.config["PUBLIC_URL"]
    )
    for show in (clock.show_date, clock.show_day, clock.show_time, clock.show_moment, clock.show_times):
        environment.filters[show.__name__] = show
    app.extensions["letters"] = environment
    app.config["MAIL_SUPPRESS_SEND"] = False  # Flask-Mail would quietly send nothing under TESTING
    Mail(app)


def sender() -> Sender:
    """Whom letters come from now."""
    return Sender(*parseaddr(current_app.config["MAIL_SENDER"]))


def thread_ref(about: str) -> str:
    """What mail programs put all letters about this together by, such as "feedback:61"."""
    return message_id(f"thread:{about}", current_app.config["MAIL_SENDER"])


def link(path: str) -> str:
    """The address, for a letter, of the page at this path. Never taken from the request's Host header."""
    return f"{current_app.config['PUBLIC_URL']}{path}"


def render(template: str, **fields: Any) -> tuple[str, str]:
    """The text and the HTML of templates/mail/<template>.{txt,html}."""
    environment: Environment = current_app.extensions["letters"]
    text = environment.get_template(f"mail/{template}.txt").render(**fields)
    html = environment.get_template(f"mail/{template}.html").render(**fields)
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n", html


def write(**fields: Unpack[Fields]) -> Letter:
    """The letter, in the outbox; if one with this key is there already, that one, unchanged."""
    letter: Letter | None = db.session.scalar(_insert().values(**_row(fields)).returning(Letter))
    if letter is not None:
        ask_to_wake()
        return letter
    return db.session.execute(sa.select(Letter).where(Letter.key == fields["key"])).scalar_one()


def write_many(letters: Iterable[Fields]) -> None:
    """All these letters, in the outbox by one statement; those whose key is there already stay as they are."""
    rows = [_row(fields) for fields in letters]
    if rows:
        db.session.execute(_insert(), rows)
        ask_to_wake()


def _insert() -> sqlite.Insert | postgresql.Insert:
    """INSERT … ON CONFLICT DO NOTHING, in the words of either database."""
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(Letter).on_conflict_do_nothing()
    return sqlite.insert(Letter).on_conflict_do_nothing()


def _row(fields: Fields) -> dict[str, Any]:
    now = clock.now()
    sender = current_app.config["MAIL_SENDER"]
    return {
        "member_id": None,
        "about": "",
        "calendar": None,
        "not_after": None,
        "rank": 0,
        "is_recipient_withheld": False,
        "list_name": "",
        "unsubscribe_path": "",
        "thread_ref": "",
        "reply_to": "",
        **{name: value for name, value in fields.items() if name not in ("method", "not_before")},
        "to_name": fields["to_name"][:200],
        "subject": fields["subject"][:500],
        "calendar_method": fields.get("method"),
        "sender": sender,
        "message_id": message_id(fields["key"], sender),
        "written_at": now,
        "next_try_at": fields.get("not_before", now),
    }
