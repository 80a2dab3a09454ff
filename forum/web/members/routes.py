"""The directory, one member, and keeping the membership."""

from __future__ import annotations

from io import BytesIO
from typing import TypeVar

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, history, letters
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback.rules import entering
from forum.meetings.commands import inviting
from forum.members import exports, queries, rules
from forum.members.commands import joining, keeping
from forum.members.queries import aliases
from forum.reference.models import PoliceForce, Region, Sector, Theme
from forum.reference.queries import choices as listed
from forum.reference.queries import choices_of
from forum.web.fields import choices
from forum.web.furniture import me, only_if, plural, say, site
from forum.web.members.forms import DirectoryFilter, LeaveForm, MemberForm, NewMemberForm, known_of

blueprint = Blueprint("members", __name__, url_prefix="/members")

Offered = TypeVar("Offered", bound=MemberForm)
TYPES = {"csv": "text/csv; charset=utf-8", "ods": "application/vnd.oasis.opendocument.spreadsheet"}


@blueprint.get("")
def list_members() -> ResponseReturnValue:
    form = _filter()
    chosen = form.chosen()
    page = queries.directory(me(), key=request.args.get("key"), **chosen)
    return render_template(
        "members/list.html",
        form=form,
        page=page,
        count=queries.count(me(), **chosen),
        keeps=rules.may_keep_members(me()),
    )


@blueprint.get("/export.<any(csv, ods):kind>")
def export(kind: str) -> ResponseReturnValue:
    """The filtered list as a file. Who took it is in the history."""
    only_if(rules.may_see_addresses(me()))
    form = _filter()
    chosen, narrowed = form.chosen(), "; ".join(words for words, _ in form.chips()) or "Everybody"
    out, rows = BytesIO(), list(queries.everybody(me(), **chosen))
    if kind == "csv":
        exports.as_csv(rows, out)
    else:
        exports.as_ods(rows, out, "Members of the Forum", site().name, clock.now(), narrowed)
    with transaction():
        history.note(me(), "exported", me(), kind=kind, rows=len(rows), narrowed=narrowed)
    return _download(out.getvalue(), f"members.{kind}", TYPES[kind])


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    member = queries.get(me(), number)
    keeps = rules.may_keep_members(me())
    letter = queries.joining_letter(member) if keeps and rules.may_be_sent_joining_letter(member) else None
    return render_template(
        "members/show.html",
        member=member,
        keeps=keeps,
        letter=letter,
        aliases=aliases.of(member) if keeps else [],
        suppression=letters.suppression(member.email) if keeps else None,
        may_enter=entering.may_enter_for(me(), member),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    form = _offer(NewMemberForm(data={"organisation": request.args.get("organisation", type=int)}))
    if form.submitted():
        try:
            with transaction():
                member = keeping.add_member(me(), **form.details())
                if form.letter.data and rules.may_be_sent_joining_letter(member):
                    joining.invite(me(), [member])
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{member.name} is a member")
            return redirect(url_for(".show", number=member.id))
    return render_template("members/new.html", form=form)


@blueprint.route("/<int:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    member = queries.get(me(), number)
    form = _offer(MemberForm(data=known_of(member)))
    conflict = False
    if form.submitted():
        try:
            with transaction():
                keeping.change_member(me(), member, form.version.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            member = queries.get(me(), number)
            conflict = member.version != form.version.data
            form.version.typed = str(member.version)  # what was saved is now in sight: saving again goes ahead
        else:
            say(f"The details of {member.name} are saved")
            return redirect(url_for(".show", number=number))
    return render_template("members/edit.html", form=form, member=member, conflict=conflict)


@blueprint.route("/<int:number>/leave", methods=["GET", "POST"])
def leave(number: int) -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    member = queries.get(me(), number)
    form = LeaveForm(data={"left_on": clock.today()})
    if form.submitted():
        try:
            with transaction():
                inviting.withdraw_all(me(), member, "You have left the Forum.")
                keeping.leave(me(), member, form.left_on.data, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{member.name} has left the Forum")
            return redirect(url_for(".show", number=number))
    return render_template("members/leave.html", form=form, member=member)


@blueprint.post("/<int:number>/return")
def take_back(number: int) -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    member = queries.get(me(), number)
    with transaction():
        keeping.take_back(me(), member)
    say(f"{member.name} is a member again")
    return redirect(url_for(".show", number=number))


@blueprint.post("/<int:number>/joining-letter")
def send_joining_letter(number: int) -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    member = queries.get(me(), number)
    with transaction():
        joining.invite(me(), [member])
    say(f"A joining letter to {member.name} is on its way. Links sent before no longer work.")
    return redirect(url_for(".show", number=number))


@blueprint.post("/joining-letters")
def send_joining_letters() -> ResponseReturnValue:
    """A joining letter to everybody who has not joined and whose last link has expired, or who never had one."""
    only_if(rules.may_keep_members(me()))
    with transaction():
        waiting = queries.without_joining_link()
        joining.invite(me(), waiting)
    say(
        f"{plural(len(waiting), 'joining letter')} on the way"
        if waiting
        else "Everybody has a joining letter that works"
    )
    return redirect(url_for(".list_members"))


def _filter() -> DirectoryFilter:
    form = DirectoryFilter()
    lists = choices_of(Sector, PoliceForce, Region, Theme)
    for field, found in zip((form.sector, form.force, form.region, form.theme), lists, strict=True):
        field.choices = choices(found)
    if not rules.may_keep_members(me()):
        del form.standing
    return form


def _offer(form: Offered) -> Offered:
    """The form with its lists; only an administrator is asked for a role."""
    form.organisation.choices = choices(queries.organisation_choices())
    form.themes.choices = choices(listed(Theme))
    if not me().is_admin:
        del form.role
    return form


def _download(data: bytes, name: str, kind: str) -> Response:
    return Response(data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
