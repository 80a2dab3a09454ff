"""Invitations to a meeting: who gets what, how far the mailing is, who answered what."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock, letters
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.base.letters import Kind
from forum.meetings import queries, rules
from forum.meetings.commands import inviting, ordering, replying
from forum.meetings.models import Invitation, Meeting
from forum.meetings.queries import audiences, places, tellings
from forum.meetings.rules import tellings as telling_rules
from forum.meetings.rules.tellings import IN_ONE_REQUEST
from forum.members import queries as members
from forum.web.fields import choices
from forum.web.furniture import me, plural, say
from forum.web.meetings import forms
from forum.web.meetings.forms.invitations import OnBehalfForm, StandInForm
from forum.web.meetings.routes import blueprint, kept
from forum.web.trying_out import shut_off, test_to_me

NAMED = 300  # people named on the preview; all of them are in the file beside it


@blueprint.get("/<int:number>/invitations")
def invitations(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    tally = queries.tally(meeting)
    form = forms.InvitedFilter()
    page = queries.invited(meeting, key=request.args.get("key"), **form.chosen())
    if not page.items and not tally.invited and not form.chosen():
        return _preview(meeting)
    return render_template(
        "meetings/invitations.html",
        meeting=meeting,
        tally=tally,
        progress=queries.progress(meeting),
        page=page,
        filters=form,
        may_invite=rules.may_invite(meeting, clock.now()),
        places=places.tally(meeting),
        orders=tellings.open_orders(meeting),
        **_waiting(),
    )


def _waiting() -> dict[str, Any]:
    """What pages that show open orders need to say of them."""
    return {"may_correct": lambda order: telling_rules.may_correct(order, clock.now()), "update": Kind.UPDATE}


@blueprint.get("/<int:number>/invitations/new")
def preview(number: int) -> ResponseReturnValue:
    return _preview(kept(number))


def _preview(meeting: Meeting, problem: str = "") -> str:
    """Exactly who would get what; nothing is written."""
    people = queries.uninvited(meeting)
    left_out = audiences.left_out(meeting)
    return render_template(
        "meetings/preview.html",
        meeting=meeting,
        people=people,
        sectors=Counter(person.sector or "Sector not known" for person in people).most_common(),
        left_out=left_out,
        reasons=Counter(person.reason for person in left_out).most_common(),
        sample=inviting.sample(meeting, people[0]) if people else None,
        is_anybody_chosen=bool(left_out) or queries.tally(meeting).invited > 0,
        has_optional=bool(audiences.optional(meeting)),
        sender=letters.sender(),
        may_invite=rules.may_invite(meeting, clock.now()),
        is_over=meeting.ends_at <= clock.now(),
        problem=problem,
        named=NAMED,
        is_being_written=bool(tellings.open_orders(meeting, Kind.INVITATION)),
    )


@blueprint.post("/<int:number>/invitations")
def send(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    seen = request.form.get("people", "")
    try:
        with transaction():
            count = inviting.invite(me(), meeting, expected=int(seen) if seen.isdecimal() and len(seen) < 10 else -1)
    except Rejected as refusal:
        return _preview(kept(number), refusal.message)
    if count > IN_ONE_REQUEST:
        say(f"{plural(count, 'invitation')} are being written, and sent as they are. You can leave this page.")
    elif count:
        say(f"{plural(count, 'invitation')} will be sent.")
    else:
        say("Everybody who can be invited has been already. Nothing was sent twice.")
    return redirect(url_for(".invitations", number=number))


@blueprint.post("/<int:number>/invitations/test")
def test_invitation(number: int) -> ResponseReturnValue:
    """The invitation as it would be to whoever asks for it, to read in their own mail program."""
    meeting = kept(number)
    test_to_me(inviting.sample(meeting, members.InviteeRow(me().id, me().name, me().email or "", "", "", "")))
    return redirect(url_for(".preview", number=number))


@blueprint.get("/<int:number>/invitations/sample")
def sample(number: int) -> ResponseReturnValue:
    """The letter of the preview, drawn."""
    meeting = kept(number)
    people = audiences.uninvited(meeting, limit=1)
    if not people:
        raise NotFound
    return shut_off(inviting.sample(meeting, people[0])["html"])


@blueprint.get("/<int:number>/invitations/progress")
def progress(number: int) -> ResponseReturnValue:
    """The part of the invitations page that keeps itself current."""
    meeting = kept(number)
    return render_template(
        "meetings/_progress.html",
        meeting=meeting,
        progress=queries.progress(meeting),
        orders=tellings.open_orders(meeting),
        **_waiting(),
    )


@blueprint.route("/<int:number>/invitations/update", methods=["GET", "POST"])
def update(number: int) -> ResponseReturnValue:
    """Tell those who were not told of a change when it was made: before that, what each would be told."""
    meeting = kept(number)
    if request.method != "POST":
        return render_template(
            "meetings/update.html",
            meeting=meeting,
            changes=tellings.changes(meeting),
            told=tellings.told(meeting),
            may_invite=rules.may_invite(meeting, clock.now()),
            waiting=tellings.open_orders(meeting, Kind.UPDATE),
        )
    with transaction():
        queries.take(meeting)
        count = inviting.tell(me(), meeting)
    if count:
        say(f"{plural(count, 'update')} will be sent in five minutes.")
    else:
        say("Everybody has been told already, or will be with the update that is waiting.")
    return redirect(url_for(".invitations", number=number))


@blueprint.post("/<int:number>/invitations/orders/<int:order>/<any(now, stop):what>")
def change_order(number: int, order: int, what: str) -> ResponseReturnValue:
    """Let an update go without waiting any longer, or stop a mailing."""
    meeting = kept(number)
    found = tellings.order(meeting, order)
    with transaction():
        (ordering.send_now if what == "now" else ordering.stop)(me(), meeting, found)
    if what == "now":
        say("The update is being sent.")
    elif found.written:
        say(f"Stopped. {plural(found.written, 'letter')} had been written and will be sent.")
    else:
        say("Stopped. Nothing was sent.")
    return redirect(url_for(".invitations", number=number))


# --- one person --------------------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/invitations/<int:member_id>", methods=["GET", "POST"])
def invitee(number: int, member_id: int) -> ResponseReturnValue:
    """One person's letters and answers; posting records an answer for them."""
    meeting = kept(number)
    invitation = queries.invitation(meeting, member_id)
    form = OnBehalfForm()
    form.offer(meeting.mode)
    if form.submitted():
        try:
            with transaction():
                replying.answer(me(), meeting, invitation, form.way(), **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
            invitation = queries.invitation(meeting, member_id)
        else:
            say(f"The answer of {invitation.member.name} is saved: {form.way().words}")
            return redirect(url_for(".invitee", number=number, member_id=member_id))
    return _invitee(meeting, invitation, form)


def _invitee(meeting: Meeting, invitation: Invitation, form: OnBehalfForm) -> str:
    return render_template(
        "meetings/invitee.html",
        meeting=meeting,
        invitation=invitation,
        member=invitation.member,
        form=form,
        answer=rules.answer_in_words(invitation.answer, invitation.mode),
        replies=queries.replies(invitation),
        letters=queries.letters_to(meeting, invitation.member_id),
        may_invite=rules.may_invite(meeting, clock.now()),
        stands_in=queries.stands_in(invitation),
    )


@blueprint.route("/<int:number>/invitations/<int:member_id>/stand-in", methods=["GET", "POST"])
def stand_in(number: int, member_id: int) -> ResponseReturnValue:
    """Pick a member who is invited in somebody's place."""
    meeting = kept(number)
    invitation = queries.invitation(meeting, member_id)
    find = request.args.get("find", "")[:200]
    form = StandInForm()
    form.stand_in.choices = choices(
        (row.id, ", ".join(filter(None, (row.name, row.organisation))))
        for row in audiences.can_stand_in(invitation, find)
    )
    if form.submitted():
        try:
            with transaction():
                person = members.get(me(), form.stand_in.data)
                is_written = inviting.send_stand_in(me(), meeting, invitation, person)
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
            invitation = queries.invitation(meeting, member_id)
        else:
            gets = "is invited" if is_written else "is invited already, and stands in"
            say(f"{person.name} {gets} in the place of {invitation.member.name}.")
            return redirect(url_for(".invitee", number=number, member_id=member_id))
    return render_template(
        "meetings/stand_in.html",
        meeting=meeting,
        member=invitation.member,
        form=form,
        find=find,
        named=queries.replies(invitation),
    )


@blueprint.post("/<int:number>/invitations/<int:member_id>/resend")
def resend(number: int, member_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    invitation = queries.invitation(meeting, member_id)
    seen = request.form.get("letters", "")
    try:
        with transaction():
            inviting.resend(me(), meeting, invitation, int(seen) if seen.isdecimal() and len(seen) < 10 else None)
    except Rejected as refusal:
        say(refusal.message, "important")
    else:
        say(f"The invitation to {invitation.member.name} will be sent again.")
    return redirect(url_for(".invitee", number=number, member_id=member_id))


@blueprint.route("/<int:number>/invitations/<int:member_id>/withdraw", methods=["GET", "POST"])
def withdraw(number: int, member_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    invitation = queries.invitation(meeting, member_id)
    form = forms.ReasonForm()
    if form.submitted():
        with transaction():
            inviting.withdraw(me(), meeting, invitation, form.reason.data)
        say(f"{invitation.member.name} is no longer invited.")
        return redirect(url_for(".invitations", number=number))
    return render_template("meetings/withdraw.html", form=form, meeting=meeting, member=invitation.member)


@blueprint.post("/<int:number>/invitations/<int:member_id>/again")
def invite_again(number: int, member_id: int) -> ResponseReturnValue:
    meeting = kept(number)
    invitation = queries.invitation(meeting, member_id)
    with transaction():
        inviting.invite_again(me(), meeting, invitation)
    say(f"{invitation.member.name} is invited again.")
    return redirect(url_for(".invitee", number=number, member_id=member_id))
