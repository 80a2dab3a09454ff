"""What is asked of whoever posts about a theme, and what they answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from forum.base.db import db
from forum.base.errors import NotFound
from forum.feedback.models import FeedbackAnswer, TemplateQuestion, ThemeTemplate
from forum.feedback.rules.asking import Asked, once
from forum.reference.models import Theme


class TemplateRow(NamedTuple):
    """A theme in the list of templates; no questions: it has no template."""

    theme_id: int
    title: str
    questions: int


class Asking(NamedTuple):
    """What some themes ask: their introductions, and each question once."""

    introductions: list[tuple[str, str]]  # title of the theme, and its words
    questions: list[Asked]


class Answer(NamedTuple):
    label: str
    words: str


NOTHING = Asking([], [])


def of_themes(theme_ids: Collection[int]) -> Asking:
    """What these themes ask. One statement; none for no themes."""
    if not theme_ids:
        return NOTHING
    rows = db.session.execute(
        sa.select(Theme.title, ThemeTemplate.introduction, TemplateQuestion)
        .join(ThemeTemplate, ThemeTemplate.theme_id == Theme.id)
        .outerjoin(TemplateQuestion, TemplateQuestion.template_id == ThemeTemplate.id)
        .where(Theme.id.in_(set(theme_ids)), ThemeTemplate.ended_at.is_(None))
        .order_by(Theme.position, Theme.id, TemplateQuestion.position)
    ).all()
    introductions = dict.fromkeys((title, words) for title, words, _ in rows if words)
    asked = (Asked(one.label, one.hint, one.is_required) for _, _, one in rows if one is not None)
    return Asking(list(introductions), once(asked))


def answers(number: int) -> list[Answer]:
    """What the author of this thread answered, in order. One statement."""
    wanted = sa.select(FeedbackAnswer.label, FeedbackAnswer.words).where(FeedbackAnswer.feedback_id == number)
    return [Answer._make(row) for row in db.session.execute(wanted.order_by(FeedbackAnswer.position))]


def templates() -> list[TemplateRow]:
    """The themes people post about, each with the number of its questions. One statement."""
    count = sa.func.count(TemplateQuestion.id)
    wanted = (
        sa.select(Theme.id, Theme.title, count)
        .outerjoin(ThemeTemplate, sa.and_(ThemeTemplate.theme_id == Theme.id, ThemeTemplate.ended_at.is_(None)))
        .outerjoin(TemplateQuestion, TemplateQuestion.template_id == ThemeTemplate.id)
        .where(Theme.kind != "imported")
        .group_by(Theme.id)
        .order_by(Theme.position, Theme.id)
    )
    return [TemplateRow._make(row) for row in db.session.execute(wanted)]


def template_of(theme_id: int) -> ThemeTemplate | None:
    """The template of this theme with its questions, also one that was taken back. Two statements."""
    wanted = sa.select(ThemeTemplate).where(ThemeTemplate.theme_id == theme_id)
    options = selectinload(ThemeTemplate.questions)
    return db.session.scalar(wanted.options(options), execution_options={"populate_existing": True})


def theme_to_ask(theme_id: int) -> Theme:
    """The theme, when people post about it. Raises NotFound."""
    theme = db.session.get(Theme, theme_id)
    if theme is None or theme.kind == "imported":
        raise NotFound
    return theme
