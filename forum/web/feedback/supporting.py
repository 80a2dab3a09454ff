"""Same here: one small form, the way back, and the page that tells how widely a thread is said."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.feedback import queries
from forum.feedback.commands import supporting as commands
from forum.feedback.models import Support
from forum.feedback.queries import supporting
from forum.feedback.rules import supporting as rules
from forum.members.models import Member
from forum.reference.models import PoliceForce
from forum.reference.queries import choices_of
from forum.web.feedback.routes import asked_about, blueprint, confirmations
from forum.web.fields import Choice, Form, LongTextField, RadioField, SelectField, choices
from forum.web.furniture import me, only_if, say

NOT_SAID = ""
SHOWN = (
    "Everybody who reads the thread sees it, as from: {by}. Do not name children, victims or suspects, and do not give "
    "addresses, live operations or intelligence."
)
OFTEN = [*(Choice(kind, words) for kind, words in rules.HOW_OFTEN.items()), Choice(NOT_SAID, "I cannot say")]


class SupportForm(Form):
    force_id = SelectField(
        "Where do you see it?", called="Area", blank="Not one police force area", mark_optional=False,
        hint="The police force area. It is counted and shown on a map, without your name.",
    )  # fmt: skip
    how_often = RadioField("How often do you see it?", called="How often", choices=OFTEN, small=True)
    evidence = LongTextField("Can you give an example or a figure?", called="Evidence", max_length=rules.LONGEST_EVIDENCE, rows=4)  # fmt: skip

    @classmethod
    def of(cls, actor: Member, said: Support | None) -> SupportForm:
        """As it was said, or with the area of one's organisation."""
        if said is None:
            return cls(data={"force_id": actor.organisation.force_id if actor.organisation else None})
        often = said.how_often or NOT_SAID
        return cls(data={"force_id": said.force_id, "how_often": often, "evidence": said.evidence})

    def details(self) -> dict[str, Any]:
        often = self.how_often.data or None
        return {"force_id": self.force_id.data, "how_often": often, "evidence": self.evidence.data or ""}


@blueprint.route("/<int:number>/same-here", methods=["GET", "POST"])
def say_same(number: int) -> ResponseReturnValue:
    thread, said = queries.thread(me(), number), supporting.own(me(), number)
    may_say = rules.may_support(me(), thread) or request.method == "POST"  # who may not any more keeps what they typed
    only_if(may_say or said is not None)
    form = SupportForm() if request.method == "POST" else SupportForm.of(me(), said)
    form.force_id.choices = choices(choices_of(PoliceForce)[0])
    form.evidence.hint = SHOWN.format(by=rules.told(me().organisation_shown, thread.attribution))
    worries: Rejected | None = None
    if form.submitted():
        try:
            with transaction():
                commands.support(me(), number, **form.details(), confirmed=confirmations()["confirmed"])
        except Rejected as refusal:
            form.reject(refusal)
            worries, said = refusal, supporting.own(me(), number)
        else:
            say("What you said is saved" if said else "You said “same here”")
            return redirect(url_for(".show", number=number))
    page = {"thread": thread, "said": said, "may_say": may_say, **asked_about(worries)}
    return render_template("feedback/same_here.html", form=form, **page)


@blueprint.post("/<int:number>/same-here/take-back")
def take_back(number: int) -> ResponseReturnValue:
    with transaction():
        commands.take_back(me(), number)
    say("You took back your “same here”")
    return redirect(url_for(".show", number=number))


@blueprint.get("/<int:number>/support")
def support(number: int) -> ResponseReturnValue:
    thread = queries.thread(me(), number)
    is_told = not thread.withdrawn_at and rules.tells_areas(thread.attribution, thread.group_id is not None)
    return render_template(
        "feedback/support.html",
        thread=thread,
        spread=supporting.spread(number) if is_told and thread.support_count >= rules.TOGETHER else None,
        is_told=is_told,
        together=rules.TOGETHER,
        page=None if thread.withdrawn_at else supporting.evidence(me(), number, request.args.get("key")),
        often=rules.HOW_OFTEN,
        tells_sectors=rules.tells_sectors(thread.attribution),
    )
