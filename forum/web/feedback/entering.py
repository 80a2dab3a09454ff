"""Entering what somebody said on the phone, at an event, on paper or in an email, for them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.errors import Rejected
from forum.feedback import queries, rules
from forum.feedback.commands import entering as commands
from forum.feedback.models import Attribution, Feedback
from forum.feedback.queries import asking
from forum.feedback.queries import entering as people
from forum.feedback.queries.entering import Somebody
from forum.feedback.rules import entering as entries
from forum.feedback.rules.beginning import check_area
from forum.members.queries import organisation_choices
from forum.reference.models import Marking
from forum.web.feedback.forms import CROSS_CUTTING, EditForm
from forum.web.feedback.routes import (
    asked_about,
    blueprint,
    chosen_themes,
    confirmations,
    has_seen_area,
    numbers,
    offer,
    once,
    preview_of,
)
from forum.web.fields import (
    Choice,
    DateField,
    Form,
    HiddenField,
    LongTextField,
    RadioField,
    SelectField,
    TextField,
    choices,
)
from forum.web.furniture import me, only_if, say

MEMBER, OTHER = "member", "other"
ATTRIBUTIONS = [
    Choice(Attribution.NAMED, "Their name and organisation"),
    Choice(Attribution.ORGANISATION, "Their organisation only"),
    Choice(Attribution.UNATTRIBUTED, "No name", f"Others see: {rules.NOBODY}, or {rules.OUTSIDER.lower()}"),
]
SOURCES = [
    Choice(source, words, reveals="occasion" if source == "event" else "")
    for source, (words, _) in entries.SOURCES.items()
]


class SaidForm(Form):
    """Whose words they are, how they reached us and how they may be attributed."""

    form_key = HiddenField(max_length=64)
    source = RadioField("How did it reach us?", called="How it reached us", required="Select how it reached us", choices=SOURCES)  # fmt: skip
    occasion = TextField("Which event?", hint="Everybody sees it, unless the post carries no name.")
    said_on = DateField("When was it said?", called="The date on which it was said", required="Enter the date on which it was said", hint="For example, 15 11 2016")  # fmt: skip
    who = RadioField(
        "Who said it?", called="Who said it", required="Select who said it",
        choices=[Choice(MEMBER, "A member", reveals="member"), Choice(OTHER, "Somebody who is not a member", reveals="contributor organisation_id")],
    )  # fmt: skip
    member = TextField("Name or email address of the member", mark_optional=False)
    member_id = RadioField("Which of them?", called="The member", mark_optional=False, small=True)
    contributor = TextField("Their name", hint="Kept only if it is to be shown with what they said.")
    organisation_id = SelectField("Their organisation", blank="None, or not in the list")
    attribution = RadioField(
        "What name did they say it should show?", called="Attribution", choices=ATTRIBUTIONS,
        required="Select what name it should show", hint="Ask them, and say what others will see. If you could not, leave “No name”.",
    )  # fmt: skip

    found: Sequence[Somebody] = ()  # whom the typed name may mean
    author_id: int | None = None  # the member that is meant; None: somebody who is none

    def offer_people(self, found: Sequence[Somebody]) -> None:
        self.found = found
        self.organisation_id.choices = choices(organisation_choices())
        self.member_id.choices = [Choice(one.id, one.name, one.organisation) for one in found]

    def submitted(self) -> bool:
        """Who is meant is part of what must be right."""
        is_right = super().submitted()
        if request.method != "POST" or self.who.data != MEMBER:
            return is_right
        try:
            self.author_id = self._author(self.found)
        except Rejected as refusal:
            self.reject(refusal)
            return False
        return is_right

    def _author(self, found: Sequence[Somebody]) -> int:
        """The member that is meant. Raises Rejected when it is not clear."""
        if self.member_id.data:
            return int(self.member_id.data)
        if not self.member.data:
            raise Rejected("Enter the name or email address of the member.", field="member")
        if not found:
            raise Rejected(
                "No member is called that. Enter part of their name or email address, or select “Somebody who is not a "
                "member”.",
                field="member",
            )
        if len(found) > 1 or not found[0].is_called(" ".join(self.member.data.split())):
            raise Rejected("Select which member you mean.", field="member_id")
        return found[0].id

    def said(self) -> dict[str, Any]:
        is_other = self.who.data == OTHER
        return {
            "author_id": self.author_id,
            "contributor": self.contributor.data if is_other else "",
            "organisation_id": self.organisation_id.data if is_other else None,
            "source": self.source.data,
            "said_on": self.said_on.data,
            "attribution": self.attribution.data,
            "form_key": self.form_key.data or None,
        }


class EnterForm(SaidForm, EditForm):
    """A thread, and who said it; in the order of the page."""

    seen_area = HiddenField(max_length=12)

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        for name in [name for name in self._fields if name not in SAID]:
            self._fields[name] = self._fields.pop(name)

    def details(self) -> dict[str, Any]:
        details = super().details()
        del details["version"]
        return details | {"force_id": self.force_id.data, "occasion": self.occasion.data}


# In the order of the page, which the summary of errors follows.
SAID = (
    "form_key", "source", "occasion", "said_on", "who", "member", "member_id", "contributor", "organisation_id", "attribution",
)  # fmt: skip


class EnterReplyForm(SaidForm):
    body = LongTextField("What did they say?", called="What they said", required="Enter what they said", rows=8)


def _begun() -> dict[str, Any]:
    """What every such form begins with; "Save and enter another" hands the event, the date and the themes on."""
    given = request.args
    number = given.get("member", type=int)
    return {
        "form_key": secrets.token_urlsafe(16),
        "source": given.get("source"),
        "occasion": given.get("occasion", "")[: entries.LONGEST_OCCASION],
        "said_on": _day(given.get("said_on", "")) or clock.today(),
        "who": MEMBER if number else None,
        "member": people.somebody(number).words if number else "",
        "attribution": Attribution.UNATTRIBUTED,
    }


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _found(form: SaidForm) -> list[Somebody]:
    """Whom the typed name may mean."""
    who = request.form.get("who") if request.method == "POST" else form.who.data
    return people.called(form.member.data or "") if who == MEMBER else []


@blueprint.route("/enter", methods=["GET", "POST"])
def enter() -> ResponseReturnValue:
    only_if(entries.may_enter(me()))
    theme_ids = chosen_themes() if request.method == "POST" else numbers(request.args.getlist("theme"))
    asked = asking.of_themes(theme_ids)
    kind = EnterForm.asking(asked.questions)
    form = kind() if request.method == "POST" else kind(data=_begun() | _filed(theme_ids))
    offer(form)
    form.attribution.choices = ATTRIBUTIONS
    form.force_id.choices = [Choice(commands.ITS_OWN_AREA, "The area of their organisation"), *form.force_id.choices]
    form.offer_people(_found(form))
    worries: Rejected | None = None
    if not {"preview", "ask"} & request.form.keys() and form.submitted():
        try:
            feedback = _enter(form)
        except Rejected as refusal:
            form.reject(refusal)
            worries = refusal
        else:
            say(_said_of(feedback))
            return redirect(_another(form) if "another" in request.form else url_for(".show", number=feedback.id))
    preview = preview_of(form, lambda how: _shown(form, how))
    page = {
        "form": form,
        "asked": asked,
        "preview": preview,
        **asked_about(worries),
    }
    return render_template("feedback/enter.html", **page)


def _filed(theme_ids: list[int]) -> dict[str, Any]:
    return {
        "force_id": commands.ITS_OWN_AREA,
        "theme_ids": theme_ids,
        "priority_id": CROSS_CUTTING,
        "marking": Marking.OFFICIAL,
    }


def _enter(form: EnterForm) -> Feedback:
    if form.author_id is not None and form.force_id.data:
        own = people.area_of(form.author_id)
        check_area(form.attribution.data, form.force_id.data, own, has_seen_area(form))
    return once(lambda: commands.enter(me(), **(form.details() | form.said() | confirmations())))


def _said_of(feedback: Feedback) -> str:
    """What was done; members without an address have to be told by other means."""
    if feedback.author_id is None:
        return f"{feedback.reference} is entered"
    has_address = bool(people.somebody(feedback.author_id).email)
    return f"{feedback.reference} is entered, and {'they are told by email' if has_address else 'they have no email address: tell them yourself'}"


def _another(form: EnterForm) -> str:
    """The next form of a pile: the same event, date and themes, and nobody's name."""
    kept = {"source": form.source.data, "said_on": form.said_on.data.isoformat(), "theme": form.theme_ids.data or []}
    if form.source.data == "event":
        kept["occasion"] = form.occasion.data
    return url_for(".enter", **kept)


def _shown(form: EnterForm, how: Attribution) -> str:
    """Who it would be by."""
    if form.who.data == OTHER:
        homes = {choice.value: choice.label for choice in form.organisation_id.choices}
        home = homes.get(form.organisation_id.data, "")
        return rules.attributed(how, form.contributor.data, home, is_member=False)
    return rules.attributed_to(how, people.member(form.author_id or 0))


@blueprint.route("/<int:number>/enter", methods=["GET", "POST"])
def enter_reply(number: int) -> ResponseReturnValue:
    only_if(entries.may_enter(me()))
    feedback = queries.get(me(), number)
    only_if(rules.may_reply(me(), feedback))
    form = EnterReplyForm() if request.method == "POST" else EnterReplyForm(data=_begun())
    form.offer_people(_found(form))
    worries: Rejected | None = None
    if form.submitted():
        try:
            given = form.said() | confirmations()
            said = once(lambda: commands.enter_reply(me(), feedback, form.body.data, **given))
        except Rejected as refusal:
            form.reject(refusal)
            worries = refusal
        else:
            return redirect(url_for(".show", number=number, at=said.id, _anchor=f"post-{said.id}"))
    return render_template(
        "feedback/enter_reply.html",
        form=form,
        feedback=queries.get(me(), number),
        **asked_about(worries),
    )
