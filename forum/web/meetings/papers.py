"""The papers of a meeting: listed, read, kept in versions, bound into packs."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import clock
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.base.files import ENDINGS
from forum.meetings import queries, rules
from forum.meetings.commands import announcing, packing, papers
from forum.meetings.models import Invitation, Meeting, Paper
from forum.meetings.queries import agendas
from forum.meetings.queries import packs as pack_reading
from forum.meetings.queries import papers as reading
from forum.meetings.queries.papers import PaperRow
from forum.meetings.rules import papers as paper_rules
from forum.reference.models import Marking
from forum.web.furniture import me, only_if, plural, say, slow
from forum.web.meetings import forms
from forum.web.meetings.forms import papers as paper_forms
from forum.web.meetings.routes import blueprint, kept
from forum.web.sending import sent


def _invitation(meeting: Meeting) -> Invitation | None:
    """The reader's invitation, where it decides what they may read."""
    return None if me().is_official else queries.invitation_of(me(), meeting)


@blueprint.get("/<int:number>/papers")
def list_papers(number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    rows = reading.papers(me(), meeting)
    return render_template(
        "meetings/papers.html",
        meeting=meeting,
        papers=rows,
        may_bring=paper_rules.may_bring,
        **_packs(meeting, rows),
    )


def _packs(meeting: Meeting, rows: list[PaperRow]) -> dict[str, Any]:
    """The packs this person may read; those that are not made are the secretariat's business."""
    invitation = _invitation(meeting)
    markings = [one for one in Marking if paper_rules.may_read_pack(me(), one, invitation)]
    packs = pack_reading.packs(meeting, markings)
    runs = rules.may_schedule(me())
    return {
        "packs": packs if runs else [pack for pack in packs if pack.is_made],
        "runs": runs,
        "can_pack": runs and any(row.is_pdf and row.withdrawn_at is None for row in rows),
        "may_tell": runs and rules.may_invite(meeting, clock.now()),
        "newest_whole": pack_reading.newest_whole(packs),
    }


@blueprint.get("/<int:number>/papers/<int:paper_number>")
def read_paper(number: int, paper_number: int) -> ResponseReturnValue:
    """The newest version, or the one asked for. That somebody took a copy of a sensitive paper is noted."""
    meeting = queries.get(me(), number)
    paper = reading.get(me(), meeting, paper_number)
    asked = request.args.get("version", "")
    version = reading.version(paper, int(asked) if asked.isdecimal() and len(asked) < 10 else None)
    page = sent(
        version.file, f"{meeting.reference} paper {paper.number} version {version.number}.{ENDINGS[version.file.kind]}"
    )
    if paper.marking is Marking.SENSITIVE:
        with transaction():
            papers.note_read(me(), meeting, paper, version)
    return page


# --- for the secretariat ---------------------------------------------------------------------------------------------


@blueprint.route("/<int:number>/papers/new", methods=["GET", "POST"])
@slow
def add_paper(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    form = paper_forms.NewPaperForm(data={"form_key": forms.new_key(), "marking": meeting.marking})
    form.offer(queries.agenda(meeting), agendas.lead_choices())
    if form.submitted():
        try:
            upload = papers.read_upload(form.file.data.read(), form.file.data.filename) if form.file.data else None
            with transaction():
                meeting = kept(number)
                paper = papers.add(me(), meeting, upload=upload, form_key=form.form_key.data, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting = kept(number)
        else:
            say(f"Paper {paper.number} is here" if upload else f"Paper {paper.number} is asked for")
            return redirect(url_for(".list_papers", number=number))
    return render_template("meetings/paper_new.html", meeting=meeting, form=form)


@blueprint.route("/<int:number>/papers/<int:paper_number>/edit", methods=["GET", "POST"])
def change_paper(number: int, paper_number: int) -> ResponseReturnValue:
    meeting = kept(number)
    paper = reading.get(me(), meeting, paper_number)
    form = paper_forms.PaperForm(data=paper_forms.as_typed(paper))
    form.offer(queries.agenda(meeting), agendas.lead_choices(paper.owner_id))
    saved = None
    if form.submitted():
        try:
            with transaction():
                papers.change(me(), meeting, paper, version=form.version.data or 0, **form.details())
        except Rejected as refusal:
            form.reject(refusal)
            meeting, paper = kept(number), reading.get(me(), meeting, paper_number)
            if refusal.field == "version":
                saved, form.version.typed = paper, str(paper.version)
        else:
            say(f"Paper {paper.number} is saved")
            return redirect(url_for(".list_papers", number=number))
    return render_template("meetings/paper_edit.html", meeting=meeting, paper=paper, form=form, saved=saved)


@blueprint.route("/<int:number>/papers/<int:paper_number>/versions", methods=["GET", "POST"])
@slow
def versions(number: int, paper_number: int) -> ResponseReturnValue:
    """Every version there was, and bringing a new one: for the secretariat, and for whoever was asked for the paper."""
    meeting = queries.get(me(), number)
    paper = reading.get(me(), meeting, paper_number)
    only_if(paper_rules.may_bring(me(), paper))
    form = paper_forms.VersionForm()
    if form.submitted():
        try:
            upload = papers.read_upload(form.file.data.read(), form.file.data.filename)
            with transaction():
                version = papers.add_version(me(), meeting, paper, upload, form.note.data)
                is_late = version.is_late
        except Rejected as refusal:
            form.reject(refusal)
            meeting, paper = _again(number, paper_number)
        else:
            say(f"Version {version.number} of paper {paper.number} is here" + (", marked late" if is_late else ""))
            return redirect(url_for(".list_papers", number=number))
    return render_template(
        "meetings/paper_versions.html", meeting=meeting, paper=paper, form=form, versions=reading.versions(paper)
    )


def _again(number: int, paper_number: int) -> tuple[Meeting, Paper]:
    """Both as they are now, after a refusal."""
    meeting = queries.get(me(), number)
    return meeting, reading.get(me(), meeting, paper_number)


@blueprint.route("/<int:number>/papers/<int:paper_number>/withdraw", methods=["GET", "POST"])
def withdraw_paper(number: int, paper_number: int) -> ResponseReturnValue:
    meeting = kept(number)
    paper = reading.get(me(), meeting, paper_number)
    form = forms.ReasonForm()
    if form.submitted():
        try:
            with transaction():
                papers.withdraw(me(), meeting, paper, form.reason.data)
        except Rejected as refusal:
            form.reject(refusal)
            meeting, paper = _again(number, paper_number)
        else:
            say(f"Paper {paper.number} is withdrawn. Only the secretariat sees it now.")
            return redirect(url_for(".list_papers", number=number))
    return render_template("meetings/paper_withdraw.html", meeting=meeting, paper=paper, form=form)


@blueprint.post("/<int:number>/papers/<int:paper_number>/put-back")
def put_paper_back(number: int, paper_number: int) -> ResponseReturnValue:
    meeting = kept(number)
    paper = reading.get(me(), meeting, paper_number)
    with transaction():
        papers.put_back(me(), meeting, paper)
    say(f"Paper {paper.number} is shown again.")
    return redirect(url_for(".list_papers", number=number))


# --- packs -----------------------------------------------------------------------------------------------------------


@blueprint.post("/<int:number>/papers/packs")
def order_pack(number: int) -> ResponseReturnValue:
    meeting = kept(number)
    with transaction():
        packing.order(me(), meeting)
    return redirect(url_for(".list_papers", number=number, _anchor="packs"))


@blueprint.get("/<int:number>/papers/packs/progress")
def packs_progress(number: int) -> ResponseReturnValue:
    """The part of the papers page that keeps itself current while a pack is made."""
    meeting = kept(number)
    return render_template("meetings/_packs.html", meeting=meeting, **_packs(meeting, reading.papers(me(), meeting)))


@blueprint.get("/<int:number>/papers/packs/<int:pack_number>")
def read_pack(number: int, pack_number: int) -> ResponseReturnValue:
    meeting = queries.get(me(), number)
    pack = pack_reading.pack(meeting, pack_number)
    only_if(paper_rules.may_read_pack(me(), pack.marking, _invitation(meeting)))
    if pack.file is None:
        raise NotFound("This pack is not made yet.")
    page = sent(pack.file, f"{meeting.reference} papers {pack.number}.{ENDINGS[pack.file.kind]}")
    if pack.marking is Marking.SENSITIVE:
        with transaction():
            packing.note_read(me(), meeting, pack)
    return page


@blueprint.post("/<int:number>/papers/packs/<int:pack_number>/again")
def order_pack_again(number: int, pack_number: int) -> ResponseReturnValue:
    meeting = kept(number)
    pack = pack_reading.pack(meeting, pack_number)
    with transaction():
        packing.order_again(me(), meeting, pack)
    return redirect(url_for(".list_papers", number=number, _anchor="packs"))


@blueprint.post("/<int:number>/papers/packs/<int:pack_number>/tell")
def tell_of_pack(number: int, pack_number: int) -> ResponseReturnValue:
    meeting = kept(number)
    pack = pack_reading.pack(meeting, pack_number)
    with transaction():
        count = announcing.tell(me(), meeting, pack)
    say(f"{plural(count, 'letter')} will be sent." if count else "Nobody was left to tell.")
    return redirect(url_for(".list_papers", number=number, _anchor="packs"))
