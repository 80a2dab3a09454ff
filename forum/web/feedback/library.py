"""The library of good practice: a page of its own to find what works, and whom to ask."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, history
from forum.base.db import transaction
from forum.feedback import exports
from forum.feedback.queries import library
from forum.feedback.queries.library import OUTSIDE_LONDON, Wanted
from forum.feedback.rules.answering import may_work
from forum.reference.models import PoliceForce, Region, Sector, Theme
from forum.reference.queries import choices_of
from forum.search import queries as search
from forum.web.feedback.routes import blueprint
from forum.web.fields import Choice, FilterForm, SelectField, TextField, choices
from forum.web.furniture import me, only_if, site

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}


class LibraryFilter(FilterForm):
    text = TextField("Words in it")
    theme = SelectField("Theme", blank="All themes")
    sector = SelectField("Sector", blank="All sectors")
    region = SelectField("Region", blank="Everywhere")
    area = SelectField("Police force area", blank="All areas")

    @classmethod
    def offered(cls) -> LibraryFilter:
        form = cls()
        themes, sectors, regions, areas = choices_of(Theme, Sector, Region, PoliceForce)
        form.theme.choices, form.sector.choices, form.area.choices = choices(themes), choices(sectors), choices(areas)
        form.region.choices = [Choice(OUTSIDE_LONDON, "Outside London"), *choices(regions)]
        return form

    def wanted(self) -> Wanted:
        chosen = self.chosen()
        within = search.threads_matching(chosen["text"]) if "text" in chosen else None
        return Wanted(chosen.get("theme"), chosen.get("sector"), chosen.get("area"), chosen.get("region"), within)


@blueprint.get("/good-practice")
def good_practice() -> ResponseReturnValue:
    form = LibraryFilter.offered()
    page = library.practices(me(), form.wanted(), request.args.get("key"))
    return render_template(
        "feedback/library.html", form=form, chips=form.chips(), chosen=form.chosen(), page=page, may_take=may_work(me()),
        here=url_for(".good_practice"),
    )  # fmt: skip


@blueprint.get("/good-practice/export.<any(csv, ods):kind>")
def export_good_practice(kind: str) -> ResponseReturnValue:
    """The filtered list as a file. Who took it is in the history."""
    only_if(may_work(me()))
    form, out = LibraryFilter.offered(), BytesIO()
    rows = library.all_practices(me(), form.wanted())
    narrowed = "; ".join(words for words, _ in form.chips()) or "All good practice"
    if kind == "csv":
        exports.practices_as_csv(rows, out)
    else:
        exports.practices_as_ods(rows, out, site().name, clock.now(), narrowed)
    noted: dict[str, Any] = {"kind": kind, "rows": len(rows), "narrowed": narrowed}
    with transaction():
        history.note(me(), "exported", me(), what="good practice", **noted)
    name = f"good-practice-{exports.highest(rows).value.lower()}.{kind}"
    return Response(
        out.getvalue(), content_type=TYPES[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
