"""Importing a table of members: upload, look at what it would do, agree."""

from __future__ import annotations

from typing import NamedTuple

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import files
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.base.tables import read_table
from forum.members import exports, queries, rules
from forum.members.commands.columns import FIELDS
from forum.members.commands.importing import Imported, import_members
from forum.members.commands.planning import Outcome, Plan, PlannedRow, plan
from forum.web.furniture import me, only_if, plural, say, slow, this_page
from forum.web.members.forms import ConfirmForm, UploadForm, mapping_of, shown_columns
from forum.web.members.routes import blueprint

LARGEST = 10 * 1024 * 1024  # bytes
ROWS = 50  # a page
FIRST: dict[str, None] = {"from": None}


@blueprint.route("/import", methods=["GET", "POST"])
@slow
def upload() -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    form = UploadForm()
    if form.submitted():
        data, name = form.file.data.read(), form.file.data.filename
        try:
            read_table(data, name)
            with transaction():
                stored = files.keep(data, name, queries.TABLES, LARGEST)
        except Rejected as refusal:
            form.reject(Rejected(refusal.message, field="file"))
        else:
            return redirect(url_for(".check", sha256=stored.sha256))
    return render_template("members/upload.html", form=form, fields=FIELDS)


@blueprint.get("/import/sample.csv")
def sample() -> ResponseReturnValue:
    headers = {"Content-Disposition": 'attachment; filename="members-sample.csv"'}
    return Response(exports.sample().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


@blueprint.route("/import/<string(length=64):sha256>", methods=["GET", "POST"])
@slow
def check(sha256: str) -> ResponseReturnValue:
    """What the table would do, row by row; agreeing does it. Which column holds what is in the address."""
    only_if(rules.may_keep_members(me()))
    stored = queries.upload(sha256)
    table = read_table(files.read(stored), stored.name)
    mapping = mapping_of(table, request.args)
    form = ConfirmForm()
    if form.submitted():
        try:
            with transaction():
                done = import_members(
                    me(), table, mapping, digest=form.digest.data or "", send_letters=form.letters.data
                )
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(_told(done))
            return redirect(url_for(".list_members"))
    planned = plan(me(), table, mapping)
    form.digest.typed = planned.digest
    return render_template(
        "members/check.html",
        form=form,
        stored=stored,
        plan=planned,
        shown=_shown(planned),
        Outcome=Outcome,
        fields=FIELDS,
        columns=shown_columns(table),
        chosen={field: table.columns.index(column) + 1 for field, column in mapping.items()},
    )


class Shown(NamedTuple):
    """The rows of one page of the plan, and the addresses of its neighbours."""

    rows: list[PlannedRow]
    first: int
    total: int
    earlier: str
    later: str
    tabs: list[tuple[str, str, bool, int]]


def _shown(planned: Plan) -> Shown:
    """The rows asked for: those of one outcome, from one place on."""
    wanted = next((outcome for outcome in Outcome if outcome.value == request.args.get("show")), None)
    rows = [row for row in planned.rows if wanted in {None, row.outcome}]
    start = min(max(request.args.get("from", 0, type=int), 0), max(len(rows) - 1, 0)) // ROWS * ROWS
    tabs = [("All rows", this_page(show=None, **FIRST), wanted is None, len(planned.rows))]
    for outcome, count in planned.counts.items():
        tabs.append((outcome.value.capitalize(), this_page(show=outcome.value, **FIRST), outcome is wanted, count))
    return Shown(
        rows[start : start + ROWS],
        start + 1,
        len(rows),
        this_page(**{"from": start - ROWS}) if start else "",
        this_page(**{"from": start + ROWS}) if start + ROWS < len(rows) else "",
        tabs,
    )


def _told(done: Imported) -> str:
    parts = [
        plural(done.added, "member") + " added",
        plural(done.updated, "member") + " updated",
        plural(done.organisations_added, "organisation") + " added",
        plural(done.organisations_updated, "organisation") + " updated",
    ]
    if done.letters:
        parts.append(plural(done.letters, "joining letter") + " on the way")
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "Nothing had to be changed"
