"""Threads that say something similar, for somebody who is about to post.

Any of the words may be there, not all of them as in a search; a rare word in common says more than a usual one.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db, read
from forum.feedback.models import Feedback
from forum.members.models import Member
from forum.reference.models import Marking
from forum.search import rules
from forum.search.models import SearchEntry
from forum.search.queries.finding import Question, Shape, condition
from forum.search.queries.kinds import THREAD

MOST = 5
COMPARED = 30  # threads that are compared word by word


class Similar(NamedTuple):
    """A thread somebody may mean as well; `score` says how well it fits. `may_support`: a member may say "same here"."""

    id: int
    title: str
    support_count: int
    reply_count: int
    is_closed: bool
    is_answered: bool
    is_sensitive: bool
    may_support: bool
    is_alike: bool
    score: float

    @property
    def reference(self) -> str:
        return f"FB-{self.id}"


def similar(actor: Member, title: str, text: str = "", most: int = MOST) -> list[Similar]:
    """The threads that this person may read and that are really similar, the most similar first. Two statements."""
    found = compared(actor, title, text)
    return [one for one in found if one.is_alike][:most]


def compared(actor: Member, title: str, text: str = "", size: int = COMPARED) -> list[Similar]:
    """The threads that have most in common with this, however little that is. Two statements."""
    words = rules.telling(title, text)
    if not words or not actor.is_active:
        return []
    weights = rules.weights(words, rules.telling(title), *_known(words))
    asked = [word for word in weights.known if weights.each[word]][: rules.MOST_COMPARED]
    if not asked:
        return []
    on_postgresql = db.engine.dialect.name == "postgresql"
    values = {
        "reader": actor.id,
        "words": rules.any_of(asked, on_postgresql),
        "terms": json.dumps(rules.each_of(asked, on_postgresql)),
        "size": size,
    }
    shape = Shape(
        on_postgresql,
        actor.role,
        actor.standing,
        frozenset(),
        grouped=True,
        posts=True,
        others=False,
        weighed=True,
        rare=False,
    )
    rows = read(_statement(shape), values)
    return sorted((_row(row, asked, weights) for row in rows), key=lambda one: -one.score)


def _row(row: Any, asked: list[str], weights: rules.Weights) -> Similar:
    said = [asked[int(place)] for place in (row[-1] or "").split()]
    return Similar._make((*row[:-2], weights.alike(said, row[-2]), weights.score(said, row[-2])))


# --- how rare the words are ------------------------------------------------------------------------------------------


def _known(words: Collection[str]) -> tuple[dict[str, int], int]:
    """In how many entries each word is, up to `rules.USUAL`; and how many entries there are. One statement."""
    on_postgresql = db.engine.dialect.name == "postgresql"
    each = {term: word for word, term in zip(words, rules.each_of(words, on_postgresql), strict=True)}
    rows = read(
        _POSTGRESQL_KNOWN if on_postgresql else _SQLITE_KNOWN, {"terms": json.dumps(list(each)), "most": rules.USUAL}
    )
    return {each[row.term]: row.number for row in rows}, rows[0].total


_READER = sa.bindparam("reader", type_=sa.Integer)
_MAY_SUPPORT = sa.and_(
    Feedback.closed_at.is_(None), sa.or_(Feedback.author_id.is_(None), Feedback.author_id != _READER)
)
_SQLITE_KNOWN = sa.text(
    "SELECT value AS term, (SELECT count(*) FROM "
    "(SELECT 1 FROM search_index WHERE search_index MATCH value LIMIT :most + 1)) AS number, "
    "(SELECT coalesce(max(id), 0) FROM search_entry) AS total FROM json_each(:terms)"
)
# What stands in very many entries is known from the statistics that PostgreSQL keeps; counting it would take long.
_POSTGRESQL_KNOWN = sa.text(
    """WITH usual AS MATERIALIZED (
        SELECT word, often FROM pg_stats, unnest(CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs) AS one(word, often)
        WHERE tablename = 'search_entry' AND attname = 'document' AND schemaname = current_schema()
    ), counted AS (SELECT coalesce(max(id), 0) AS total FROM search_entry)
    SELECT term, total, CASE
        WHEN (SELECT max(often) FROM usual WHERE word = replace(plain, '''', '')) * total > :most THEN :most + 1
        ELSE (SELECT count(*) FROM
              (SELECT 1 FROM search_entry WHERE document @@ to_tsquery('english', term) LIMIT :most + 1) AS first)
    END AS number
    FROM jsonb_array_elements_text(CAST(:terms AS jsonb)) AS asked(term) CROSS JOIN counted
    CROSS JOIN LATERAL (SELECT CAST(to_tsquery('english', term) AS text) AS plain) AS stemmed"""
)

# --- the threads -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _statement(shape: Shape) -> Any:
    ranked = (_ranked_on_postgresql if shape.on_postgresql else _ranked_on_sqlite)(shape).cte("ranked")
    said = (_SAID_ON_POSTGRESQL if shape.on_postgresql else _SAID_ON_SQLITE)(ranked.c.id)
    return (
        sa.select(
            Feedback.id, Feedback.title, Feedback.support_count, Feedback.reply_count, Feedback.closed_at.is_not(None),
            Feedback.first_answered_at.is_not(None), Feedback.marking == Marking.SENSITIVE, _MAY_SUPPORT,
            sa.func.length(SearchEntry.title) + sa.func.length(SearchEntry.text), said,
        )
        .join_from(ranked, SearchEntry, SearchEntry.id == ranked.c.id)
        .join(Feedback, Feedback.id == SearchEntry.thing_id)
        .order_by(ranked.c.badness, Feedback.id.desc())
    )  # fmt: skip


def _ranked_on_sqlite(shape: Shape) -> Question:
    index = sa.table("search_index", sa.column("rowid", sa.Integer))
    badness: Any = sa.literal_column("bm25(search_index, 2.0, 1.0, 0.0)", sa.Float).label("badness")
    return _best(
        sa.select(SearchEntry.id, badness)
        .join_from(index, SearchEntry, SearchEntry.id == index.c.rowid)
        .where(sa.text("search_index MATCH :words"), condition(shape, (THREAD.name,)))
    )


def _ranked_on_postgresql(shape: Shape) -> Question:
    document: Any = sa.literal_column("search_entry.document")
    words = sa.func.to_tsquery("english", sa.bindparam("words", type_=sa.String))
    kind = sa.func.to_tsquery("simple", "kindfeedback")
    badness = (-sa.func.ts_rank(document, words, 1)).label("badness")
    return _best(
        sa.select(SearchEntry.id, badness).where(
            document.bool_op("@@")(words.op("&&")(kind)), condition(shape, (THREAD.name,))
        )
    )


def _best(hits: Question) -> Question:
    return hits.order_by(sa.literal_column("badness"), SearchEntry.id.desc()).limit(
        sa.bindparam("size", type_=sa.Integer)
    )


def _said(inner: str) -> Any:
    return lambda number: sa.text(inner.format(number=f"{number.table.name}.{number.name}"))


_SAID_ON_SQLITE = _said(
    "(SELECT group_concat(asked.key, ' ') FROM json_each(:terms) AS asked WHERE EXISTS "
    "(SELECT 1 FROM search_index WHERE search_index MATCH asked.value AND rowid = {number}))"
)
_SAID_ON_POSTGRESQL = _said(
    "(SELECT string_agg(CAST(place - 1 AS text), ' ') FROM jsonb_array_elements_text(CAST(:terms AS jsonb)) WITH ORDINALITY AS asked(term, place), "
    "search_entry AS said WHERE said.id = {number} AND said.document @@ to_tsquery('english', term))"
)
