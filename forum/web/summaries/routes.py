"""Where the summaries pages are answered: for officials and the secretariat only."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.reference import queries as reference
from forum.reference.models import Priority, Theme
from forum.summaries import commands, exports, queries, rules
from forum.summaries.models import Summary
from forum.summaries.queries import Figures
from forum.web.furniture import me, only_if, say
from forum.web.summaries.forms import SummaryForm

blueprint = Blueprint("summaries", __name__, url_prefix="/summaries")


@blueprint.before_request
def _for_those_who_make_them() -> None:
    only_if(rules.may_make(me()))


@blueprint.get("")
def show_list() -> ResponseReturnValue:
    return render_template("summaries/list.html", page=queries.made(me(), request.args.get("key")))


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = SummaryForm() if request.method == "POST" else SummaryForm.fresh()
    form.offer(reference.entries(Theme), reference.entries(Priority))
    if form.submitted() and request.form.get("step") != "preview":
        try:
            with transaction():
                summary = commands.make(me(), form.scope(), **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{summary.reference} is made")
            return redirect(url_for(".show", number=summary.id))
    return render_template("summaries/new.html", form=form, figures=_falls_in(form))


def _falls_in(form: SummaryForm) -> Figures | None:
    """How much falls in what is chosen; None while the choice is not one."""
    if form.errors_for_summary():
        return None
    try:
        return queries.figures(me(), form.scope())
    except Rejected as refusal:
        form.reject(refusal)
        return None


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    summary = queries.get(me(), number)
    is_whole = rules.seal(summary.content) == summary.seal
    return render_template(
        "summaries/show.html", summary=summary, says=summary.says, is_whole=is_whole, shown_day=exports.shown_day
    )


@blueprint.get("/<int:number>.<any(odt, ods, csv, json, html):kind>")
def download(number: int, kind: str) -> ResponseReturnValue:
    """The summary as a file. Who took it is in the history. `?for=programs` gives the CSV as programs read it best."""
    summary = queries.get(me(), number)
    is_plain = kind == "csv" and request.args.get("for") == "programs"
    if kind == "html":
        kind_of_file, data = "text/html; charset=utf-8", _as_html(summary)
    else:
        kind_of_file, make = exports.FORMATS[kind]
        data = exports.csv(summary, guard=False) if is_plain else make(summary)
    with transaction():
        commands.take_away(me(), summary, kind)
    name = f"{summary.reference.lower()}{'-data' if is_plain else ''}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=kind_of_file, headers=headers)


def _as_html(summary: Summary) -> bytes:
    """The summary as one file that needs no other."""
    link = current_app.config["PUBLIC_URL"]
    says = {"says": summary.says, "shown_day": exports.shown_day, "date": clock.show_date}
    return render_template("summaries/file.html", summary=summary, link=link, **says).encode()
