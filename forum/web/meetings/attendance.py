"""The list of who is there: ticked on a phone, printed, taken away as a file; and what members see of it afterwards."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any, NamedTuple

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, history, letters
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import queries as meetings
from forum.meetings.commands import attendance as commands
from forum.meetings.exports import attendance as exports
from forum.meetings.models import Meeting
from forum.meetings.queries import attendance as queries
from forum.meetings.rules import attendance as rules
from forum.members.models import Member
from forum.web.furniture import me, only_if, plural, say, site
from forum.web.meetings import forms
from forum.web.meetings.forms.attendance import AddForm, FindForm, MemberForm
from forum.web.meetings.routes import blueprint

TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}
TICK = re.compile(r"([ma])([0-9]{1,9}) (in-person|online|apologies|absent|none)")
BLANK_LINES = 12  # of the sign-in sheet, for walk-ins


class Tick(NamedTuple):
    """What a press on the list says: `key` is the row's, `how` one of rules.MARKS or "none"."""

    key: str
    how: str

    @property
    def number(self) -> int:
        return int(self.key[1:])


def _kept(number: int) -> Meeting:
    """The meeting, for whoever keeps its list; for others there is no such page."""
    meeting = meetings.get(me(), number)
    only_if(rules.may_keep(me(), meeting))
    return meeting


@blueprint.route("/<int:number>/attendance", methods=["GET", "POST"])
def attendance(number: int) -> ResponseReturnValue:
    meeting = meetings.get(me(), number)
    if not rules.may_keep(me(), meeting):
        only_if(request.method == "GET" and rules.may_see_counts(me(), meeting, clock.now()))
        return _for_members(meeting)
    return _tick(meeting) if request.method == "POST" else _list(meeting)


def _for_members(meeting: Meeting) -> str:
    return render_template(
        "meetings/attendance_counts.html",
        meeting=meeting,
        counts=queries.counts(meeting),
        organisations=queries.organisations_present(meeting) if rules.shows_organisations(meeting) else [],
    )


def _list(meeting: Meeting) -> str:
    form = FindForm()
    text = form.chosen().get("q", "")
    return render_template(
        "meetings/attendance.html",
        meeting=meeting,
        form=form,
        text=text,
        page=queries.people(meeting, text=text, key=request.args.get("key")),
        others=queries.others(meeting, text),
        counts=queries.counts(meeting),
        marks=rules.marks(meeting.mode),
        is_ticking=rules.is_ticking(meeting, clock.now()),
        is_over=meeting.ends_at <= clock.now(),
    )


def _tick(meeting: Meeting) -> ResponseReturnValue:
    """One press: kept, and answered with the row as it is now to a script, with the whole list to a browser."""
    said = TICK.fullmatch(request.form.get("mark", ""))
    if said is None:
        raise Rejected("This page is out of date. Open the list again.")
    tick = Tick(said[1] + said[2], said[3])
    with transaction():
        _record(meeting, tick)
    if request.headers.get("X-Requested-With") == "fetch":
        return _row(meeting, tick)
    back: dict[str, Any] = {name: request.args[name] for name in ("q", "key") if request.args.get(name)}
    return redirect(url_for(".attendance", number=meeting.id, _anchor=tick.key, **back))


def _record(meeting: Meeting, tick: Tick) -> None:
    if tick.key.startswith("a"):
        commands.remove_visitor(me(), meeting, tick.number)
        return
    member = queries.member(tick.number)
    if tick.how == "none":
        commands.clear(me(), meeting, member)
    else:
        commands.mark(me(), meeting, member, next(mark for mark in rules.MARKS if mark.sent == tick.how))


def _row(meeting: Meeting, tick: Tick) -> str:
    return render_template(
        "meetings/_attendance_part.html",
        meeting=meeting,
        row=queries.row(meeting, tick.key),
        key=tick.key,
        counts=queries.counts(meeting),
        marks=rules.marks(meeting.mode),
        is_ticking=rules.is_ticking(meeting, clock.now()),
        is_over=meeting.ends_at <= clock.now(),
    )


@blueprint.post("/<int:number>/attendance/apologies")
def take_over_apologies(number: int) -> ResponseReturnValue:
    meeting = _kept(number)
    with transaction():
        count = commands.take_over_apologies(me(), meeting)
    say(f"{plural(count, 'person is', 'people are')} marked with apologies." if count else "Nobody was left to mark.")
    return redirect(url_for(".attendance", number=number))


# --- people who are not on the list -----------------------------------------------------------------------------------


@blueprint.route("/<int:number>/attendance/add", methods=["GET", "POST"])
def add_attendee(number: int) -> ResponseReturnValue:
    """A walk-in, an observer, or (`?for=12`) whoever came in somebody's place: a member found by name, or a visitor."""
    meeting = _kept(number)
    stands_in_for = _stood_in_for()
    row = queries.row(meeting, f"m{stands_in_for.id}") if stands_in_for else None
    form = AddForm(data=_offered(row) | {"form_key": forms.new_key()})
    form.offer(meeting.mode)
    try:
        if request.form.get("member"):
            return _add_member(meeting, stands_in_for)
        if form.submitted():
            with transaction():
                commands.add_visitor(me(), meeting, how=form.mark(), stands_in_for=stands_in_for, **form.details())
            return _added(meeting, form.name.data)
    except Rejected as refusal:
        form.reject(refusal)
        meeting = _kept(number)
    who = request.args.get("who", "").replace("\x00", "").strip()[:100]
    return render_template(
        "meetings/attendance_add.html",
        meeting=meeting,
        form=form,
        stands_in_for=stands_in_for,
        row=row,
        who=who,
        found=queries.found(meeting, who),
        ways=rules.present_marks(meeting.mode),
    )


def _stood_in_for() -> Member | None:
    number = request.args.get("for", type=int)
    return queries.member(number) if number is not None and 0 < number < 2**31 else None


def _offered(row: queries.TickRow | None) -> dict[str, str]:
    """What the reply says of who comes instead: "Beth Rush, deputy head" is Beth Rush, of the same organisation."""
    if row is None:
        return {}
    return {"name": (row.stand_in or "").partition(",")[0].strip()[:200], "organisation": row.organisation}


def _add_member(meeting: Meeting, stands_in_for: Member | None) -> ResponseReturnValue:
    form = MemberForm()
    how = next((mark for mark in rules.present_marks(meeting.mode) if mark.sent == request.form.get("how")), None)
    if not form.submitted() or how is None:
        raise Rejected("This page is out of date. Find the person again.")
    member = queries.member(form.member.data or 0)
    with transaction():
        if stands_in_for is not None:
            commands.stand_in(me(), meeting, member, stands_in_for, how)
        else:
            commands.mark(me(), meeting, member, how, is_observer=form.is_observer.data == "yes")
    return _added(meeting, member.name)


def _added(meeting: Meeting, name: str) -> ResponseReturnValue:
    say(f"{name} is on the list")
    return redirect(url_for(".attendance", number=meeting.id))


# --- on paper and as files --------------------------------------------------------------------------------------------


@blueprint.get("/<int:number>/attendance/sheet")
def sheet(number: int) -> ResponseReturnValue:
    """The sign-in sheet: who is expected in the room, then who comes online."""
    meeting = _kept(number)
    rows = [*queries.expected(meeting), *(row for row in queries.others(meeting) if row.mark)]
    return render_template(
        "meetings/sheet.html",
        meeting=meeting,
        in_person=[row for row in rows if not row.is_online],
        online=[row for row in rows if row.is_online],
        blank_lines=BLANK_LINES,
    )


@blueprint.get("/<int:number>/attendance/badges")
def badges(number: int) -> ResponseReturnValue:
    meeting = _kept(number)
    rows = [*queries.expected(meeting), *(row for row in queries.others(meeting) if row.mark)]
    return render_template(
        "meetings/badges.html", meeting=meeting, rows=[exports.badge(row) for row in rows if row.has_badge]
    )


@blueprint.get("/<int:number>/attendance/export.<any(csv, ods):kind>")
def export_attendance(number: int, kind: str) -> ResponseReturnValue:
    """The list as a file. Who took it is in the history."""
    meeting = _kept(number)
    rows, out = queries.everybody(meeting), BytesIO()
    if kind == "csv":
        exports.as_csv(rows, out)
    else:
        exports.as_ods(rows, meeting, queries.counts(meeting), site().name, clock.now(), out)
    with transaction():
        history.note(me(), "exported", meeting, what="attendance", kind=kind, rows=len(rows))
    headers = {"Content-Disposition": f'attachment; filename="{meeting.reference}-attendance.{kind}"'}
    return Response(out.getvalue(), content_type=TYPES[kind], headers=headers)


# --- the code for checking in -----------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/attendance/code", methods=["GET", "POST"])
def check_in_code(number: int) -> ResponseReturnValue:
    """The code, big enough to be read from the back of the room; posting makes one."""
    meeting = _kept(number)
    if request.method == "POST":
        with transaction():
            commands.make_code(me(), meeting)
        return redirect(url_for(".check_in_code", number=number))
    return render_template(
        "meetings/check_in_code.html",
        meeting=meeting,
        address=letters.link("/check-in"),
        opens_at=rules.check_in_opens(meeting),
    )
