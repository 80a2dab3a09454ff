"""A form as a draft holds it, and back."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict

from forum.feedback.models import Draft

NOT_KEPT = {"csrf_token", "about", "confirmed", "preview", "ask", "save", "drafted", "upload", "drop"}


def typed() -> dict[str, list[str]]:
    """What the form that was sent holds."""
    return {name: values for name, values in request.form.lists() if name not in NOT_KEPT}


def sent_by(draft: Draft) -> MultiDict[str, str]:
    """The draft as a form sends it."""
    sent: MultiDict[str, str] = MultiDict({"drafted": "1"})
    for name, held in draft.fields.items():
        sent.setlist(name, held if isinstance(held, list) else [str(held)])
    return sent


def first_words(draft: Draft) -> str:
    """What a draft is about, for whoever wrote it."""
    sent = sent_by(draft)
    words = " ".join((sent.get("title") or sent.get("happening") or "").split())
    return f"{words[:80]}…" if len(words) > 80 else words
