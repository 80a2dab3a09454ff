"""Finding. Each database has its own full-text index; the question is asked of both in the same way.

Ranking every hit of common words would take most of a second with a million posts, so the best of the newest 1,000 posts
and of the newest 1,000 other things are given. The reach of the person is part of the question: a hit that may not be read
is not counted either.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock
from forum.base.db import db, joined, read
from forum.feedback.models import Reply
from forum.feedback.queries import author_words
from forum.members.models import Member, Organisation, Role, Standing
from forum.search import rules
from forum.search.models import SearchEntry
from forum.search.queries.kinds import END, KINDS, LESS, MORE, POSTS, REPLY, START, THREAD, Card, Kind, where

MOST_RANKED = 1_000
MOST_WALKED = 5_000  # hits that are looked at for what a search is narrowed to
COMMON = 20_000  # a word in more entries than that tells little, and is weighed by whether it is in the title
PAGE = 20
LAST_PAGE = 2 * MOST_RANKED // PAGE

Question = sa.Select[*tuple[Any, ...]]
Key = tuple[str, int]  # the kind and the number of a thing


class Narrowing(NamedTuple):
    """What a search is narrowed to. `priority_id` 0: cross-cutting; both days are included."""

    group: str | None = None
    theme_id: int | None = None
    priority_id: int | None = None
    force_id: int | None = None
    since: date | None = None
    until: date | None = None

    @property
    def used(self) -> frozenset[str]:
        """What the things must be asked themselves; the group is in the index."""
        chosen = {name for name in ("theme_id", "force_id", "since") if getattr(self, name) is not None}
        if self.until and self.until < date.max:
            chosen.add("until")
        if self.priority_id is not None:
            chosen.add("priority_id" if self.priority_id else "cross_cutting")
        return frozenset(chosen)

    @property
    def values(self) -> dict[str, Any]:
        """For the parameters of what is used."""
        after = self.until + timedelta(days=1) if self.until and self.until < date.max else None
        return {
            "theme": self.theme_id, "priority": self.priority_id, "force": self.force_id,
            "since": self.since and clock.midnight(self.since),
            "until": after and clock.midnight(after),
        }  # fmt: skip


class Hit(NamedTuple):
    """A thing that was found. `title` and `snippet` are plain text in which the words found stand between START and END."""

    card: Card
    title: str
    snippet: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.card.kind]

    @property
    def author(self) -> str:
        """Of a post, as far as it may be attributed."""
        card = self.card
        if card.attribution is None:
            return ""
        return author_words(card.attribution, card.name, card.organisation or "", bool(card.is_member))


class Found(NamedTuple):
    """One page of hits, best first. `counts` by group; where there are `more`, only the newest were looked at."""

    hits: list[Hit]
    total: int = 0
    counts: dict[str, int] = {}
    more: bool = False


class Shape(NamedTuple):
    """What decides how the statement reads."""

    on_postgresql: bool
    role: Role
    standing: Standing
    used: frozenset[str]
    grouped: bool  # narrowed to a group of kinds
    posts: bool
    others: bool
    weighed: bool  # every word is weighed as it is met
    rare: bool  # some words are weighed, the common ones not


def search(actor: Member, question: str, page: int = 1, narrowing: Narrowing = Narrowing()) -> Found:
    """What this person may read of what they ask for; nothing for a question without words. At most three statements.

    What a reference leads to ("FB-61") comes first.
    """
    named = _named(actor, question, narrowing)
    terms = rules.understand(question)
    rows = _rows(actor, terms, page, narrowing) if terms and actor.is_active else []
    best = [(row.kind, row.thing_id) for row in rows]
    cards = _cards(actor, [*named, *best])
    marked = {(row.kind, row.thing_id): _marked(row) for row in rows}
    first = [Hit(cards[key], cards[key].title, marked.get(key, ("", ""))[1]) for key in named if key in cards]
    hits = [Hit(cards[key], marked[key][0] or cards[key].title, marked[key][1]) for key in best if key in cards]
    if page > 1:
        first = []
    hits = first + [hit for hit in hits if (hit.card.kind, hit.card.id) not in named]
    if not rows:
        return Found(hits, len(hits), dict(Counter(hit.kind.group for hit in hits)))
    counts: Counter[str] = Counter()
    for part in rows[0].counts.split():
        name, number = part.split(":")
        counts[KINDS[name].group] += int(number)
    return Found(hits, sum(counts.values()), dict(counts), bool(rows[0].is_more))


def pages(total: int) -> int:
    """How many pages this many hits fill; at least one."""
    return max(1, -(-total // PAGE))


def _named(_actor: Member, question: str, narrowing: Narrowing) -> list[Key]:
    """What the question names by its reference."""
    key = rules.reference(question)
    return [key] if key and not narrowing.used and narrowing.group in (None, KINDS[key[0]].group) else []


# --- the words -------------------------------------------------------------------------------------------------------


def _rows(actor: Member, terms: list[rules.Term], page: int, narrowing: Narrowing) -> list[Any]:
    on_postgresql = db.engine.dialect.name == "postgresql"
    kinds = [kind.name for kind in KINDS.values() if narrowing.group in (None, kind.group)]
    posts, others = [name for name in kinds if name in POSTS], [name for name in kinds if name not in POSTS]
    asked = rules.Asked(terms, posts, others) if narrowing.group else rules.Asked(terms)
    values = asked.for_postgresql() if on_postgresql else asked.for_sqlite()
    rare = None if on_postgresql else asked.without(_common(asked))
    if rare is not None:
        values |= rare.rare_for_sqlite() | asked.titles_for_sqlite()
    shape = Shape(
        on_postgresql, actor.role, actor.standing, narrowing.used, narrowing.group is not None, bool(posts), bool(others), rare is None,
        rare is not None and bool(rare.terms),
    )  # fmt: skip
    values |= narrowing.values | {"reader": actor.id, "skipped": max(0, page - 1) * PAGE}
    return list(read(_statement(shape), values))


def _common(asked: rules.Asked) -> set[str]:
    """The terms, as FTS5 reads them, that are too common to be weighed: weighing means counting all. One statement."""
    found = read(_COMMON, {"terms": json.dumps(asked.each_for_sqlite()), "most": COMMON})
    return {row.term for row in found}


_COMMON = sa.text(
    "SELECT key AS term FROM json_each(:terms) WHERE (SELECT count(*) FROM "
    "(SELECT 1 FROM search_index WHERE search_index MATCH json_each.value LIMIT :most + 1)) > :most"
)


@lru_cache(maxsize=256)
def _statement(shape: Shape) -> Question:
    """Put together once: that takes half as long as the answer."""
    part = _PostgresqlPart if shape.on_postgresql else _SqlitePart
    parts = [part(shape, name) for name in ("posts", "others") if getattr(shape, name)]
    newest = sa.union_all(*(sa.select(one.newest) for one in parts)).cte("newest")
    numbers = sa.select(newest.c.kind, sa.func.count().label("number")).group_by(newest.c.kind).subquery()
    told = numbers.c.kind + ":" + sa.cast(numbers.c.number, sa.String)
    counts = sa.select(joined(told, " ")).scalar_subquery()
    is_more = sa.or_(*(one.is_more for one in parts))
    best = (
        sa.select(newest.c.id, newest.c.part, newest.c.badness)
        .order_by(newest.c.badness, newest.c.id.desc())
        .limit(PAGE)
        .offset(sa.bindparam("skipped", type_=sa.Integer))
        .cte("best")
    )
    marks = sa.union_all(*(one.marks(best) for one in parts)).cte("marks")
    return (
        sa.select(
            SearchEntry.kind, SearchEntry.thing_id, *list(marks.c)[1:], counts.label("counts"), is_more.label("is_more")
        )
        .select_from(best)
        .join(SearchEntry, SearchEntry.id == best.c.id)
        .join(marks, marks.c.id == best.c.id)
        .order_by(best.c.badness, best.c.id.desc())
    )


def condition(shape: Shape, kinds: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Whether the thing of an entry is one this person may find, and is what the search is narrowed to."""
    cases = [(SearchEntry.kind == name, _stands(KINDS[name], shape)) for name in kinds]
    return sa.case(*cases, else_=sa.false())


def _stands(kind: Kind, shape: Shape) -> sa.ColumnElement[bool]:
    wanted = [kind.model.id == SearchEntry.thing_id, where(kind, shape.role, shape.standing)]
    wanted += [_narrows(kind, name) for name in sorted(shape.used)]
    thing = sa.select(sa.literal(1)).select_from(kind.source).where(*wanted).correlate(SearchEntry)
    # PostgreSQL would rather read the whole table once than look up a thousand things: an offset keeps it from that.
    return (thing.offset(0) if shape.on_postgresql else thing).exists()


def _narrows(kind: Kind, name: str) -> Any:
    """What has no theme, priority, area or date is in none."""
    if name == "theme_id" and kind.themes:
        theme, whose, thing = kind.themes
        return sa.exists().where(whose == thing, theme == sa.bindparam("theme", type_=sa.Integer))
    if name == "priority_id" and kind.priority is not None:
        return kind.priority == sa.bindparam("priority", type_=sa.Integer)
    if name == "cross_cutting" and kind.priority is not None:
        return kind.priority.is_(None)
    if name == "force_id" and kind.area is not None:
        return kind.area == sa.bindparam("force", type_=sa.Integer)
    if name == "since":
        return kind.at >= sa.bindparam("since", type_=kind.at.type)
    if name == "until":
        return kind.at < sa.bindparam("until", type_=kind.at.type)
    return sa.false()


class _Part(ABC):
    """The posts, or the other things: the newest that hold the words and may be found, and how the words stand in them."""

    def __init__(self, shape: Shape, name: str) -> None:
        self.shape, self.name = shape, name
        self.kinds = tuple(kind for kind in KINDS if (kind in POSTS) == (name == "posts"))
        self.newest = self._newest().cte(f"newest_{name}")
        count = sa.select(sa.func.count()).select_from(self.newest).scalar_subquery()
        self.is_more = count >= MOST_RANKED if self.walked is None else self._count(self.walked) >= MOST_WALKED

    walked: sa.CTE | None = None

    @staticmethod
    def _count(rows: sa.CTE) -> Any:
        return sa.select(sa.func.count()).select_from(rows).scalar_subquery()

    @abstractmethod
    def _newest(self) -> Question: ...

    @abstractmethod
    def marks(self, best: sa.CTE) -> Question: ...


class _SqlitePart(_Part):
    index = sa.table("search_index", sa.column("rowid", sa.Integer))
    id = index.c.rowid
    weight: Any = sa.literal_column("bm25(search_index, 4.0, 1.0, 0.0)", sa.Float)

    def _match(self, name: str = "") -> Any:
        return sa.text(f"search_index MATCH :{name}{self.name}")

    def _newest(self) -> Question:
        badness = self.weight if self.shape.weighed else sa.literal(0.0)
        hits: Question = sa.select(self.id.label("id"), badness.label("badness")).where(self._match())
        hits = hits.order_by(self.id.desc())
        fits = condition(self.shape, self.kinds)
        if self.shape.used:
            self.walked = hits.limit(MOST_WALKED).cte(f"walked_{self.name}")
            found = (
                sa.select(self.walked.c.id, SearchEntry.kind, self.walked.c.badness)
                .join_from(self.walked, SearchEntry, SearchEntry.id == self.walked.c.id)
                .where(fits)
            )
        else:
            found = (
                sa.select(self.id.label("id"), SearchEntry.kind, badness.label("badness"))
                .join_from(self.index, SearchEntry, SearchEntry.id == self.id)
                .where(self._match(), fits)
                .order_by(self.id.desc())
                .limit(MOST_RANKED)
            )
        return self._weighed(found.cte(f"found_{self.name}"))

    def _weighed(self, found: sa.CTE) -> Question:
        """With the badness of each; common words are not weighed, but those in the title come first."""
        part = sa.literal_column(f"'{self.name}'", sa.String).label("part")
        if self.shape.weighed:
            return sa.select(found.c.id, found.c.kind, found.c.badness, part)
        titled = self._among(found, self.id.label("id"), "titled_")
        badness: Any = sa.case((titled.c.id.is_not(None), -4.0), else_=0.0)
        joined: Any = sa.outerjoin(found, titled, titled.c.id == found.c.id)
        if self.shape.rare:
            rare = self._among(found, self.id.label("id"), "rare_", self.weight.label("badness"))
            badness += sa.func.coalesce(rare.c.badness, 0.0)
            joined = joined.outerjoin(rare, rare.c.id == found.c.id)
        return sa.select(found.c.id, found.c.kind, badness.label("badness"), part).select_from(joined)

    def _among(self, found: sa.CTE, number: Any, name: str, *more: Any, match: str | None = None) -> sa.CTE:
        """In one walk along the index between the oldest and the newest of these: asked for one by one, each would look for
        the start of a word anew. The plus sign keeps SQLite from doing just that."""
        one_of_them = sa.literal_column("+search_index.rowid", sa.Integer).in_(sa.select(found.c.id))
        oldest, newest = (sa.select(end(found.c.id)).scalar_subquery() for end in (sa.func.min, sa.func.max))
        walked: Question = sa.select(number, *more).where(
            self._match(name if match is None else match), self.id.between(oldest, newest), one_of_them
        )
        return walked.cte(f"{name}of_{self.name}").prefix_with("MATERIALIZED")

    def marks(self, best: sa.CTE) -> Question:
        title: Any = sa.literal_column(f"highlight(search_index, 0, '{START}', '{END}')", sa.String)
        snippet: Any = sa.literal_column(f"snippet(search_index, 1, '{START}', '{END}', '…', 32)", sa.String)
        own = sa.select(best.c.id).where(best.c.part == self.name).cte(f"best_{self.name}")
        marked = self._among(
            own, self.id.label("id"), "marked_", title.label("title"), snippet.label("snippet"), match=""
        )
        return sa.select(marked)


class _PostgresqlPart(_Part):
    def __init__(self, shape: Shape, name: str) -> None:
        self.document: Any = sa.literal_column("search_entry.document")
        self.words = sa.func.to_tsquery("english", sa.bindparam("words", type_=sa.String))
        super().__init__(shape, name)

    def _newest(self) -> Question:
        part = sa.literal_column(f"'{self.name}'", sa.String).label("part")
        badness = (-sa.func.ts_rank(self.document, self.words)).label("badness")
        hits: Question = sa.select(SearchEntry.id).where(self._match())
        fits = condition(self.shape, self.kinds)
        hits = hits.order_by(SearchEntry.id.desc())
        if not self.shape.used:
            return hits.add_columns(SearchEntry.kind, badness, part).where(fits).limit(MOST_RANKED)
        self.walked = hits.limit(MOST_WALKED).cte(f"walked_{self.name}")
        return (
            sa.select(SearchEntry.id, SearchEntry.kind, badness, part)
            .join_from(self.walked, SearchEntry, SearchEntry.id == self.walked.c.id)
            .where(fits)
        )

    def _match(self) -> sa.ColumnElement[bool]:
        """Kinds are words of the index that have no stem. Nearly all entries are posts: there the kind is asked of the row."""
        if self.name == "posts" and not self.shape.grouped:
            kinds = SearchEntry.kind.in_([sa.literal_column(f"'{kind}'") for kind in self.kinds])
            return sa.and_(self.document.bool_op("@@")(self.words), kinds)
        sorts = sa.func.to_tsquery("simple", sa.bindparam(f"kinds_{self.name}", type_=sa.String))
        return self.document.bool_op("@@")(self.words.op("&&")(sorts))  # type: ignore[no-any-return]

    def marks(self, best: sa.CTE) -> Question:
        marks = f"StartSel={START}, StopSel={END}"
        short = f"{marks}, MaxFragments=1, MaxWords=32, MinWords=16"
        title = sa.func.ts_headline("english", _plain(SearchEntry.title), self.words, f"{marks}, HighlightAll=true")
        snippet = sa.func.ts_headline("english", _plain(SearchEntry.text), self.words, short)
        return (
            sa.select(
                SearchEntry.id, title.label("title"), snippet.label("snippet"),
                SearchEntry.title.label("whole_title"), SearchEntry.text.label("whole_text"),
            )
            .join_from(best, SearchEntry, SearchEntry.id == best.c.id)
            .where(best.c.part == self.name)
        )  # fmt: skip


def _plain(text: Any) -> Any:
    """As the index has it: without accents, and without what PostgreSQL would take for markup and drop."""
    bare = sa.func.regexp_replace(
        sa.func.normalize(text, sa.literal_column("NFD")), sa.literal_column(r"'[\u0300-\u036F]'"), "", "g"
    )
    return sa.func.translate(bare, "<>", LESS + MORE)


def _marked(row: Any) -> tuple[str, str]:
    """Title and snippet as they were written, with the words found marked."""
    if not hasattr(row, "whole_text"):
        return row.title, row.snippet
    title, snippet = (text.replace(LESS, "<").replace(MORE, ">") for text in (row.title, row.snippet))
    return rules.with_accents(title, row.whole_title, START, END), rules.with_accents(
        snippet, row.whole_text, START, END
    )


# --- the things ------------------------------------------------------------------------------------------------------


def _cards(actor: Member, keys: list[Key]) -> dict[Key, Card]:
    """What is shown of these things; those that this person may not read are left out here too. One statement."""
    numbers: dict[str, list[int]] = {}
    for kind, number in keys:
        numbers.setdefault(kind, []).append(number)
    if not numbers or not actor.is_active:
        return {}
    wanted = _of_kinds(frozenset(numbers), actor.role)
    rows = read(wanted, {"reader": actor.id} | {f"of_{kind}": them for kind, them in numbers.items()})
    return {(row[0], row[1]): Card._make(row) for row in rows}


@lru_cache(maxsize=256)
def _of_kinds(names: frozenset[str], role: Role) -> Any:
    return sa.union_all(*(_of_kind(KINDS[name], role) for name in sorted(names)))


def _of_kind(kind: Kind, role: Role) -> Question:
    source = kind.source
    if kind.author:
        author, organisation = kind.author
        source = source.outerjoin(Member, Member.id == author).outerjoin(Organisation, Organisation.id == organisation)
    these = sa.bindparam(f"of_{kind.name}", type_=sa.Integer, expanding=True)
    wanted: Question = sa.select(sa.literal_column(f"'{kind.name}'", sa.String), kind.model.id, *kind.card)
    return wanted.select_from(source).where(kind.model.id.in_(these), where(kind, role, Standing.ACTIVE))


# --- for the lists of other pages ------------------------------------------------------------------------------------


def threads_matching(question: str) -> sa.Select[Any] | None:
    """The numbers of threads in which this is found, for a list that is narrowed by it; None for a question without words.
    The list asks for itself who may read them."""
    terms = rules.understand(question)
    if not terms:
        return None
    number = sa.case((SearchEntry.kind == THREAD.name, SearchEntry.thing_id), else_=Reply.feedback_id)
    its_reply = sa.and_(SearchEntry.kind == REPLY.name, Reply.id == SearchEntry.thing_id)
    entries = sa.select(number).outerjoin(Reply, its_reply).where(SearchEntry.kind.in_(POSTS))
    asked = rules.Asked(terms)
    if db.engine.dialect.name == "postgresql":
        document: Any = sa.literal_column("search_entry.document")
        return entries.where(document.bool_op("@@")(sa.func.to_tsquery("english", asked.for_postgresql()["words"])))
    index = sa.table("search_index", sa.column("rowid", sa.Integer))
    match = sa.text("search_index MATCH :words").bindparams(words=asked.for_sqlite()["posts"])
    return entries.where(SearchEntry.id.in_(sa.select(index.c.rowid).where(match)))
