"""Keeping what can be found, in the transaction and on the connection that keep the text itself."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from forum.base import richtext
from forum.base.db import db
from forum.feedback.models import Feedback, Reply
from forum.feedback.queries import stands
from forum.search.models import SearchEntry
from forum.search.queries import END, START

AT_ONCE = 500
_ADD_ENTRY = sa.insert(SearchEntry)  # put together once: every post adds one


@sa.event.listens_for(Feedback, "after_insert")
@sa.event.listens_for(Reply, "after_insert")
def _add(_mapper: Mapper[Any], connection: Connection, post: Feedback | Reply) -> None:
    if not post.is_withdrawn and post.held_at is None:
        connection.execute(_ADD_ENTRY, _entry(post))


@sa.event.listens_for(Feedback, "after_update")
@sa.event.listens_for(Reply, "after_update")
def _change(mapper: Mapper[Any], connection: Connection, post: Feedback | Reply) -> None:
    state: Any = sa.inspect(post)
    names = {"html", "html_affected", "html_would_help", "title", "withdrawn_at", "held_at"} & set(
        mapper.column_attrs.keys()
    )
    if not any(state.attrs[name].history.has_changes() for name in names):
        return
    _remove(mapper, connection, post)
    _add(mapper, connection, post)


@sa.event.listens_for(Feedback, "after_delete")
@sa.event.listens_for(Reply, "after_delete")
def _remove(_mapper: Mapper[Any], connection: Connection, post: Feedback | Reply) -> None:
    entry = SearchEntry.__table__.c
    connection.execute(sa.delete(SearchEntry).where(entry.kind == post.__tablename__, entry.thing_id == post.id))


def rebuild() -> int:
    """Make every entry anew from what is stored; gives how many there are."""
    db.session.execute(sa.delete(SearchEntry))
    return sum(_enter_all(kind) for kind in (Feedback, Reply))


def _enter_all(kind: type[Feedback] | type[Reply]) -> int:
    stored = sa.select(kind).where(stands(kind)).order_by(kind.id)
    found: sa.ScalarResult[Any] = db.session.scalars(stored, execution_options={"yield_per": AT_ONCE})
    made = 0
    for posts in found.partitions():
        db.session.execute(sa.insert(SearchEntry), [_entry(post) for post in posts])
        made += len(posts)
    return made


def _entry(post: Feedback | Reply) -> dict[str, Any]:
    if isinstance(post, Feedback):
        thread, title, markup = post.id, post.title, [post.html, post.html_affected, post.html_would_help]
    else:
        thread, title, markup = post.feedback_id, "", [post.html]
    text = "\n".join(richtext.to_text(part) for part in markup if part)
    # An entity such as &#xE000; could still bring in the signs that mark what was found.
    return {
        "kind": post.__tablename__,
        "thing_id": post.id,
        "thread_id": thread,
        "title": title,
        "text": text.translate(dict.fromkeys(map(ord, START + END))),
    }
