"""What each theme asks whoever posts about it, decided without code."""

from __future__ import annotations

from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback.commands import asking as commands
from forum.feedback.queries import asking
from forum.feedback.rules import asking as rules
from forum.feedback.rules.asking import Asked
from forum.web.feedback.routes import blueprint
from forum.web.fields import Form, HiddenField, LongTextField
from forum.web.furniture import me, only_if, say


class TemplateForm(Form):
    version = HiddenField(whole_number=True)
    introduction = LongTextField(
        "Introduction", hint="Shown above the questions. What you want to know, and why.", rows=3
    )


class Sent(NamedTuple):
    """The questions as they stand in the page, and what was done to them there ("add", "up-2", "remove-0"; "": save)."""

    questions: list[Asked]
    done: str


@blueprint.get("/templates")
def templates() -> ResponseReturnValue:
    only_if(rules.may_ask(me()))
    return render_template("feedback/templates.html", rows=asking.templates())


@blueprint.route("/templates/<int:theme_id>", methods=["GET", "POST"])
def template(theme_id: int) -> ResponseReturnValue:
    only_if(rules.may_ask(me()))
    theme, stored = asking.theme_to_ask(theme_id), asking.template_of(theme_id)
    asked = [Asked(one.label, one.hint, one.is_required) for one in stored.questions] if stored else []
    theirs: list[Asked] = []
    if request.method == "POST":
        form, sent = TemplateForm(), _sent()
        asked, is_right = rearranged(sent.questions, sent.done), form.submitted()
        if is_right and not sent.done:
            try:
                with transaction():
                    commands.ask(me(), theme, form.introduction.data or "", asked, version=form.version.data or 0)
            except Rejected as refusal:
                form.reject(refusal)
                theirs = _newer(form, theme_id)
            else:
                say(f"The questions about {theme.title} are saved")
                return redirect(url_for(".templates"))
    else:
        introduction = stored.introduction if stored else ""
        form = TemplateForm(data={"version": stored.version if stored else 0, "introduction": introduction})
    page = {"form": form, "theme": theme, "asked": asked, "theirs": theirs, "most": rules.MOST_QUESTIONS}
    return render_template("feedback/template.html", **page)


def _sent() -> Sent:
    sent = request.form
    labels, hints = sent.getlist("label"), sent.getlist("hint")
    required = set(sent.getlist("required"))
    pairs = zip(labels, hints, strict=False)
    asked = [Asked(label[:1_000], hint[:1_000], str(place) in required) for place, (label, hint) in enumerate(pairs)]
    return Sent(asked[:50], sent.get("do", ""))


def rearranged(asked: list[Asked], done: str) -> list[Asked]:
    """The questions after one was added, moved up or down, or removed."""
    verb, _, place = done.partition("-")
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    if verb == "add":
        return [*asked, Asked("")]
    if not 0 <= number < len(asked):
        return asked
    rest = asked[:number] + asked[number + 1 :]
    to = {"up": max(0, number - 1), "down": number + 1}.get(verb)
    if verb == "remove":
        return rest
    return asked if to is None else [*rest[:to], asked[number], *rest[to:]]


def _newer(form: TemplateForm, theme_id: int) -> list[Asked]:
    """What somebody else saved meanwhile, to show beside; having seen it, the person may save over it."""
    stored = asking.template_of(theme_id)
    if stored is None or form.version.data == stored.version:
        return []
    form.version.typed = str(stored.version)
    return [Asked(one.label, one.hint, one.is_required) for one in stored.questions]
