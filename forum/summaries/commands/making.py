"""Making a summary: everything is read once, put in words, and kept as it was."""

from __future__ import annotations

from typing import Any, cast

from forum.base import clock, history, richtext
from forum.base.db import db
from forum.challenges import queries as challenges
from forum.challenges.rules import highest
from forum.feedback.queries import supporting
from forum.members.models import Member
from forum.reference import queries as reference
from forum.reference.models import Marking, Priority, Theme
from forum.summaries import queries, rules
from forum.summaries.commands.composing import compose
from forum.summaries.commands.wording import Material, title_of
from forum.summaries.models import Summary
from forum.summaries.rules import Scope


def make(
    actor: Member,
    scope: Scope,
    title: str = "",
    *,
    quotes: int = 3,
    is_for_publication: bool = False,
    form_key: str | None = None,
) -> Summary:
    """Make a summary of what falls in this scope now; without a title it gets one from the scope.

    `quotes` is how many are given on each theme at most. The same form sent twice makes one summary.
    """
    rules.check_maker(actor)
    if made := queries.made_from(form_key):
        return made
    title = richtext.plain(title)
    rules.check_title(title)
    rules.check_quotes(quotes)
    rules.check_circulation(is_for_publication, scope.takes_sensitive)
    material = _read(actor, scope, quotes, is_for_publication)
    rules.check_not_empty(len(material.contributions))
    content = cast(dict[str, Any], compose(material))
    summary = Summary(
        title=title or title_of(material),
        theme_id=scope.theme_id,
        priority_id=scope.priority_id or None,
        is_cross_cutting=scope.priority_id == rules.CROSS_CUTTING,
        is_for_publication=is_for_publication,
        from_on=scope.from_on,
        to_on=scope.to_on,
        takes_sensitive=scope.takes_sensitive,
        marking=_marking(material).value,
        content=content,
        seal=rules.seal(content),
        made_at=material.made_at,
        made_by_id=actor.id,
        form_key=form_key,
    )
    db.session.add(summary)
    db.session.flush()
    history.note(actor, "made", summary, contributions=len(material.contributions))
    return summary


def take_away(actor: Member, summary: Summary, file: str) -> None:
    """Note that somebody took the summary away as a file of this kind, such as "ods"."""
    rules.check_maker(actor)
    history.note(actor, "downloaded", summary, file=file)


def _read(actor: Member, scope: Scope, quotes: int, is_for_publication: bool) -> Material:
    """Everything the summary is made of. Ten statements at most, however much falls in."""
    ids = queries.taken(actor, scope)
    behind = challenges.for_summary(ids)
    shown = [row for row in behind if scope.takes_sensitive or not row.is_sensitive]
    return Material(
        scope=scope,
        theme=reference.get(Theme, scope.theme_id).title if scope.theme_id else "",
        priority=reference.get(Priority, scope.priority_id).short_title if scope.priority_id else "",
        made_by=", ".join(filter(None, (actor.name, actor.job_title))),
        made_at=clock.now(),
        quotes=quotes,
        is_for_publication=is_for_publication,
        figures=queries.figures(actor, scope),
        contributions=queries.contributions(ids),
        themes=queries.themes(ids),
        supports=supporting.supports_of(actor, ids),
        cited=queries.cited(ids),
        challenges=shown,
        challenges_left_out=len({row.id for row in behind} - {row.id for row in shown}),
        replies=queries.replies(ids),
        membership=queries.membership(scope),
    )


def _marking(material: Material) -> Marking:
    """The highest marking inside."""
    sensitive = [Marking.SENSITIVE for row in material.challenges if row.is_sensitive]
    return highest([*sensitive, *(row.marking for row in material.contributions)])
