"""What people thought of a meeting: three questions, what was answered, and how that changes over meetings."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import queries as meetings
from forum.meetings.commands import evaluating
from forum.meetings.models import Meeting
from forum.meetings.queries import evaluations as queries
from forum.meetings.rules import evaluations as rules
from forum.members.models import Member
from forum.web.furniture import me, only_if, plural, say
from forum.web.meetings.forms.evaluation import EvaluationForm
from forum.web.meetings.routes import blueprint, kept


@blueprint.route("/<int:number>/evaluation", methods=["GET", "POST"])
def evaluation(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    form = EvaluationForm()
    if give(form, me(), meeting):
        return redirect(url_for(".evaluation", number=number))
    return page(form, me(), meetings.get(me(), number))


def give(form: EvaluationForm, member: Member, meeting: Meeting) -> bool:
    """Whether the form was sent and what it says is kept."""
    if not form.submitted():
        return False
    try:
        with transaction():
            evaluating.give(member, meeting, **form.details())
    except Rejected as refusal:
        form.reject(refusal)
        return False
    say("Thank you. Your answers are kept without your name.")
    return True


def page(form: EvaluationForm, member: Member, meeting: Meeting) -> str:
    return render_template(
        "meetings/evaluation.html",
        form=form,
        meeting=meeting,
        member=member,
        part=queries.part_of(member, meeting),
        is_asking=rules.is_asking(meeting, clock.now()),
        closes_at=meeting.ends_at + rules.LASTS,
        is_over=meeting.ends_at <= clock.now(),
    )


@blueprint.get("/<int:number>/evaluation/results")
def evaluation_results(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    only_if(rules.may_read(me(), meeting))
    return render_template(
        "meetings/evaluation_results.html",
        meeting=meeting,
        results=queries.results(meeting),
        grades=rules.GRADES,
        shown_from=rules.SHOWN_FROM,
        is_asking=rules.is_asking(meeting, clock.now()),
        may_ask=rules.may_ask(me(), meeting, clock.now()),
    )


@blueprint.post("/<int:number>/evaluation/ask")
def ask_for_evaluation(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    with transaction():
        count = evaluating.ask(me(), meeting)
    say(
        f"{plural(count, 'letter')} will be sent."
        if count
        else "Everybody who can be asked has been. Nothing was sent."
    )
    return redirect(url_for(".evaluation_results", number=number))


@blueprint.get("/evaluations")
def evaluations() -> ResponseReturnValue:
    """The averages of each theme's meetings, side by side."""
    only_if(me().is_official)
    rows = queries.trend()
    themes = [(theme, list(found)) for theme, found in groupby(rows, attrgetter("theme"))]
    return render_template("meetings/evaluations.html", themes=themes, shown_from=rules.SHOWN_FROM)
