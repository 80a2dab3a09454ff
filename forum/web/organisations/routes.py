"""The organisations whose people sit in the Forum."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.members import queries, rules
from forum.members.commands import keeping
from forum.reference.models import PoliceForce, Region, Sector
from forum.reference.queries import choices_of
from forum.web.fields import choices
from forum.web.furniture import me, only_if, say
from forum.web.organisations.forms import OrganisationFilter, OrganisationForm, known_of

blueprint = Blueprint("organisations", __name__, url_prefix="/organisations")


@blueprint.get("")
def list_organisations() -> ResponseReturnValue:
    form = OrganisationFilter()
    _offer(form)
    page = queries.organisations(me(), key=request.args.get("key"), **form.chosen())
    return render_template("organisations/list.html", form=form, page=page, keeps=rules.may_keep_members(me()))


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    return render_template(
        "organisations/show.html",
        organisation=queries.organisation(number),
        members=queries.members_of(me(), number),
        keeps=rules.may_keep_members(me()),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    form = OrganisationForm()
    _offer(form)
    if form.submitted():
        try:
            with transaction():
                organisation = keeping.add_organisation(me(), **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{organisation.name} is added")
            return redirect(url_for(".show", number=organisation.id))
    return render_template("organisations/edit.html", form=form, organisation=None)


@blueprint.route("/<int:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    only_if(rules.may_keep_members(me()))
    organisation = queries.organisation(number)
    form = OrganisationForm(data=known_of(organisation))
    _offer(form)
    if form.submitted():
        try:
            with transaction():
                keeping.change_organisation(me(), organisation, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"The details of {organisation.name} are saved")
            return redirect(url_for(".show", number=number))
    return render_template("organisations/edit.html", form=form, organisation=organisation)


def _offer(form: OrganisationFilter | OrganisationForm) -> None:
    lists = choices_of(Sector, PoliceForce, Region)
    for field, found in zip((form.sector, form.force, form.region), lists, strict=True):
        field.choices = choices(found)
