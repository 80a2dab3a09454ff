"""Meetings: listed, shown, scheduled, changed, opened, cancelled, answered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from forum.base import clock, letters, richtext
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.base.letters import Kind
from forum.challenges.queries import agendas as challenges
from forum.meetings import exports, queries, rules
from forum.meetings.commands import scheduling
from forum.meetings.models import Meeting, Stage
from forum.meetings.queries import ItemRow, Progress, Tally, desk, papers, tellings
from forum.meetings.rules import desk as desk_rules
from forum.meetings.rules import needs, proposals
from forum.minutes import queries as minutes
from forum.reference import queries as reference
from forum.reference.models import Theme
from forum.web.fields import choices
from forum.web.furniture import me, only_if, plural, say
from forum.web.meetings import forms, replying
from forum.web.meetings.forms.replies import ReplyForm

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")
OF_THE_HOST = frozenset({"/agenda", "/papers", "/attendance", "/minutes"})


def kept(number: int) -> Meeting:
    """The meeting, for whoever may change it; for others there is no such page."""
    meeting = queries.get(me(), number)
    only_if(rules.may_schedule(me()))
    return meeting


@blueprint.get("")
def index() -> ResponseReturnValue:
    form = forms.MeetingsFilter()
    form.theme.choices = choices(reference.choices(Theme))
    chosen = form.chosen()
    may_schedule = rules.may_schedule(me())
    is_past, is_draft = chosen.get("show") == "past", may_schedule and chosen.get("show") == "drafts"
    page = queries.meetings(
        me(),
        is_past=is_past,
        is_draft=is_draft,
        theme=chosen.get("theme"),
        kind=chosen.get("kind"),
        key=request.args.get("key"),
    )
    return render_template(
        "meetings/index.html",
        filters=form,
        chips=[chip for chip in form.chips() if not chip[0].startswith(":")],
        page=page,
        themes=queries.themes_of([row.id for row in page.items]),
        is_past=is_past,
        is_draft=is_draft,
        kinds=forms.KINDS,
        may_schedule=may_schedule,
        now=clock.now(),
    )


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    form = ReplyForm()
    form.offer(meeting.mode)
    return _page(meeting, form)


def _page(meeting: Meeting, form: ReplyForm) -> str:
    actor, now = me(), clock.now()
    invitation = queries.invitation_of(actor, meeting)
    items = queries.agenda(meeting)
    runs = rules.may_schedule(actor)
    standing = minutes.standing(actor, meeting.id)
    tally, progress, stages = None, None, None
    if runs or rules.is_host(actor, meeting):
        tally, progress = queries.tally(meeting), queries.progress(meeting)
        stages = _stages(meeting, items, tally, progress, standing)
    return render_template(
        "meetings/show.html",
        **(stages or {}),
        about=described(meeting),
        shows_coming=rules.may_see_who_comes(actor, meeting, is_invited=invitation is not None)
        and meeting.stage is not Stage.DRAFT,
        meeting=meeting,
        form=form,
        items=items,
        item_papers=papers.by_item(actor, meeting) if items else {},
        marks=challenges.on_agenda(actor, meeting) if items else {},
        may_propose=proposals.may_propose(actor, meeting, now),
        purposes=forms.PURPOSES,
        kind=forms.KINDS[meeting.kind],
        invitation=invitation,
        answer=rules.answer_in_words(invitation.answer, invitation.mode) if invitation else "",
        may_answer=invitation is not None and rules.may_answer(meeting, now),
        may_read_needs=needs.may_read(actor, meeting),
        reply=replying.standing(invitation, url_for(".calendar", number=meeting.id)),
        shows_link=rules.may_see_joining_link(actor, invitation),
        minutes=standing,
        runs=runs,
        may_invite=runs and rules.may_invite(meeting, now),
        is_over=meeting.ends_at <= now,
        tally=tally,
        progress=progress,
    )


def _stages(
    meeting: Meeting, items: list[ItemRow], tally: Tally, progress: Progress, standing: minutes.Standing | None
) -> dict[str, Any]:
    """The task list of the desk; a host who does not run the Forum opens fewer of its pages."""
    if meeting.stage is Stage.CANCELLED:
        return {}
    stage = standing.stage.value if standing else ""
    found = desk_rules.steps(desk.facts(meeting, items, queries.overrun(meeting, items), tally, progress, stage))
    today, runs = clock.today(), rules.may_schedule(me())
    return {
        "steps": found,
        "next_step": desk_rules.next_step(found, today),
        "today": today,
        "reach": lambda path: bool(path) and (runs or path in OF_THE_HOST),
    }


@lru_cache(maxsize=256)
def _html(markdown: str) -> Markup:
    return Markup(richtext.to_html(markdown))  # noqa: S704 - made safe by richtext


def described(meeting: Meeting) -> Markup:
    """What the meeting is about, as safe HTML."""
    return _html(meeting.description) if meeting.description else Markup()


@blueprint.post("/<int:number>/reply")
def reply(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    invitation = queries.invitation_of(me(), meeting)
    if invitation is None:
        raise NotFound
    form = ReplyForm()
    form.offer(meeting.mode)
    try:
        if replying.save(me(), meeting, invitation, form):
            if form.answer.data:
                say(f"Your answer is saved: {form.way().words}")
            return redirect(url_for(".show", number=number))
    except Rejected as refusal:
        form.reject(refusal)
        meeting = queries.get(me(), number)
    return _page(meeting, form)


@blueprint.get("/<int:number>/calendar.ics")
def calendar(number: int) -> ResponseReturnValue:
    """This one meeting to add to a calendar by hand."""
    meeting = queries.get(me(), number)
    shows_link = rules.may_see_joining_link(me(), queries.invitation_of(me(), meeting))
    entry = exports.entry(meeting, letters.link(url_for(".show", number=number)), shows_link=shows_link)
    body = exports.feed([entry], meeting.title)
    saved_as = {"Content-Disposition": f'attachment; filename="{meeting.reference}.ics"'}
    return Response(body, mimetype="text/calendar", headers=saved_as)


# --- for the secretariat -----------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
def schedule() -> ResponseReturnValue:
    only_if(rules.may_schedule(me()))
    form = forms.MeetingForm(data={"form_key": forms.new_key(), "host_id": me().id})
    form.offer(reference.choices(Theme), desk.hosts(me().id))
    if form.submitted():
        try:
            with transaction():
                meeting = scheduling.schedule(me(), form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"{meeting.reference} is saved as a draft. Only the secretariat and its host see it until you open it.")
            if meeting.ends_at <= clock.now():
                say("Its date has passed, so no invitations can be sent.", "important")
            return redirect(url_for(".show", number=meeting.id))
    return render_template("meetings/new.html", form=form)


@blueprint.route("/<int:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    form = forms.MeetingForm(data=forms.as_typed(meeting))
    form.offer(reference.choices(Theme), desk.hosts(meeting.host_id), meeting.themes)
    saved: dict[str, Any] | None = None
    if form.submitted():
        try:
            return _changed(meeting, form)
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)  # as it is now
            if refusal.field == "version":
                saved = scheduling.in_words(meeting)
                form.version.typed = str(meeting.version)
    return render_template("meetings/edit.html", form=form, meeting=meeting, saved=saved)


def _changed(meeting: Meeting, form: forms.MeetingForm) -> ResponseReturnValue:
    """Change the meeting; before that, when people invited would notice, ask whether they are told."""
    telling = forms.TellForm()
    details = form.details()
    differences = scheduling.differences(meeting, **details)
    people = queries.tally(meeting).invited if differences and rules.may_invite(meeting, clock.now()) else 0
    if people and not (request.form.get("asked") and telling.submitted()):
        return render_template(
            "meetings/tell.html",
            form=telling,
            meeting=meeting,
            typed=_typed(),
            differences=differences,
            waiting=tellings.open_orders(meeting, Kind.UPDATE),
            asks_again=scheduling.asks_again(meeting, **details),
            people=people,
        )
    is_told = people > 0 and telling.tell.data == "yes"
    with transaction():
        written = scheduling.change(me(), meeting, version=form.version.data or 0, is_told=is_told, **details)
    say(f"The changes are saved. {plural(written, 'update')} will be sent." if written else "The changes are saved.")
    return redirect(url_for(".show", number=meeting.id))


def _typed() -> list[tuple[str, str]]:
    """Everything the form sent, to be sent once more."""
    skipped = {"csrf_token", "tell", "asked"}
    return [(name, value) for name, value in request.form.items(multi=True) if name not in skipped]


@blueprint.route("/<int:number>/cancel", methods=["GET", "POST"])
def cancel(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    form = forms.ReasonForm()
    if form.submitted():
        try:
            with transaction():
                written = scheduling.cancel(me(), meeting, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            told = (
                f"{plural(written, 'letter')} will be sent." if written else "Nobody was invited, so no mail is sent."
            )
            say(f"The meeting is cancelled. {told}")
            return redirect(url_for(".show", number=number))
    return render_template("meetings/cancel.html", form=form, meeting=meeting, people=queries.tally(meeting).invited)
