"""Groups of members, such as working groups: for whoever keeps the membership."""

from __future__ import annotations

import secrets
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.members import rules
from forum.members.commands import groups as commands
from forum.members.models import Group
from forum.members.queries import groups as queries
from forum.web import fields
from forum.web.fields import choices
from forum.web.furniture import me, only_if, say
from forum.web.members.routes import blueprint


class NewGroupForm(fields.Form):
    title = fields.TextField("Name of the group", required="Enter what the group is called")
    form_key = fields.HiddenField(max_length=64)


class GroupForm(fields.Form):
    title = fields.TextField("Name of the group", required="Enter what the group is called")
    members = fields.CheckboxesField("Members", small=True, mark_optional=False)
    found = fields.CheckboxesField("People found", small=True, mark_optional=False)
    version = fields.HiddenField(whole_number=True)

    def details(self) -> dict[str, Any]:
        chosen = {*(self.members.data or []), *(self.found.data or [])}
        return {"title": self.title.data, "member_ids": chosen}


@blueprint.get("/groups")
def groups() -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    return render_template("members/groups.html", groups=queries.groups())


@blueprint.route("/groups/new", methods=["GET", "POST"])
def add_group() -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    form = NewGroupForm(data={"form_key": secrets.token_urlsafe(24)})
    if form.submitted():
        try:
            with transaction():
                group = commands.add_group(me(), form.title.data, form_key=form.form_key.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{group.title} is a group. Add its members.")
            return redirect(url_for(".group", number=group.id))
    return render_template("members/group_new.html", form=form)


@blueprint.route("/groups/<int:number>", methods=["GET", "POST"])
def group(number: int) -> ResponseReturnValue:
    """A group and its members. People are found by name with ?find=, and added by their boxes."""
    only_if(rules.may_keep_members(me()))
    shown, find = queries.get(number), request.args.get("find", "")[:200]
    form = _offered(shown, find)
    if form.submitted():
        try:
            with transaction():
                commands.change_group(me(), shown, version=form.version.data or 0, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            shown = queries.get(number)
            form.version.typed = str(shown.version)
        else:
            say(f"{shown.title} is saved")
            return redirect(url_for(".group", number=number))
    return render_template("members/group.html", form=form, group=shown, find=find)


def _offered(group: Group, find: str) -> GroupForm:
    inside = queries.people_of(group)
    ids = {person.id for person in inside}
    form = GroupForm(data={"title": group.title, "version": group.version, "members": list(ids)})
    form.members.choices = choices((person.id, person.words) for person in inside)
    form.found.choices = choices((person.id, person.words) for person in queries.found(find) if person.id not in ids)
    return form
