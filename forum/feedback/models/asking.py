"""What people are asked when they post about a theme, what they answered, and what they have not posted yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.base.db import Base


class ThemeTemplate(Base):
    """What the secretariat wants to be told about one theme. A change touches nothing that was posted already."""

    __tablename__ = "theme_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    theme_id: Mapped[int] = mapped_column(sa.ForeignKey("theme.id"), unique=True)
    introduction: Mapped[str] = mapped_column(sa.Text, default="")
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    questions: Mapped[list[TemplateQuestion]] = relationship(
        lazy="raise_on_sql", order_by="TemplateQuestion.position", cascade="all, delete-orphan"
    )


class TemplateQuestion(Base):
    """One question of a template."""

    __tablename__ = "template_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("theme_template.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(200))
    hint: Mapped[str] = mapped_column(sa.String(500), default="")
    is_required: Mapped[bool] = mapped_column(default=False)


class FeedbackAnswer(Base):
    """The answer to a question of a template, with the question as it was asked. `words` is Markdown, `html` as shown."""

    __tablename__ = "feedback_answer"

    feedback_id: Mapped[int] = mapped_column(sa.ForeignKey("feedback.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(sa.String(200))
    words: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)


class Draft(Base):
    """What somebody has typed and not posted. `about`: "feedback", or "reply:61" for a reply in FB-61."""

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id", ondelete="CASCADE"))
    about: Mapped[str] = mapped_column(sa.String(40))
    fields: Mapped[dict[str, Any]]  # what each field of the form held
    saved_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (sa.UniqueConstraint("member_id", "about"),)
