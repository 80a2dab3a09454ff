"""The letters pages: what went out to whom, what did not, and what to do about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forum.base import history, letters
from forum.base.db import transaction
from forum.base.errors import NotFound, Rejected
from forum.base.letters import FAILED, Kind, Letter, State
from forum.members import rules
from forum.web import fields
from forum.web.fields import Choice
from forum.web.furniture import me, only_if, plural, say
from forum.web.trying_out import shut_off, test_to_me

blueprint = Blueprint("letters", __name__, url_prefix="/letters")


KINDS = {
    Kind.ACCOUNT: "Joining and passwords",
    Kind.INVITATION: "Invitation to a meeting",
    Kind.UPDATE: "Change of a meeting",
    Kind.CANCELLATION: "Cancelled meeting",
    Kind.REMINDER: "Reminder",
    Kind.NOTICE: "News of feedback and challenges",
}
STATES = {
    State.WAITING: "It leaves as soon as the worker comes to it.",
    State.SENDING: "The worker is handing it to the mail server now.",
    State.SENT: "The mail server took it.",
    State.DELAYED: "The mail server asked us to try again later, and we will.",
    State.REFUSED: "The mail server does not take it, or there was no answer for a day. We do not try again by ourselves.",
    State.BOUNCED: "It came back after it was sent.",
    State.HELD: "It stays here until somebody releases it.",
    State.SKIPPED: "It was no longer right to send it when its turn came.",
}
ABOUT = {"meeting": ("MTG", "/meetings"), "challenge": ("CH", "/challenges"), "feedback": ("FB", "/feedback")}
KINDS_OF_REFERENCE = {prefix: kind for kind, (prefix, _) in ABOUT.items()}


class Subject(NamedTuple):
    """What a letter is about, for people: "MTG-3" and its page."""

    words: str
    href: str


def subject(about: str) -> Subject | None:
    """The thing with a page that letters filed under this ("meeting:3") are about; None for anything else."""
    kind, _, number = about.partition(":")
    if kind == "member" and number:
        return Subject("Member", f"/members/{number}")
    if kind not in ABOUT or not number:
        return None
    prefix, path = ABOUT[kind]
    return Subject(f"{prefix}-{number}", f"{path}/{number}")


def filed_under(reference: str) -> str:
    """What letters about "MTG-3" are filed under: "meeting:3"; anything that is no reference stays as it is."""
    reference = reference.replace(
        "\0", ""
    ).strip()  # PostgreSQL takes none, and this comes from no field that cleans it
    prefix, _, number = reference.upper().partition("-")
    kind = KINDS_OF_REFERENCE.get(prefix)
    return f"{kind}:{number.lstrip('0')}" if kind and number else reference.lower()


class OutboxFilter(fields.FilterForm):
    text = fields.TextField("Name, address or subject")
    state = fields.SelectField("State", blank="All states", choices=[Choice(s, s.value.capitalize()) for s in State])
    kind = fields.SelectField("Kind", blank="All kinds", choices=[Choice(kind, words) for kind, words in KINDS.items()])
    about = fields.TextField("About, such as MTG-3", max_length=60)

    def wanted(self) -> dict[str, Any]:
        chosen = self.chosen()
        return chosen | ({"about": filed_under(chosen["about"])} if "about" in chosen else {})


@blueprint.before_request
def _for_those_who_run_the_forum() -> None:
    only_if(rules.may_see_letters(me()))


@blueprint.get("")
def outbox() -> ResponseReturnValue:
    meeting = request.args.get("meeting", "")
    if meeting.isdecimal():  # the short way to the letters of one meeting
        return redirect(url_for(".outbox", about=f"MTG-{meeting}"))
    form = OutboxFilter()
    page = letters.listed(**form.wanted(), key=request.args.get("key"))
    due_since, counts = letters.due_since(), letters.counts()
    return render_template(
        "letters/outbox.html",
        form=form,
        page=page,
        counts=counts,
        test_to=current_app.config["MAIL_TEST_TO"],
        late=due_since if letters.is_late(due_since) else None,
        asked={name: value for name, value in request.args.items() if name != "key" and value},
        kinds=KINDS,
        subject=subject,
        State=State,
        is_under_way=not counts.keys().isdisjoint({State.WAITING, State.SENDING}),
    )


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    letter = letters.find(number)
    return render_template(
        "letters/show.html",
        letter=letter,
        shown=letters.shown(letter),
        meaning=STATES[letter.state],
        kind=KINDS[letter.kind],
        about=subject(letter.about),
        buttons=[button for button in BUTTONS if letter.state in button.states and letter.text],
        kept_days=current_app.config["LETTERS_KEPT_DAYS"],
        may_test=bool(letter.text and me().email and not letter.is_recipient_withheld),
    )


@blueprint.get("/<int:number>/html")
def show_html(number: int) -> ResponseReturnValue:
    """The letter as a mail program shows it, shut off: no script, nothing fetched, no form."""
    shown = letters.shown(letters.find(number))
    if shown is None:
        raise NotFound
    return shut_off(shown.html)


# --- what can be done about one letter, and about many ---------------------------------------------------------------


class Button(NamedTuple):
    """Something to do with a letter: `path` is the last part of its address, `verb` what the history says."""

    path: str
    words: str
    verb: str
    done: str
    states: tuple[State, ...]


HOLD = Button("hold", "Hold this letter", "held", "The letter is held", (State.WAITING, State.DELAYED))
RELEASE = Button("release", "Release this letter", "released", "The letter is released", (State.HELD,))
SEND_AGAIN = Button("send-again", "Send this letter again", "sent again", "The letter will be sent again", FAILED)
BUTTONS = (HOLD, RELEASE, SEND_AGAIN)


@blueprint.post("/<int:number>/hold")
def hold(number: int) -> ResponseReturnValue:
    return _do(HOLD, letters.hold, number)


@blueprint.post("/<int:number>/release")
def release(number: int) -> ResponseReturnValue:
    return _do(RELEASE, letters.release, number)


@blueprint.post("/<int:number>/send-again")
def send_again(number: int) -> ResponseReturnValue:
    return _do(SEND_AGAIN, letters.resend, number)


@blueprint.post("/<int:number>/test")
def send_test(number: int) -> ResponseReturnValue:
    """A copy of this letter to whoever asks for it."""
    letter: Letter = letters.find(number)
    only_if(bool(letter.text) and not letter.is_recipient_withheld)
    test_to_me(letters.fields_of(letter))
    return redirect(url_for(".show", number=number))


def _do(button: Button, command: Any, number: int) -> ResponseReturnValue:
    letter: Letter = letters.find(number)
    try:
        with transaction():
            command(letter)
            history.note(me(), button.verb, letter)
    except Rejected as refusal:
        say(refusal.message, "important")
    else:
        say(button.done)
    return redirect(url_for(".show", number=number))


@blueprint.route("/send-again", methods=["GET", "POST"])
def send_all_again() -> ResponseReturnValue:
    return _all(FAILED, "letters/send_again.html", "sent again")


@blueprint.route("/release", methods=["GET", "POST"])
def release_all() -> ResponseReturnValue:
    return _all((State.HELD,), "letters/release.html", "released")


def _all(states: tuple[State, ...], template: str, verb: str) -> ResponseReturnValue:
    """Ask first, with how many it is; then let them all go, or those about one thing."""
    about = filed_under(request.values.get("about", "")) or None
    if request.method == "POST":
        with transaction():
            number = letters.send_all(states, about)
            history.note(me(), verb, Letter(), filed_under=about or "everything", letters=number)
        say(
            f"{plural(number, 'letter is', 'letters are')} on the way again"
            if number
            else "No letters were left to send"
        )
        return redirect(url_for(".outbox", about=request.values.get("about") or None))
    counts = letters.counts_of(about) if about else letters.counts()
    number = sum(counts.get(state, 0) for state in states)
    return render_template(template, number=number, about=about and subject(about), asked=request.args.get("about", ""))
