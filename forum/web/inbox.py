"""The inbox: mail that came in and waits for a person, and replies the secretariat reads in by hand."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import calendar_files, history, inbox
from forum.base.calendar_files import OutsideDates
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.base.inbox import Mail, ReceivedMail, Verdict
from forum.meetings import queries as meetings
from forum.meetings import rules as meeting_rules
from forum.meetings.commands import reading_replies, replying
from forum.meetings.models import Invitation, Meeting
from forum.members import queries as members
from forum.members import rules
from forum.members.queries import addresses, aliases
from forum.web import fields
from forum.web.fields import Choice
from forum.web.furniture import me, only_if, say

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


class RecordForm(fields.Form):
    """What somebody answered, as the secretariat understands their mail."""

    answer = fields.RadioField("Their answer", required="Select an answer")
    note = fields.LongTextField(
        "Note", hint="Kept with the answer. Only the secretariat reads it", max_length=1_000, rows=2, counted=False
    )


class UploadForm(fields.Form):
    file = fields.FileField(
        "Reply from a calendar",
        hint="Save the mail as .eml, or the calendar entry in it as .ics",
        required="Select a file",
        called="The file",
        kinds=("eml", "ics"),
    )


@blueprint.before_request
def _for_those_who_run_the_forum() -> None:
    only_if(rules.may_see_letters(me()))


@blueprint.get("")
def index() -> ResponseReturnValue:
    everything = request.args.get("show") == "all"
    page = inbox.listed(everything=everything, key=request.args.get("key"))
    names = members.names_of({row.member_id for row in page.items if row.member_id})
    return render_template(
        "inbox/index.html", page=page, everything=everything, names=names, stopped=addresses.stopped(), Verdict=Verdict
    )


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    mail = inbox.find(number)
    return _show(mail, _form(mail, _invitation(mail)))


@blueprint.post("/<int:number>/record")
def record(number: int) -> ResponseReturnValue:
    """Record the answer on behalf of the person; the mail is dealt with by that."""
    mail = inbox.find(number)
    known = _invitation(mail)
    form = _form(mail, known)
    if form is None or known is None:
        raise NotFound
    meeting, invitation = known
    if form.submitted():
        way = next(way for way in meeting_rules.WAYS if way.sent == form.answer.data)
        try:
            with transaction():
                _handle(mail)
                replying.answer(me(), meeting, invitation, way, note=form.note.data, said_by="email")
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(f"The answer of {invitation.member.name} is saved: {way.words}")
            return redirect(url_for(".index"))
    return _show(inbox.find(number), form)


@blueprint.post("/<int:number>/nothing")
def nothing(number: int) -> ResponseReturnValue:
    mail = inbox.find(number)
    with transaction():
        _handle(mail)
    say("The mail no longer waits")
    return redirect(url_for(".index"))


@blueprint.route("/upload", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    """Read in a reply by hand, for who has no mailbox set up, or was sent one elsewhere."""
    form = UploadForm()
    if form.submitted():
        try:
            with form.file.data.stream as file:
                data = file.read(inbox.LARGEST + 1)
            if len(data) > inbox.LARGEST:
                raise Rejected("The file must be smaller than 1 MB", "file")
            with transaction():
                reading = reading_replies.read_file(me(), data)
        except Rejected as refusal:
            form.reject(refusal)
        else:
            say(reading.words, "success" if reading.verdict is Verdict.RECORDED else "important")
            return redirect(url_for(".upload"))
    return render_template("inbox/upload.html", form=form)


def _handle(mail: ReceivedMail) -> None:
    if not inbox.handle(mail.id, me().id):
        raise Rejected("Somebody else has dealt with this mail, so nothing more was done.")
    history.note(me(), "dealt with", mail)


def _invitation(mail: ReceivedMail) -> tuple[Meeting, Invitation] | None:
    """The meeting the mail is about and the invitation of the person it concerns, where it is known whose."""
    kind, _, number = mail.about.partition(":")
    if kind != "meeting" or not number or mail.member_id is None:
        return None
    try:
        meeting = meetings.get(me(), int(number))
        return meeting, meetings.invitation(meeting, mail.member_id)
    except NotFound:
        return None


def _form(mail: ReceivedMail, known: tuple[Meeting, Invitation] | None) -> RecordForm | None:
    """Where the mail waits for somebody to say what it answers: with what its calendar part seems to say."""
    if known is None or mail.verdict is not Verdict.QUEUED or mail.handled_at is not None:
        return None
    ways = meeting_rules.ways(known[0].mode)
    reply = _reply(mail)
    said = reading_replies.ANSWERS.get(reply.partstat) if reply else None
    likely = next((way.sent for way in ways if way.answer is said), None)
    form = RecordForm(data={"answer": likely, "note": reply.comment if reply else ""})
    form.answer.choices = [Choice(way.sent, way.words) for way in ways]
    return form


def _reply(mail: ReceivedMail) -> reading_replies.Reply | None:
    """What the calendar part of the mail says, where there is one that can be read."""
    reply = reading_replies.understand(Mail(mail.raw).calendars) if mail.raw else ""
    return None if isinstance(reply, str) else reply


def _proposed(mail: ReceivedMail, reply: reading_replies.Reply | None) -> OutsideDates | None:
    """The time somebody proposes instead."""
    if reply is None or reply.method != "COUNTER":
        return None
    try:
        return calendar_files.read(Mail(mail.raw or b"").calendars[0], "The mail").events[0]
    except Rejected:
        return None


def _show(mail: ReceivedMail, form: RecordForm | None) -> str:
    concerned = [number for number in (mail.member_id, mail.handled_by_id) if number]
    reply = _reply(mail)
    return render_template(
        "inbox/show.html",
        mail=mail,
        form=form,
        reply=reply,
        proposed=_proposed(mail, reply),
        answers=reading_replies.ANSWERS,
        text=Mail(mail.raw).text if mail.raw else "",
        names=members.names_of(concerned),
        sender=aliases.member_at(mail.from_address) if mail.from_address else None,
        waits=mail.verdict is Verdict.QUEUED and mail.handled_at is None,
        Verdict=Verdict,
    )
