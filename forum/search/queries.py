"""Finding. Each database has its own full-text index; the question is asked of both in the same way.

Ranking every hit of common words would take most of a second with a million posts, so the best of the newest 1,000
hits are given. The reach of the person is part of the question: a hit that may not be read is not counted either.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base.db import db, read
from forum.feedback.models import Attribution, Feedback, Reply
from forum.feedback.queries import author_words, organisation_words, reach
from forum.members.models import Member, Organisation
from forum.reference.models import Marking
from forum.search import rules
from forum.search.models import SearchEntry

MOST_RANKED = 1_000
PAGE = 20
LAST_PAGE = MOST_RANKED // PAGE
START, END = "\ue000", "\ue001"  # before and after a word that was found; richtext keeps them out of what people write

LESS, MORE = (
    "\ue002",
    "\ue003",
)  # stand for < and > while PostgreSQL cuts a snippet: it would drop what looks like markup

Question = sa.Select[*tuple[Any, ...]]


class Hit(NamedTuple):
    """A post that was found. `title` and `snippet` are plain text in which the words found stand between START and END."""

    thread_id: int
    reply_id: int | None
    title: str
    snippet: str
    author: str
    posted_at: datetime
    marking: Marking


class Found(NamedTuple):
    """One page of hits, best first. `total` goes up to MOST_RANKED, which means "that many or more"."""

    hits: list[Hit]
    total: int


def search(actor: Member, question: str, page: int = 1) -> Found:
    """What this person may read of what they ask for; nothing for a question without words. One statement.

    Words that mean little in English ("the") find nothing by themselves on PostgreSQL, whose index leaves them out.
    """
    terms = rules.understand(question)
    if not terms:
        return Found([], 0)
    on_postgresql = db.engine.dialect.name == "postgresql"
    words = rules.for_postgresql(terms) if on_postgresql else rules.for_sqlite(terms)
    within = reach(actor)
    statement = _question(on_postgresql, within.where)
    rows = read(statement, within.values | {"words": words, "skipped": max(0, page - 1) * PAGE})
    return Found([_hit(row) for row in rows], rows[0].found if rows else 0)


def pages(total: int) -> int:
    """How many pages this many hits fill; at least one."""
    return max(1, -(-total // PAGE))


@lru_cache(maxsize=8)
def _question(on_postgresql: bool, reach: sa.ColumnElement[bool]) -> Question:
    """The best hits for `words` after those `skipped`, in threads within this reach (a condition on Feedback). Put
    together once: that takes half as long as the answer."""
    return (_ask_postgresql if on_postgresql else _ask_sqlite)(reach)


def _within(hits: Question, reach: sa.ColumnElement[bool]) -> Question:
    return hits.join(Feedback, Feedback.id == SearchEntry.thread_id).where(reach)


def _ask_sqlite(reach: sa.ColumnElement[bool]) -> Question:
    index = sa.table("search_index", sa.column("rowid", sa.Integer))
    match = sa.text("search_index MATCH :words")
    hits: Question = (
        sa.select(index.c.rowid.label("id"), sa.literal_column("bm25(search_index, 4.0, 1.0)").label("badness"))
        .join_from(index, SearchEntry, SearchEntry.id == index.c.rowid)
        .where(match)
        .order_by(index.c.rowid.desc())
    )
    title: Any = sa.literal_column(f"highlight(search_index, 0, '{START}', '{END}')")
    snippet: Any = sa.literal_column(f"snippet(search_index, 1, '{START}', '{END}', '…', 32)")
    best = _best(_within(hits, reach))
    # The words are marked in one walk along the index: asked for one by one, each of the 20 would look for the start of
    # a word anew. The plus sign keeps SQLite from doing just that.
    one_of_them = sa.literal_column("+search_index.rowid", sa.Integer).in_(sa.select(best.c.id))
    oldest, newest = (sa.select(end(best.c.id)).scalar_subquery() for end in (sa.func.min, sa.func.max))
    marked = sa.select(index.c.rowid.label("id"), title.label("title"), snippet.label("snippet"))
    words = (
        marked.where(match, index.c.rowid.between(oldest, newest), one_of_them).cte("words").prefix_with("MATERIALIZED")
    )
    return _shown(best, words.c.title, words.c.snippet).join(words, words.c.id == best.c.id)


def _ask_postgresql(reach: sa.ColumnElement[bool]) -> Question:
    words = sa.func.to_tsquery("english", sa.bindparam("words", type_=sa.String))
    document: Any = sa.literal_column("search_entry.document")
    hits: Question = (
        sa.select(SearchEntry.id.label("id"), (-sa.func.ts_rank(document, words)).label("badness"))
        .where(document.bool_op("@@")(words))
        .order_by(SearchEntry.id.desc())
    )
    marks = f"StartSel={START}, StopSel={END}"
    title = sa.func.ts_headline("english", _without_markup(SearchEntry.title), words, f"{marks}, HighlightAll=true")
    short = f"{marks}, MaxFragments=1, MaxWords=32, MinWords=16"
    return _shown(
        _best(_within(hits, reach)),
        title,
        sa.func.ts_headline("english", _without_markup(SearchEntry.text), words, short),
    )


def _without_markup(text: Any) -> Any:
    return sa.func.translate(text, "<>", LESS + MORE)


def _best(hits: Question) -> sa.CTE:
    newest = hits.limit(MOST_RANKED).cte("newest")
    count = sa.select(sa.func.count()).select_from(newest).scalar_subquery().label("found")
    ranked = sa.select(newest.c.id, newest.c.badness, count).order_by(newest.c.badness, newest.c.id.desc())
    return ranked.limit(PAGE).offset(sa.bindparam("skipped", type_=sa.Integer)).cte("best")


def _shown(best: sa.CTE, title: Any, snippet: Any) -> Question:
    """What the page says of each hit; the name of an unattributed author is not read.

    Entries go in the transaction in which their posts go, so the hits that are counted need not be looked up as posts.
    """
    is_reply = Reply.id.is_not(None)

    def of_post(name: str) -> sa.ColumnElement[Any]:
        return sa.case((is_reply, getattr(Reply, name)), else_=getattr(Feedback, name))

    attribution = of_post("attribution")
    named = sa.func.coalesce(Member.name, of_post("contributor"))
    return (
        sa.select(
            SearchEntry.thread_id,
            Reply.id,
            sa.case((is_reply, Feedback.title), else_=title),
            snippet,
            attribution,
            sa.case((attribution == Attribution.NAMED, named), else_=""),
            organisation_words(attribution),
            of_post("author_id").is_not(None),
            of_post("posted_at"),
            Feedback.marking,
            best.c.found.label("found"),
        )
        .select_from(best)
        .join(SearchEntry, SearchEntry.id == best.c.id)
        .join(Feedback, Feedback.id == SearchEntry.thread_id)
        .outerjoin(Reply, sa.and_(SearchEntry.kind == "reply", Reply.id == SearchEntry.thing_id))
        .outerjoin(Member, Member.id == of_post("author_id"))
        .outerjoin(Organisation, Organisation.id == of_post("organisation_id"))
        .where(sa.or_(SearchEntry.kind == "feedback", is_reply))
        .order_by(best.c.badness, best.c.id.desc())
    )


def _hit(row: Any) -> Hit:
    thread, reply, title, snippet, *author, posted_at, marking, _found = row
    title, snippet = (text.replace(LESS, "<").replace(MORE, ">") for text in (title, snippet))
    return Hit(thread, reply, title, snippet, author_words(*author), posted_at, marking)


def threads_matching(question: str) -> sa.Select[Any] | None:
    """The numbers of threads in which this is found, for a list that is narrowed by it; None for a question without words.
    The list asks for itself who may read them."""
    terms = rules.understand(question)
    if not terms:
        return None
    entries = sa.select(SearchEntry.thread_id)
    if db.engine.dialect.name == "postgresql":
        document: Any = sa.literal_column("search_entry.document")
        return entries.where(document.bool_op("@@")(sa.func.to_tsquery("english", rules.for_postgresql(terms))))
    index = sa.table("search_index", sa.column("rowid", sa.Integer))
    found = sa.select(index.c.rowid).where(
        sa.text("search_index MATCH :words").bindparams(words=rules.for_sqlite(terms))
    )
    return entries.where(SearchEntry.id.in_(found))
