"""Threads in lists, drawn once for as long as they read the same: they are on the most visited page of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from flask import current_app
from markupsafe import Markup

from forum.challenges.queries import ChallengeMark
from forum.feedback.queries import ThreadRow
from forum.feedback.rules import KINDS


def drawn(
    rows: Sequence[ThreadRow],
    themes: Mapping[int, str],
    marks: Mapping[int, Sequence[ChallengeMark]],
    says_what_waits: bool,
) -> list[Markup]:
    """Each thread as an entry of a list, with its themes in words and the challenges that quote it.

    `says_what_waits`: those that are part of no challenge say so, as their author wants to know.
    """
    return [
        _entry(row, tuple(themes[number] for number in row.theme_ids), tuple(marks.get(row.id, ())), says_what_waits)
        for row in rows
    ]


@lru_cache(maxsize=4096)
def _entry(row: ThreadRow, themes: tuple[str, ...], marks: tuple[ChallengeMark, ...], says_what_waits: bool) -> Markup:
    template = current_app.jinja_env.get_template("feedback/_row.html")
    known = {"kind": KINDS[row.kind], "themes": themes, "marks": marks, "says_what_waits": says_what_waits}
    return Markup(template.render(row=row, **known))  # noqa: S704 - a template of ours
