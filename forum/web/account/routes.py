"""Signing in and out, choosing a password, and one's own account."""

from __future__ import annotations

from time import monotonic, sleep

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.members import queries
from forum.members.commands import joining, keeping, signing_in
from forum.members.queries import PersonToTry
from forum.reference.models import Theme
from forum.reference.queries import choices as listed
from forum.web import signed_in
from forum.web.account.forms import (
    WRONG,
    AccountForm,
    ChangePasswordForm,
    ForgottenForm,
    NewPasswordForm,
    SignInForm,
    known_of,
)
from forum.web.fields import choices
from forum.web.furniture import back_to, me, public, say, site, slow, visitor

blueprint = Blueprint("account", __name__)

ANSWER_TAKES = 0.3  # seconds: the answer to a forgotten password takes as long for known as for unknown addresses
# In this order: most browsers also name those they wish to be taken for.
PROGRAMS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
@slow
def sign_in() -> ResponseReturnValue:
    if request.method == "GET" and visitor():
        return redirect(back_to(url_for("home.show")))
    form = SignInForm(data={"email": request.args.get("email", "")})
    if form.submitted():
        email, origin = form.email.data, request.remote_addr or ""
        try:
            member = signing_in.identify(email, form.password.data, origin)
            with transaction():
                token = signing_in.sign_in(member, email, origin, request.user_agent.string)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            if member and token:
                signed_in.let_in(member, token)
                return redirect(back_to(url_for("home.show")))
            form.reject(WRONG)
    return render_template("account/sign_in.html", form=form, people=_people_to_try())


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    token = signed_in.current_token()
    if token:
        with transaction():
            signing_in.sign_out(token)
    signed_in.let_out()
    return redirect(url_for(".sign_in"))


@blueprint.route("/password", methods=["GET", "POST"])
@public
def forgotten_password() -> ResponseReturnValue:
    form = ForgottenForm()
    if form.submitted():
        began = monotonic()
        with transaction():
            joining.ask_for_password(form.email.data)
        sleep(max(0.0, ANSWER_TAKES - (monotonic() - began)))
        return render_template("account/asked.html", email=form.email.data)
    return render_template("account/forgotten.html", form=form)


@blueprint.route("/password/<token>", methods=["GET", "POST"])
@public
def choose_password(token: str) -> ResponseReturnValue:
    return _choose(token, is_joining=False)


@blueprint.route("/join/<token>", methods=["GET", "POST"])
@public
def join(token: str) -> ResponseReturnValue:
    return _choose(token, is_joining=True)


def _choose(token: str, is_joining: bool) -> ResponseReturnValue:
    """A link from a letter: looking changes nothing, as mail scanners look; sending the form sets the password."""
    member = queries.by_link(token)
    if member is None:
        return render_template("account/link_ended.html"), 404
    form = NewPasswordForm()
    if form.submitted():
        try:
            with transaction():
                joining.choose_password(token, form.password.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("Your password is set. Sign in with it.")
            return redirect(url_for(".sign_in", email=member.email))
    return render_template("account/choose_password.html", form=form, member=member, is_joining=is_joining)


@blueprint.route("/account", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    member = queries.get(me(), me().id)
    form = AccountForm(data=known_of(member))
    form.themes.choices = choices(listed(Theme))
    if form.submitted():
        try:
            with transaction():
                keeping.change_member(member, member, form.version.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            member = queries.get(me(), me().id)
            form.version.typed = str(member.version)
            return render_template("account/show.html", form=form, member=member, saved=member)
        say("Your details are saved")
        return redirect(url_for(".show"))
    return render_template("account/show.html", form=form, member=member, saved=None)


@blueprint.route("/account/password", methods=["GET", "POST"])
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if form.submitted():
        try:
            with transaction():
                joining.change_password(
                    me(), form.current_password.data, form.password.data, signed_in.current_token() or ""
                )
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("Your password is changed. Other browsers have been signed out.")
            return redirect(url_for(".show"))
    return render_template("account/change_password.html", form=form)


@blueprint.get("/account/browsers")
def browsers() -> ResponseReturnValue:
    sessions = queries.sessions(me(), signed_in.current_token() or "")
    return render_template("account/browsers.html", sessions=sessions, browser=browser)


@blueprint.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    with transaction():
        signing_in.sign_out_everywhere(me())
    signed_in.let_out()
    say("You are signed out everywhere")
    return redirect(url_for(".sign_in"))


def browser(agent: str) -> str:
    """What people call the browser that names itself so: Firefox on Windows."""
    program = next((name for mark, name in PROGRAMS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{program} on {system}" if system else program


def _people_to_try() -> list[PersonToTry]:
    """Whom a visitor of the demonstration may sign in as: asked of the database once a minute and process."""
    if not site().is_demonstration:
        return []
    asked, people = current_app.extensions.get("forum.people_to_try", (0.0, []))
    if monotonic() - asked > 60 or current_app.testing:
        people = queries.people_to_try()
        current_app.extensions["forum.people_to_try"] = (monotonic(), people)
    return list(people)
