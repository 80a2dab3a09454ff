"""Deciding what is asked about a theme, and keeping what was answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from markupsafe import escape

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.feedback.commands import mentioning
from forum.feedback.models import Feedback, FeedbackAnswer, TemplateQuestion, ThemeTemplate
from forum.feedback.queries import asking
from forum.feedback.rules import asking as rules
from forum.feedback.rules.asking import Asked
from forum.members.models import Member
from forum.reference.models import Theme


def ask(actor: Member, theme: Theme, introduction: str, asked: Sequence[Asked], *, version: int) -> None:
    """Put these questions to whoever posts about this theme from now on; none at all takes the template back.

    What was posted already stays as it is. `version` is 0 where there was no template.
    """
    rules.check_asker(actor)
    introduction = richtext.clean(introduction)
    asked = [Asked(richtext.plain(one.label), richtext.plain(one.hint), one.is_required) for one in asked]
    rules.check_template(introduction, asked)
    template = asking.template_of(theme.id)
    rules.check_template_version(version, template.version if template else 0)
    if template is None:
        template = ThemeTemplate(theme_id=theme.id, version=0, questions=[])
        db.session.add(template)
    template.introduction = introduction
    template.ended_at = None if asked or introduction else clock.now()
    template.version += 1
    template.questions = [TemplateQuestion(position=place, **one._asdict()) for place, one in enumerate(asked)]
    db.session.flush()
    history.note(actor, "changed the questions", theme, questions=[one.label for one in asked])


def answered(asked: Sequence[Asked], given: Mapping[str, str]) -> list[FeedbackAnswer]:
    """The answers to these questions, checked, as typed and as shown; what was left out is left out.

    `given`: key of the question and words. Raises Rejected at the question's field.
    """
    words = {one.key: richtext.clean(given.get(one.key, "")) for one in asked}
    rules.check_answers(asked, words)
    return [
        FeedbackAnswer(position=place, label=one.label, words=words[one.key], html=_shown(one.key, words[one.key]))
        for place, one in enumerate(asked)
        if words[one.key]
    ]


def with_answers(html: str, answers: Sequence[FeedbackAnswer]) -> str:
    """What is happening, and the answers under their questions, as `Feedback.html` holds them: one text to show, find
    and cite."""
    return html + "".join(f"\n<h3>{escape(one.label)}</h3>\n{one.html}" for one in answers)


def keep(feedback: Feedback, answers: Sequence[FeedbackAnswer]) -> None:
    """Store the answers of a thread in place of those it had, and show them."""
    db.session.execute(sa.delete(FeedbackAnswer).where(FeedbackAnswer.feedback_id == feedback.id))
    for one in answers:
        one.feedback_id = feedback.id
    db.session.add_all(answers)


def show_anew(feedback: Feedback) -> None:
    """Make `html` from the stored parts, after one of them was changed."""
    db.session.flush()
    wanted = sa.select(FeedbackAnswer).where(FeedbackAnswer.feedback_id == feedback.id)
    stored = db.session.scalars(wanted.order_by(FeedbackAnswer.position)).all()
    html = with_answers(richtext.to_html(feedback.happening), stored)
    feedback.html = mentioning.mark({"html": html})[0]["html"]


def to_ask(theme_ids: Collection[int], before: Sequence[asking.Answer] = ()) -> list[Asked]:
    """The questions of these themes, and those that were answered earlier and are asked no more."""
    return rules.once([*asking.of_themes(theme_ids).questions, *(Asked(one.label) for one in before)])


def again(
    theme_ids: Collection[int], before: Sequence[asking.Answer], given: Mapping[str, str] | None
) -> tuple[list[Asked], Mapping[str, str]]:
    """What is asked when a thread is edited, and what is answered then; None: what was answered `before` stays."""
    if given is not None:
        return to_ask(theme_ids, before), given
    kept = [Asked(one.label) for one in before]
    return kept, {one.key: said.words for one, said in zip(kept, before, strict=True)}


def differ(answers: Sequence[FeedbackAnswer], before: Sequence[asking.Answer]) -> bool:
    return [(one.label, one.words) for one in answers] != before


def _shown(field: str, words: str) -> str:
    try:
        return richtext.to_html(words, top=4)
    except Rejected as refusal:
        raise Rejected(refusal.message, field=field) from None
