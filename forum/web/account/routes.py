"""Signing in and out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.members.commands import signing_in
from forum.web import signed_in
from forum.web.account.forms import SignInForm
from forum.web.furniture import back_to, public, visitor

blueprint = Blueprint("account", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if request.method == "GET" and visitor():
        return redirect(back_to(url_for("home.show")))
    if form.submitted():
        try:
            with transaction():
                found = signing_in.sign_in(
                    form.email.data, form.password.data, request.remote_addr or "", request.user_agent.string
                )
        except Rejected as refusal:
            form.reject(refusal)
        else:
            if found:
                signed_in.let_in(*found)
                return redirect(back_to(url_for("home.show")))
            form.reject(Rejected("The email address or the password is not right. Check both and try again."))
    return render_template("account/sign_in.html", form=form)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    token = signed_in.current_token()
    if token:
        with transaction():
            signing_in.sign_out(token)
    signed_in.let_out()
    return redirect(url_for(".sign_in"))
