"""The admin's pages: the lists, the standing pages, the history, and how many of everything there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, history, scanning
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.base.history import HistoryLine
from forum.census.queries import census
from forum.feedback import queries as feedback
from forum.feedback.queries import attaching
from forum.members import queries as members
from forum.reference import commands, queries
from forum.reference.models import (
    AuthorityType,
    Listed,
    PoliceForce,
    Priority,
    ProgrammeArea,
    Region,
    Sector,
    Theme,
)
from forum.web.admin.forms import EntryForm, HistoryFilter, PageForm
from forum.web.fields import choices
from forum.web.furniture import me, only_if, say
from forum.web.pages import shown

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


class ListOf(NamedTuple):
    slug: str
    title: str
    one: str
    kind: type[Any]
    blank: dict[str, Any] = {}


LISTS = (
    ListOf("priorities", "Priorities", "priority", Priority),
    ListOf("themes", "Themes", "theme", Theme, {"kind": "feedback"}),
    ListOf("sectors", "Sectors", "sector", Sector),
    ListOf("regions", "Regions", "region", Region),
    ListOf("police-forces", "Police force areas", "police force area", PoliceForce),
    ListOf("authority-types", "Types of local authority", "type of authority", AuthorityType),
    ListOf("programme-areas", "Programme areas", "programme area", ProgrammeArea),
)


@blueprint.before_request
def _for_the_admin() -> None:
    only_if(me().is_admin)


def _list(slug: str) -> ListOf:
    found = next((listed for listed in LISTS if listed.slug == slug), None)
    if found is None:
        raise NotFound
    return found


@blueprint.get("")
def show() -> ResponseReturnValue:
    waiting = attaching.waiting_for_scan() if scanning.is_set() else None
    return render_template("admin/show.html", lists=LISTS, pages=queries.pages(), waiting=waiting)


@blueprint.get("/lists/<slug>")
def show_list(slug: str) -> ResponseReturnValue:
    listed = _list(slug)
    return render_template("admin/list.html", listed=listed, entries=queries.entries(listed.kind), today=clock.today())


@blueprint.route("/lists/<slug>/new", methods=["GET", "POST"])
def add_entry(slug: str) -> ResponseReturnValue:
    listed = _list(slug)
    form = EntryForm(data={"position": len(queries.entries(listed.kind)) + 1})
    return _save_entry(listed, None, form)


@blueprint.route("/lists/<slug>/<int:number>", methods=["GET", "POST"])
def change_entry(slug: str, number: int) -> ResponseReturnValue:
    listed = _list(slug)
    entry = queries.get(listed.kind, number)
    return _save_entry(listed, entry, EntryForm(obj=entry))


def _save_entry(listed: ListOf, entry: Listed | None, form: EntryForm) -> ResponseReturnValue:
    form.fit(queries.room_for(listed.kind))
    if form.submitted():
        try:
            with transaction():
                details = form.details()
                if entry:
                    commands.change_entry(me(), entry, **details)
                else:
                    commands.add_entry(me(), listed.kind, details.pop("title"), **listed.blank, **details)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"“{form.title.data}” is saved")
            return redirect(url_for(".show_list", slug=listed.slug))
    return render_template("admin/entry.html", form=form, listed=listed, entry=entry)


@blueprint.route("/pages/<slug>", methods=["GET", "POST"])
def write_page(slug: str) -> ResponseReturnValue:
    page = queries.page(slug)
    form = PageForm(obj=page)
    if form.submitted():
        try:
            with transaction():
                commands.write_page(me(), page, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            form.version.typed = str(page.version)  # the words now stand beside the newer ones: saving takes theirs on
        else:
            say(f"“{page.title}” is saved")
            return redirect(url_for("pages.show", slug=slug))
    theirs = page.source if form.errors_for_summary() and form.source.data != page.source else None
    return render_template("admin/page.html", form=form, page=page, theirs=theirs, html=shown(page.source))


@blueprint.get("/history")
def show_history() -> ResponseReturnValue:
    form = HistoryFilter()
    form.kind.choices = choices((kind, kind.replace("_", " ").capitalize()) for kind in history.kinds())
    page = history.lines(**form.chosen(), key=request.args.get("key"))
    actors = _actors(page.items)
    names = members.names_of(set(actors.values()))
    who = {line: names.get(actor, "") for line, actor in actors.items()}
    return render_template("admin/history.html", form=form, page=page, who=who)


def _actors(lines: Sequence[HistoryLine]) -> dict[int, int]:
    """Who did it, by the number of the line; without those who wrote what is unattributed by now."""
    posts = {(one.thing_kind, one.thing_id or 0) for one in lines if one.thing_kind in {"feedback", "reply"}}
    hidden = feedback.unattributed_authors(posts)
    return {
        line.id: line.actor_id
        for line in lines
        if line.actor_id and (line.thing_kind, line.thing_id, line.actor_id) not in hidden
    }


@blueprint.get("/history/check")
def check_history() -> ResponseReturnValue:
    """Whether the chain holds, line by line."""
    return render_template("admin/check.html", breaks=list(history.breaks()), count=history.count())


@blueprint.get("/census")
def show_census() -> ResponseReturnValue:
    """How many of everything there is: what the operators' command counts."""
    titles = {entry.slug: entry.title for kind in (Priority, Theme) for entry in queries.entries(kind)}
    return render_template("admin/census.html", counted=census(), titles=titles)
