"""Choosing what to hear of by email, and how often."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import letters
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback.commands import following as commands
from forum.feedback.models import FollowKind, FollowLevel
from forum.feedback.queries import following as queries
from forum.feedback.rules.following import LEVELS, what_comes
from forum.members import queries as members
from forum.members.commands import keeping
from forum.members.models import Member, Notify
from forum.web import fields
from forum.web.fields import Choice, choices
from forum.web.furniture import me, say

blueprint = Blueprint("following", __name__, url_prefix="/account/following")

KINDS = {"thread": FollowKind.THREAD, "theme": FollowKind.THEME, "organisation": FollowKind.ORGANISATION}
_NAMES = {kind: name for name, kind in KINDS.items()}
OFTEN = [
    Choice(Notify.IMMEDIATE, "At once", "An email for each post in what you follow, and no digest"),
    Choice(Notify.DAILY, "Once a day", "At 7am, when there is something new"),
    Choice(Notify.WEEKLY, "Once a week", "At 7am on the day below, when there is something new"),
    Choice(Notify.NONE, "Never", "No emails about feedback, whatever you follow"),
]
_OFTEN = {
    Notify.IMMEDIATE: "You chose to be written to at once, so what would be in a digest comes as an email for each post.",
    Notify.NONE: "You chose to get no emails about feedback. What you select here counts once you change that.",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
USUAL = "usual"


class OftenForm(fields.Form):
    notify = fields.RadioField(
        "How often should we write to you about feedback?", choices=OFTEN, required="Select how often"
    )
    digest_weekday = fields.SelectField("Day of a weekly email", choices=choices(enumerate(WEEKDAYS)))
    posts_by_mail = fields.CheckboxField(
        "Post what I answer by email straight away",
        hint="Otherwise it is kept as a draft, for you to look at and post",
        mark_optional=False,
    )
    version = fields.HiddenField(whole_number=True)

    def details(self) -> dict[str, Any]:
        named = {"notify": self.notify.data, "digest_weekday": self.digest_weekday.data}
        return named | ({"posts_by_mail": self.posts_by_mail.data} if "posts_by_mail" in self else {})


class LevelForm(fields.Form):
    level = fields.RadioField("What should we send you?", required="Select what we should send you")

    @classmethod
    def of(cls, level: FollowLevel, kind: FollowKind, is_chosen: bool) -> LevelForm:
        form = cls(data={"level": level.value})
        form.level.choices = [Choice(one.value, name, hint) for one, (name, hint) in LEVELS.items()]
        if is_chosen and kind is not FollowKind.ORGANISATION:
            usual = "In your digest when you wrote in it, or as its themes are" if kind is FollowKind.THREAD else (
                "In your digest when it is one of your themes of interest"
            )  # fmt: skip
            form.level.choices.append(Choice(USUAL, "As usual", usual))
        return form


@blueprint.route("", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    member = members.get(me(), me().id)
    form = _often(member)
    if form.submitted():
        try:
            with transaction():
                keeping.change_member(member, member, form.version.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            form.version.typed = str(members.get(me(), me().id).version)
        else:
            say("Your choice is saved")
            return redirect(url_for(".show"))
    rows = [(row, LEVELS[what_comes(row.level, me().notify)][0]) for row in queries.followed(me())]
    return render_template("following/show.html", form=form, rows=rows, names=_NAMES)


def _often(member: Member) -> OftenForm:
    names = ("notify", "digest_weekday", "posts_by_mail", "version")
    form = OftenForm(data={name: getattr(member, name) for name in names})
    if not letters.takes_answers():
        del form.posts_by_mail
    return form


@blueprint.route("/<any(thread, theme, organisation):kind>/<int:number>", methods=["GET", "POST"])
def choose(kind: str, number: int) -> ResponseReturnValue:
    """One thing, and the three levels in plain words."""
    what = KINDS[kind]
    title = queries.title_of(me(), what, number)
    form = LevelForm.of(queries.level_of(me(), what, number), what, queries.chosen(me(), what, number) is not None)
    if form.submitted():
        with transaction():
            if form.level.data == USUAL:
                commands.leave_to_usual(me(), what, number)
            else:
                commands.follow(me(), what, number, FollowLevel(form.level.data))
        say("Your choice is saved")
        return redirect(_back(kind, number))
    page = {"title": title, "kind": kind, "number": number, "back_to": _back(kind, number)}
    return render_template("following/choose.html", form=form, often=_OFTEN.get(me().notify, ""), **page)


def _back(kind: str, number: int) -> str:
    """Where the thing followed is read."""
    if kind == "theme":
        return url_for("feedback.list_threads", theme=number)
    return url_for("feedback.show" if kind == "thread" else "organisations.show", number=number)
