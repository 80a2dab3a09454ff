"""Every component in every state on one page, for those who build pages. In development only."""

from __future__ import annotations

from datetime import date, time
from types import SimpleNamespace

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from forum.web.fields import (
    CheckboxesField,
    CheckboxField,
    Choice,
    DateField,
    EmailField,
    FileField,
    Form,
    HiddenField,
    LongTextField,
    NumberField,
    PasswordField,
    RadioField,
    SelectField,
    TextField,
    TimeField,
)
from forum.web.furniture import public

blueprint = Blueprint("gallery", __name__, url_prefix="/gallery")

WELSH = "Comisiynydd yr Heddlu a Throseddu Gogledd Cymru, Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
ERROR_PAGES = ("400", "403", "404", "405", "413", "429", "500", "503")
ATTRIBUTIONS = [
    Choice("named", "With my name and organisation"),
    Choice("organisation", "With my organisation only", "Your name is not shown to anybody"),
    Choice("unattributed", "Unattributed", "Neither is shown to anybody", reveals="reason"),
]


class GalleryForm(Form):
    """Every kind of field."""

    title = TextField("Title", required="Enter a title", max_length=120, hint="Say it in one sentence")
    what = LongTextField("What is happening", required="Say what is happening", called="Description", max_length=5000)
    notes = LongTextField("Notes", counted=False, rows=3)
    force = SelectField(
        "Police force area", blank="Select an area", choices=[Choice(1, "Dyfed-Powys"), Choice(2, WELSH)]
    )
    attribution = RadioField(
        "How should we show who said this?", required="Select how to show who said this", choices=ATTRIBUTIONS
    )
    reason = TextField("Why you ask for this")
    joining = RadioField(
        "Will you come?", inline=True, required="Select yes or no", choices=[Choice(True, "Yes"), Choice(False, "No")]
    )
    themes = CheckboxesField(
        "Themes", choices=[Choice(1, "Mental health"), Choice(2, "Social media"), Choice(3, WELSH)]
    )
    day = DateField("Date of the meeting", required="Enter the date of the meeting", hint="For example, 15 11 2016")
    starts = TimeField("Start time", required="Enter a start time", hint="For example, 10:30am or 2pm")
    places = NumberField("Places", minimum=1, maximum=500)
    email = EmailField("Email address", required="Enter an email address")
    password = PasswordField("Password", required="Enter a password")
    paper = FileField("Paper", kinds=("pdf", "odt", "ods"), hint="A PDF, ODT or ODS file smaller than 10 MB")
    agreed = CheckboxField(
        "I have read what must not be written", required="Confirm that you have read what must not be written"
    )
    version = HiddenField(whole_number=True)


WRONG = {
    "title": "x" * 121, "force": "", "themes": "3", "day-day": "31", "day-month": "2", "day-year": "2016", "starts": "9",
    "places": "0", "email": "amina at westshire", "attribution": "unattributed", "notes": f"{WELSH}\n\n  {WELSH}",
}  # fmt: skip

AGENDA = [
    SimpleNamespace(number=1, title="Welcome and minutes of the last meeting", starts="10:30am", minutes=10, presenter="Sita Rao", purpose="For decision"),
    SimpleNamespace(number=2, title=WELSH, starts="10:40am", minutes=45, presenter="Bryn Pugh", purpose="For discussion", note="Paper 2", href="#papers"),
]  # fmt: skip


@blueprint.get("")
@public
def show() -> ResponseReturnValue:
    empty = GalleryForm(formdata=None, prefix="empty_")
    narrowed = GalleryForm(formdata=None, prefix="filter_", data={"force": 1})
    filled = GalleryForm(formdata=None, prefix="filled_", data=_filled())
    wrong = GalleryForm(
        formdata=MultiDict({f"wrong_{name}": value for name, value in WRONG.items()}),
        prefix="wrong_",
        meta={"csrf": False},
    )
    wrong.validate()
    return render_template(
        "gallery.html", empty=empty, narrowed=narrowed, filled=filled, forms=[wrong], wrong=wrong, welsh=WELSH, agenda=AGENDA,
        day=date(2016, 11, 15), error_pages=ERROR_PAGES,
    )  # fmt: skip


@blueprint.get("/errors/<name>")
@public
def error(name: str) -> ResponseReturnValue:
    """An error page as people see it; /errors/kept and /errors/signed-out show the one that keeps what was written."""
    if name in {"kept", "signed-out"}:
        fields = [("title", "No bed for a 16-year-old"), ("body", f"First line.\n\nSecond line. {WELSH}")]
        return render_template("errors/kept.html", fields=fields, action="/gallery", needs_sign_in=name == "signed-out")
    if name not in ERROR_PAGES:
        abort(404)
    return render_template(f"errors/{name}.html")


def _filled() -> dict[str, object]:
    return {
        "title": WELSH, "what": f"{WELSH}.\n" * 3, "force": 2, "attribution": "organisation", "joining": True, "themes": [1, 3],
        "day": date(2016, 11, 15), "starts": time(10, 30), "places": 40, "email": "bryn.pugh@elusen.example", "agreed": True, "version": 3,
    }  # fmt: skip
