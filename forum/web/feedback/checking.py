"""Reporting posts, and what whoever runs the Forum does about them."""

from __future__ import annotations

from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from forum.base import personal_data
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback import queries
from forum.feedback.commands import checking, restricting, revealing, settling
from forum.feedback.models import Feedback, Reply, Support
from forum.feedback.queries import attaching, supporting
from forum.feedback.queries import checking as checks
from forum.feedback.queries import restricting as groups
from forum.feedback.queries.checking import Post
from forum.feedback.rules import checking as rules
from forum.web.feedback.routes import blueprint
from forum.web.fields import CheckboxesField, Choice, Form, LongTextField, RadioField, SelectField, choices
from forum.web.furniture import me, only_if, say

RULES = [Choice(slug, reason.rule) for slug, reason in rules.REASONS.items()]
OTHER = "other words"


class FlagForm(Form):
    reason = RadioField("What is wrong with it?", called="Reason", required="Select what is wrong with it")  # fmt: skip
    words = LongTextField("What should we know?", max_length=rules.MOST_WORDS, rows=3)


class HideForm(Form):
    reason = RadioField("Which rule?", called="Rule", required="Select a rule", choices=RULES, small=True, hint="Everybody who reads the thread sees it.")  # fmt: skip
    remark = LongTextField("Anything the author should know?", max_length=rules.MOST_WORDS, rows=3)


class RedactForm(Form):
    finds = CheckboxesField("Words that may be personal data", small=True, mark_optional=False)
    words = LongTextField(
        "Words to take out", hint="Copy them from the post as they stand there, one piece on a line.", rows=3
    )
    rule = RadioField("For which rule?", called="Rule", required="Select a rule", choices=RULES, small=True)
    note = LongTextField("Anything the author should know?", max_length=rules.MOST_WORDS, rows=3)

    def cuts(self, found: list[personal_data.Find]) -> list[settling.Cut]:
        """What to take out: the finds that were ticked, by their number, and what was typed."""
        ticked = [settling.Cut(found[number].kind, found[number].words) for number in self.finds.data or []]
        typed = [settling.Cut(OTHER, line.strip()) for line in self.words.data.splitlines() if line.strip()]
        return ticked + typed


class RevealForm(Form):
    reason = LongTextField(
        "Why do you need to know?",
        called="Reason",
        required="Enter why you need to know",
        hint=f"At least {rules.SHORTEST_REASON} characters. The author reads this.",
        max_length=rules.MOST_WORDS,
        rows=4,
    )


class GroupForm(Form):
    group_id = SelectField("Who may read it?", blank="Everybody in the Forum")


# --- reporting -------------------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/flag", methods=["GET", "POST"])
def flag(number: int) -> ResponseReturnValue:
    return _flag(queries.get(me(), number))


@blueprint.route("/<int:number>/replies/<int:reply_number>/flag", methods=["GET", "POST"])
def flag_reply(number: int, reply_number: int) -> ResponseReturnValue:
    return _flag(queries.get_reply(me(), number, reply_number))


@blueprint.route("/<int:number>/support/<int:support_number>/flag", methods=["GET", "POST"])
def flag_evidence(number: int, support_number: int) -> ResponseReturnValue:
    return _flag(supporting.get(me(), number, support_number))


def _flag(post: Post) -> ResponseReturnValue:
    only_if(rules.may_flag(me(), post))
    is_own = post.author_id == me().id
    form = FlagForm() if request.method == "POST" or not is_own else FlagForm(data={"reason": rules.MISQUOTED})
    form.reason.choices = [Choice(slug, reason.words) for slug, reason in rules.reasons(me(), post).items()]
    if form.submitted():
        try:
            with transaction():
                checking.flag(me(), post, form.reason.data, form.words.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("You reported the post. We will write to you when we have looked at it")
            return redirect(place(post))
    is_open, own = checks.has_open_flag(me(), post), request.path.removesuffix("/flag")
    return render_template("feedback/flag.html", form=form, place=place(post), is_open=is_open, is_own=is_own, own=own)


# --- looking ---------------------------------------------------------------------------------------------------------


@blueprint.get("/checks")
def list_checks() -> ResponseReturnValue:
    only_if(rules.may_check(me()))
    page = checks.waiting(request.args.get("key"))
    return render_template(
        "feedback/checks.html", page=page, kinds=rules.KINDS, marked=marked, scanning=attaching.waiting_for_scan()
    )


@blueprint.route("/<int:number>/check", methods=["GET", "POST"])
def check(number: int) -> ResponseReturnValue:
    only_if(rules.may_check(me()))
    return _check(queries.get(me(), number))


@blueprint.route("/<int:number>/replies/<int:reply_number>/check", methods=["GET", "POST"])
def check_reply(number: int, reply_number: int) -> ResponseReturnValue:
    only_if(rules.may_check(me()))
    return _check(queries.get_reply(me(), number, reply_number))


@blueprint.route("/<int:number>/support/<int:support_number>/check", methods=["GET", "POST"])
def check_evidence(number: int, support_number: int) -> ResponseReturnValue:
    only_if(rules.may_check(me()))
    return _check(supporting.get(me(), number, support_number))


def _check(post: Post) -> ResponseReturnValue:
    """The post, why it is here, and what can be done: each form of the page says which of these it does."""
    words = _kept_words(post)
    found = personal_data.find(words)
    doing = request.form.get("do", "")
    hiding, redacting = _of(HideForm, doing == "hide"), _of(RedactForm, doing == "redact")
    if found:
        redacting.words.label.text = "Other words to take out"
    redacting.finds.choices = [Choice(number, one.words, f"{one.kind}: {one.why}") for number, one in enumerate(found)]
    form = {"hide": hiding, "redact": redacting}.get(doing)
    if request.method == "POST" and (form is None or form.submitted()):
        try:
            with transaction():
                done = _settle(post, doing, form, found)
        except Rejected as refusal:
            if form is None:
                raise
            form.reject(refusal)
            post = _again(post)
        else:
            say(done)
            return redirect(url_for(".list_checks"))
    return render_template(
        "feedback/check.html", post=post, place=place(post), words=marked(words), flags=checks.open_flags(post),
        kinds=rules.KINDS, hiding=hiding, redacting=redacting, form=form, removed=checks.redactions(post),
        may_reveal=rules.may_reveal(me(), post), is_thread=isinstance(post, Feedback), here=request.path,
        is_evidence=isinstance(post, Support),
        files=[] if isinstance(post, Support) else attaching.of_post_for(me(), post),
    )  # fmt: skip


def _of(kind: type[Any], was_sent: bool) -> Any:
    return kind() if was_sent else kind(formdata=None)


def _again(post: Any) -> Any:
    """The post as it is now, after a transaction that was given up."""
    if isinstance(post, Feedback):
        return queries.get(me(), post.id)
    if isinstance(post, Support):
        return supporting.get(me(), post.feedback_id, post.id)
    return queries.get_reply(me(), post.feedback_id, post.id)


def _kept_words(post: Post) -> str:
    """The words of a post; of a hidden one those that are kept."""
    return settling.source(post) if post.hidden_at is None else settling.hidden_source(post)


def _settle(post: Post, doing: str, form: Any, found: list[personal_data.Find]) -> str:
    """Do what was asked, and say what was done."""
    if doing == "keep":
        settling.keep(me(), post)
        return "The post stays as it is"
    if doing == "release" and not isinstance(post, Support):
        settling.release(me(), post)
        return "The post is shown to everybody who may read the thread"
    if doing == "show-again":
        settling.show_again(me(), post)
        return "The post is shown again"
    if doing == "hide":
        settling.hide(me(), post, form.reason.data, form.remark.data)
        return "The post is hidden, and its author is told"
    if doing == "redact":
        places = settling.redact(me(), post, form.cuts(found), form.rule.data, form.note.data)
        return f"The words are taken out in {places} {'place' if places == 1 else 'places'}, and the author is told"
    raise Rejected("Select what to do with the post.")


def marked(words: str) -> Markup:
    """The words with what may be personal data marked."""
    parts, end = [], 0
    for one in personal_data.find(words):
        why = Markup('<span class="govuk-visually-hidden"> ({})</span>').format(one.kind)
        parts += [escape(words[end : one.start]), Markup("<mark>{}{}</mark>").format(one.words, why)]
        end = one.end
    return Markup("").join([*parts, escape(words[end:])])


# --- who wrote it ----------------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/author", methods=["GET", "POST"])
def reveal(number: int) -> ResponseReturnValue:
    return _reveal(queries.get(me(), number))


@blueprint.route("/<int:number>/replies/<int:reply_number>/author", methods=["GET", "POST"])
def reveal_reply(number: int, reply_number: int) -> ResponseReturnValue:
    return _reveal(queries.get_reply(me(), number, reply_number))


def _reveal(post: Feedback | Reply) -> ResponseReturnValue:
    """Asks why, then shows the name once: on the answer to the form, which nothing keeps."""
    only_if(rules.may_reveal(me(), post))
    form, shown = RevealForm(), None
    if form.submitted():
        try:
            with transaction():
                shown = revealing.reveal(me(), post, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
            post = _again(post)
    page = make_response(render_template("feedback/reveal.html", form=form, shown=shown, place=place(post)))
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.get("/reveals")
def list_reveals() -> ResponseReturnValue:
    only_if(rules.may_check(me()))
    return render_template("feedback/reveals.html", page=checks.reveals(request.args.get("key")))


# --- who may read it -------------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/group", methods=["GET", "POST"])
def restrict(number: int) -> ResponseReturnValue:
    feedback = queries.get(me(), number)
    only_if(rules.may_restrict(me(), feedback))
    form = GroupForm() if request.method == "POST" else GroupForm(data={"group_id": feedback.group_id})
    form.group_id.choices = choices(groups.groups_for(me()))
    if form.submitted():
        try:
            with transaction():
                restricting.restrict(me(), feedback, form.group_id.data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say("Who may read the thread is saved")
            return redirect(place(feedback))
    return render_template("feedback/group.html", form=form, feedback=feedback)


def place(post: Post) -> str:
    """The address of a post."""
    if isinstance(post, Feedback):
        return url_for("feedback.show", number=post.id)
    if isinstance(post, Support):
        return url_for("feedback.support", number=post.feedback_id, _anchor=f"evidence-{post.id}")
    return url_for("feedback.show", number=post.feedback_id, at=post.id, _anchor=f"post-{post.id}")
