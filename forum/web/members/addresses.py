"""The addresses of one member: others they write from, and letters that come back."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.members import queries, rules
from forum.members.commands import addresses, aliases
from forum.members.models import Member
from forum.web import fields
from forum.web.furniture import me, only_if, say
from forum.web.members.routes import blueprint


class AliasForm(fields.Form):
    address = fields.EmailField(
        "Another address they write from",
        hint="Answers from their calendar then count from there too. Letters go to their email address alone",
        required="Enter an email address",
        called="The address",
        autocomplete="off",
    )


def _kept(number: int) -> Member:
    only_if(rules.may_keep_members(me()))
    return queries.get(me(), number)


@blueprint.route("/<int:number>/addresses", methods=["GET", "POST"])
def add_address(number: int) -> ResponseReturnValue:
    member, form = _kept(number), AliasForm()
    if form.submitted():
        try:
            with transaction():
                aliases.add(me(), member, form.address.data)
        except Rejected as refusal:
            form.reject(refusal)
            member = _kept(number)
        else:
            say(f"Mail from {form.address.data} counts as from {member.name}")
            return redirect(url_for(".show", number=number))
    return render_template("members/address.html", member=member, form=form)


@blueprint.post("/<int:number>/addresses/<int:alias>/remove")
def remove_address(number: int, alias: int) -> ResponseReturnValue:
    member = _kept(number)
    with transaction():
        aliases.remove(me(), member, alias)
    say("The address is removed")
    return redirect(url_for(".show", number=number))


@blueprint.post("/<int:number>/addresses/send-again")
def send_there_again(number: int) -> ResponseReturnValue:
    member = _kept(number)
    try:
        with transaction():
            addresses.lift(me(), member)
    except Rejected as refusal:
        say(refusal.message, "important")
    else:
        say(f"Letters to {member.name} go out again. Send those again that failed.")
    return redirect(url_for(".show", number=number))
