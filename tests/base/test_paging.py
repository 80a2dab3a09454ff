"""Walking a list page by page shows every row once, in order, there and back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from forum.base import paging
from forum.base.db import Moment, db
from forum.base.paging import Page, page

NOON = datetime(2016, 11, 15, 12, 0, 0, 123456, tzinfo=UTC)


class Base(DeclarativeBase):
    registry = registry(type_annotation_map={datetime: Moment()})


class Post(Base):
    __tablename__ = "paging_test_post"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    posted_at: Mapped[datetime]


NEWEST = [Post.posted_at.desc(), Post.id.desc()]


@pytest.fixture
def posts(app: Flask) -> Iterator[list[int]]:
    """45 posts of which nine each share a moment; gives their numbers, newest first."""
    with app.app_context():
        Post.__table__.create(db.engine)  # type: ignore[attr-defined]
        rows = [Post(id=n, title=f"t{n % 7}", posted_at=NOON + timedelta(seconds=n % 5)) for n in range(1, 46)]
        db.session.add_all(rows)
        db.session.commit()
        try:
            yield [row.id for row in sorted(rows, key=lambda row: (row.posted_at, row.id), reverse=True)]
        finally:
            db.session.rollback()
            Post.__table__.drop(db.engine)  # type: ignore[attr-defined]


def walk(way: str, key: str | None, **how: Any) -> list[Page[int]]:
    pages = [page(sa.select(Post.id), NEWEST, key, **how)]
    while key := getattr(pages[-1], way):
        pages.append(page(sa.select(Post.id), NEWEST, key, **how))
    return pages


def numbers(pages: list[Page[int]]) -> list[int]:
    return [number for one in pages for number in one.items]


@pytest.mark.parametrize("size", [1, 7, 20, 44, 45, 46])
def test_every_row_is_seen_once_there_and_back(posts: list[int], size: int) -> None:
    there = walk("next_key", None, size=size)
    assert numbers(there) == posts
    assert there[0].previous_key is None
    back = walk("previous_key", there[-1].previous_key, size=size)
    assert [one.items for one in reversed(back)] == [one.items for one in there[:-1]] or len(there) == 1


def test_directions_may_differ_and_text_may_order(posts: list[int]) -> None:
    select, order, found, key = sa.select(Post.title, Post.id), [Post.title, Post.id.desc()], [], None
    while True:
        shown = page(select, order, key, size=4)
        found += shown.items
        if not (key := shown.next_key):
            break
    assert found == sorted(found, key=lambda row: (row[0], -row[1]))
    assert len(found) == 45


def test_new_rows_do_not_shift_the_next_page(posts: list[int]) -> None:
    first = page(sa.select(Post.id), NEWEST, size=10)
    db.session.add(Post(id=99, title="new", posted_at=NOON + timedelta(hours=1)))
    db.session.flush()
    second = page(sa.select(Post.id), NEWEST, first.next_key, size=10)
    assert second.items == posts[10:20]
    assert page(sa.select(Post.id), NEWEST, second.previous_key, size=10).items == posts[:10]


def test_going_back_over_a_short_page_shows_the_first_in_full(posts: list[int]) -> None:
    start = page(sa.select(Post.id), NEWEST, size=4).next_key
    later = page(sa.select(Post.id), NEWEST, start, size=10)
    assert page(sa.select(Post.id), NEWEST, later.previous_key, size=10) == page(sa.select(Post.id), NEWEST, size=10)


def test_a_page_whose_rows_have_gone_is_the_first(posts: list[int]) -> None:
    first = page(sa.select(Post.id), NEWEST, size=10)
    db.session.execute(sa.delete(Post).where(Post.id.not_in(first.items)))
    assert page(sa.select(Post.id), NEWEST, first.next_key, size=10).items == posts[:10]


def test_no_more_rows_than_the_limit(posts: list[int]) -> None:
    assert len(page(sa.select(Post.id), NEWEST, size=1_000, limit=30).items) == 30
    assert len(page(sa.select(Post.id), NEWEST, size=-1).items) == 1


def test_one_thing_comes_as_itself_and_columns_as_what_is_made_of_them(posts: list[int]) -> None:
    assert isinstance(page(sa.select(Post), NEWEST).items[0], Post)
    titles = page(sa.select(Post.id, Post.title), NEWEST).of(lambda row: row[1]).items
    assert titles[0] == f"t{posts[0] % 7}"


def test_an_empty_list_has_one_empty_page(posts: list[int]) -> None:
    assert page(sa.select(Post.id).where(Post.id < 0), NEWEST) == Page([], None, None)


def key_of(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        "é" * 20,
        "A" * 100_000,
        key_of(),
        key_of(False),
        key_of(False, 1, 2),
        key_of(False, "2016-11-15", "1"),
        key_of(False, NOON.isoformat(), 2**63),
        key_of(False, NOON.isoformat(), True),
        key_of(False, "0001-01-01T00:00:00+14:00", 1),
        key_of(False, NOON.isoformat(), 1, 1),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
    ],
)
def test_what_is_no_key_leads_to_the_first_page(posts: list[int], key: str) -> None:
    assert page(sa.select(Post.id), NEWEST, key).items == posts[:20]


@pytest.mark.parametrize("text", ["a\0", "\ud800", 3, None, []])
def test_no_text_a_database_refuses_reaches_it(posts: list[int], text: Any) -> None:
    assert len(page(sa.select(Post.id), [Post.title, Post.id], key_of(False, text, 1)).items) == 20


@settings(max_examples=200)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_reading_a_key_never_fails(key: str) -> None:
    way, values = paging._read(key, [Post.posted_at, Post.id])
    assert way in (True, False)
    assert len(values) in (0, 2)


def test_a_list_with_nulls_in_its_order_is_a_mistake(posts: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot be paged"):
        page(sa.select(Post.id), [sa.func.nullif(Post.id, Post.id), Post.id], size=1)
