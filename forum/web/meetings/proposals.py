"""Items for agendas: asked for, proposed by members, decided on, kept in the backlog."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import Rejected
from forum.meetings import queries
from forum.meetings.commands import proposals as commands
from forum.meetings.models import Meeting, Proposal
from forum.meetings.queries import agendas as agenda_queries
from forum.meetings.queries import proposals
from forum.meetings.rules import proposals as rules
from forum.web.furniture import back_to, me, only_if, say
from forum.web.meetings import forms
from forum.web.meetings.forms.agenda import meeting_choices
from forum.web.meetings.forms.proposals import AcceptForm, CallForm, DecisionForm, ProposalForm
from forum.web.meetings.routes import blueprint, kept

# --- proposing ---------------------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/items/propose", methods=["GET", "POST"])
def propose(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    form = ProposalForm(data={"form_key": forms.new_key()})
    if form.submitted():
        try:
            with transaction():
                proposal = commands.propose(me(), meeting, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = queries.get(me(), number)
        else:
            say(f"“{proposal.title}” is proposed. The secretariat will tell you what becomes of it.")
            return redirect(url_for(".own_items"))
    is_open = rules.may_propose(me(), meeting, clock.now())
    return render_template("meetings/proposal_new.html", meeting=meeting, form=form, is_open=is_open)


@blueprint.get("/items")
def own_items() -> ResponseReturnValue:
    """What this person proposed, what became of it, and which meetings ask for items."""
    page = proposals.own(me(), request.args.get("key"))
    return render_template(
        "meetings/proposals_own.html", page=page, calls=proposals.calls(me()), purposes=forms.PURPOSES, now=clock.now()
    )


@blueprint.post("/items/<int:proposal_id>/withdraw")
def withdraw_item(proposal_id: int) -> ResponseReturnValue:
    proposal = proposals.get(me(), proposal_id)
    try:
        with transaction():
            commands.withdraw(me(), proposal)
    except Rejected as refusal:
        say(refusal.message, "problem")
    else:
        say(f"“{proposal.title}” is withdrawn")
    return redirect(url_for(".own_items"))


# --- for the secretariat -----------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/items", methods=["GET", "POST"])
def items(number: int) -> ResponseReturnValue:
    """What is proposed for a meeting; the form is the call for items. Members see their own."""
    meeting = queries.get(me(), number)
    last_day = clock.london(meeting.items_until).date() if meeting.items_until else None
    form = CallForm(data={"last_day": last_day})
    if form.submitted():
        meeting = kept(number)
        try:
            with transaction():
                until = commands.call(me(), meeting, form.last_day.data)
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            say(
                f"Members can propose items until {clock.show_moment(until)}. No mail was sent."
                if until
                else "Members can no longer propose items for this meeting."
            )
            return redirect(url_for(".items", number=number))
    return _items(meeting, form)


def _items(meeting: Meeting, form: CallForm) -> str:
    is_decided, now = request.args.get("show") == "decided", clock.now()
    return render_template(
        "meetings/proposals.html",
        meeting=meeting,
        form=form,
        page=proposals.for_meeting(me(), meeting, request.args.get("key"), is_decided=is_decided),
        is_decided=is_decided,
        may_decide=rules.may_decide(me()),
        may_propose=rules.may_propose(me(), meeting, now),
        purposes=forms.PURPOSES,
        now=now,
    )


@blueprint.get("/backlog")
def backlog() -> ResponseReturnValue:
    only_if(rules.may_decide(me()))
    page = proposals.backlog(request.args.get("key"))
    return render_template("meetings/backlog.html", page=page, purposes=forms.PURPOSES, now=clock.now())


@blueprint.route("/items/<int:proposal_id>/accept", methods=["GET", "POST"])
def accept_item(proposal_id: int) -> ResponseReturnValue:
    """Put it on the agenda of a meeting that is still to come; its own meeting is offered first."""
    proposal = _to_decide(proposal_id)
    form = AcceptForm(data={"meeting": proposal.meeting_id})
    form.meeting.choices = meeting_choices(agenda_queries.meeting_choices(), clock.show_day)
    if form.submitted():
        try:
            with transaction():
                meeting = queries.get(me(), form.meeting.data)
                item = commands.accept(me(), proposal, meeting, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
            proposal = _to_decide(proposal_id)
        else:
            say(f"“{item.title}” is on the agenda of {meeting.reference}")
            return redirect(back_to(url_for(".agenda", number=meeting.id)))
    return _decide("accept", proposal, form)


@blueprint.route("/items/<int:proposal_id>/defer", methods=["GET", "POST"])
def defer_item(proposal_id: int) -> ResponseReturnValue:
    proposal = _to_decide(proposal_id)
    form = DecisionForm()
    if form.submitted():
        try:
            with transaction():
                commands.defer(me(), proposal, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
            proposal = _to_decide(proposal_id)
        else:
            say(f"“{proposal.title}” is kept in the backlog")
            return redirect(back_to(url_for(".backlog")))
    return _decide("defer", proposal, form)


@blueprint.route("/items/<int:proposal_id>/decline", methods=["GET", "POST"])
def decline_item(proposal_id: int) -> ResponseReturnValue:
    proposal = _to_decide(proposal_id)
    form = DecisionForm()
    if form.submitted():
        try:
            with transaction():
                commands.decline(me(), proposal, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
            proposal = _to_decide(proposal_id)
        else:
            say(f"“{proposal.title}” is declined")
            return redirect(back_to(url_for(".backlog")))
    return _decide("decline", proposal, form)


def _to_decide(proposal_id: int) -> Proposal:
    only_if(rules.may_decide(me()))
    return proposals.get(me(), proposal_id)


def _decide(what: str, proposal: Proposal, form: AcceptForm | DecisionForm) -> str:
    row = proposals.row(proposal)
    return render_template(
        "meetings/proposal_decide.html",
        what=what,
        row=row,
        form=form,
        decided_by="" if row.is_undecided else proposals.decided_by(proposal),
        next=back_to(url_for(".items", number=row.meeting_id) if row.meeting_id else url_for(".backlog")),
        purposes=forms.PURPOSES,
        now=clock.now(),
    )
