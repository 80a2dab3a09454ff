"""What people type into fields: understood, kept, or refused with a reason they can act on."""

from __future__ import annotations

import enum
import io
import re
from collections.abc import Iterator
from datetime import date, time
from html import unescape
from time import perf_counter

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict

from forum.base.errors import Rejected
from forum.web.fields import (
    CheckboxesField,
    CheckboxField,
    Choice,
    DateField,
    EmailField,
    FileField,
    FilterForm,
    Form,
    HiddenField,
    LongTextField,
    NumberField,
    PasswordField,
    RadioField,
    SelectField,
    TextField,
    TimeField,
    choices,
    read_time,
)


class Kind(enum.Enum):
    CHALLENGE = "challenge"
    IDEA = "idea"


class EveryField(Form):
    title = TextField("Title", required="Enter a title", max_length=20, hint="One sentence")
    body = LongTextField("What is happening", called="Description", max_length=30)
    email = EmailField("Email address")
    password = PasswordField("Password")
    places = NumberField("Places", minimum=1, maximum=500)
    starts = TimeField("Start time")
    day = DateField("Date of the meeting", required="Enter the date of the meeting")
    kind = RadioField(
        "Kind", choices=[Choice(Kind.CHALLENGE, "Challenge"), Choice(Kind.IDEA, "Idea", reveals="reason")]
    )
    reason = TextField("Reason")
    force = SelectField("Force", blank="Select a force", choices=[Choice(1, "Dyfed-Powys"), Choice(2, "Gwent")])
    themes = CheckboxesField("Themes", choices=choices([(1, "Health"), (2, "Schools")]))
    agreed = CheckboxField("I have read the guidance")
    paper = FileField("Paper", kinds=("pdf", "odt"))
    version = HiddenField(whole_number=True)


GOOD = {"title": "A bed", "day-day": "15", "day-month": "11", "day-year": "2016"}


@pytest.fixture(autouse=True)
def _page() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x" * 32, WTF_CSRF_ENABLED=False)
    with app.test_request_context(method="POST"):
        yield


def sent(**values: object) -> EveryField:
    """The form as it stands after these values were posted on top of a good form (day_month stands for day-month)."""
    fields = MultiDict(GOOD)
    for name, value in values.items():
        fields.setlist(re.sub("^day_", "day-", name), value if isinstance(value, list) else [value])
    form = EveryField(formdata=fields)
    form.submitted()
    return form


def test_a_good_form_is_submitted_and_gives_typed_values() -> None:
    form = sent(
        body="One\r\n\r\n  two ", places="1,000".replace(",000", "2"), starts="1pm", kind="idea", force="2",
        themes=["2", "1"], agreed="yes", version="7", email="Amina.Shah@police.example",
    )  # fmt: skip
    assert form.submitted()
    assert form.errors_for_summary() == []
    assert (form.title.data, form.body.data, form.places.data) == ("A bed", "One\n\n  two", 12)
    assert (form.day.data, form.starts.data) == (date(2016, 11, 15), time(13))
    assert (form.kind.data, form.force.data, form.themes.data) == (Kind.IDEA, 2, [2, 1])
    assert (form.agreed.data, form.version.data, form.paper.data) == (True, 7, None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  A bed \t", "A bed"),
        ("A\r\nbed", "A bed"),
        ("A\rbed", "A bed"),
        ("A\tbed", "A bed"),
        ("cafe\u0301", "café"),
        ("a\x0bb", "a b"),
    ],
)
def test_one_line_stays_one_line(typed: str, kept: str) -> None:
    assert sent(title=typed).title.data == kept


@pytest.mark.parametrize("typed", ["A\x00 bed", "A\ud800 bed", "A\x08 bed", "A\uffff bed"])
def test_what_no_database_stores_is_refused_and_taken_out(typed: str) -> None:
    form = sent(title=typed)
    assert form.title.errors == [
        "Title had characters that cannot be stored, and they have been taken out. Check the text and try again"
    ]
    assert 'value="A bed"' in form.title()


def test_length_is_counted_as_the_person_sees_it() -> None:
    assert sent(body="\r\n".join("x" * 5 for _ in range(5)) + "y").body.errors == []  # 30 characters, line ends are one
    assert sent(body="x" * 31).body.errors == ["Description must be 30 characters or fewer"]
    assert sent(title="x" * 21).title.errors == ["Title must be 20 characters or fewer"]


def test_an_empty_required_field_says_its_own_message_once() -> None:
    assert sent(title=" \r\n ").title.errors == ["Enter a title"]


def test_a_field_left_out_of_what_was_sent_is_empty_and_no_fault_of_ours() -> None:
    form = EveryField(formdata=MultiDict({"other": "x"}))
    assert not form.submitted()
    assert form.errors_for_summary() == [("Enter a title", "#title"), ("Enter the date of the meeting", "#day-day")]


@pytest.mark.parametrize(
    "typed",
    ["amina", "a@b", "a@b.", "a b@c.example", "a@b..example", "<a@b.example>", "a@-b.example", "a@b.example\x00"],
)
def test_bad_addresses(typed: str) -> None:
    assert sent(email=typed).email.errors != []


@pytest.mark.parametrize("typed", ["a@b.example", "siân.o'linnet+x@gwent.police.example", "A@xn--p1ai.example"])
def test_good_addresses(typed: str) -> None:
    assert sent(email=typed).email.errors == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("ten", "Places must be a whole number, like 30"),
        ("1.5", "Places must be a whole number, like 30"),
        ("9" * 5000, "Places must be a whole number, like 30"),
        ("٣", "Places must be a whole number, like 30"),
        ("0", "Places must be 1 or more"),
        ("-4", "Places must be 1 or more"),
        ("501", "Places must be 500 or fewer"),
    ],
)
def test_numbers_that_cannot_be(typed: str, message: str) -> None:
    form = sent(places=typed)
    assert form.places.errors == [message]
    assert f'value="{typed}"' in form.places()


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("10:30", time(10, 30)), ("10.30am", time(10, 30)), ("1pm", time(13)), ("13:00", time(13)), ("1 PM", time(13)),
        ("12am", time(0)), ("12pm", time(12)), ("12:15 a.m.", time(0, 15)), ("midday", time(12)), ("Noon", time(12)),
        ("midnight", time(0)), ("00:00", time(0)), ("9", None), ("25:00", None), ("10:60", None), ("13pm", None), ("0am", None),
        ("half past ten", None), ("10:30:15", None), ("", None),
    ],
)  # fmt: skip
def test_times_as_people_write_them(words: str, at: time | None) -> None:
    assert read_time(words) == at


def test_a_time_that_cannot_be_is_kept_with_an_example() -> None:
    form = sent(starts="half ten")
    assert form.starts.errors == ["Start time must be a time, like 10:30am or 2pm"]
    assert 'value="half ten"' in form.starts()
    assert 'value="10:30am"' in EveryField(formdata=None, data={"starts": time(10, 30)}).starts()


@pytest.mark.parametrize(
    ("day", "month", "year", "message", "first_wrong"),
    [
        ("31", "2", "2016", "Date of the meeting must be a real date", "day-day"),
        ("", "11", "2016", "Date of the meeting must include a day", "day-day"),
        ("15", "", "", "Date of the meeting must include a month and year", "day-month"),
        ("15", "11", "16", "Year must include 4 numbers", "day-year"),
        ("15", "11", "9999", "Year must be between 1900 and 2100", "day-year"),
        ("15", "eleven", "2016", "Date of the meeting must be a real date, like 15 11 2016", "day-month"),
        ("15", "13", "2016", "Date of the meeting must be a real date", "day-day"),
        ("²", "11", "2016", "Date of the meeting must be a real date, like 15 11 2016", "day-day"),
        ("0", "0", "0000", "Year must be between 1900 and 2100", "day-year"),
        ("", "", "", "Enter the date of the meeting", "day-day"),
    ],
)
def test_dates_that_cannot_be(day: str, month: str, year: str, message: str, first_wrong: str) -> None:
    form = sent(day_day=day, day_month=month, day_year=year)
    assert form.errors_for_summary() == [(message, f"#{first_wrong}")]
    assert form.day.data is None
    shown = form.day()
    for part, typed in (("day", day), ("month", month), ("year", year)):
        control = re.search(rf'<input[^>]*id="day-{part}"[^>]*>', shown)
        assert control is not None
        assert not typed or f'value="{typed}"' in control[0]
    assert f'id="{first_wrong}"' in shown


@pytest.mark.parametrize("month", ["11", "Nov", "november", "011"])
def test_a_month_may_be_its_name(month: str) -> None:
    assert sent(day_month=month).day.data == date(2016, 11, 15)


def test_a_choice_nobody_offered_is_refused() -> None:
    for name in ("kind", "force", "themes"):
        form = sent(**{name: "99"})
        assert len(form[name].errors) == 1
        assert "no longer available" in form[name].errors[0]
        assert form[name].data in (None, [])


def test_choices_may_be_set_after_the_form_is_made() -> None:
    form = EveryField(formdata=MultiDict({**GOOD, "force": "9"}))
    form.force.choices = [Choice(9, "Heddlu Gwent")]
    assert form.submitted()
    assert form.force.data == 9
    assert re.search(r'<option value="9"\s+selected', form.force())


def test_a_choice_reveals_its_field_without_script() -> None:
    shown = sent(kind="idea", reason="because").kind()
    assert 'value="because"' in shown
    assert "data-aria-controls" not in shown
    assert "conditional--hidden" not in shown


def file(name: str, content: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(content), name)


def test_files_are_of_a_kind_and_not_empty() -> None:
    good = sent(paper=file("Agenda.PDF", b"%PDF"))
    assert good.paper.errors == []
    assert good.paper.data.read() == b"%PDF"
    assert sent(paper=file("run.exe", b"MZ")).paper.errors == ["Paper must be a PDF or ODT file"]
    assert sent(paper=file("a.pdf", b"")).paper.errors == ["Paper is empty. Select another file"]
    assert sent(paper="text").paper.data is None


def test_a_tampered_version_is_the_pages_error_not_a_fault() -> None:
    form = sent(version="7; drop")
    assert form.errors_for_summary() == [("This page is out of date. Open it again and repeat your change", None)]


def test_a_refusal_appears_at_its_field_or_at_the_form() -> None:
    form = sent()
    form.reject(Rejected("Choose another title.", field="title"))
    form.reject(Rejected("The meeting was cancelled.", field="meeting"))
    form.reject(Rejected("Too late."))
    assert form.errors_for_summary() == [
        ("The meeting was cancelled.", None), ("Too late.", None), ("Choose another title.", "#title"),
    ]  # fmt: skip
    assert "Choose another title." in form.title()
    assert "Choose another title." in form.title()  # remembering what was drawn never hides an error
    assert "Choose another" not in EveryField(formdata=None).title()


def test_every_error_in_the_summary_leads_to_a_control_with_that_error() -> None:
    form = sent(
        title="",
        email="x",
        places="x",
        starts="x",
        day_day="40",
        kind="x",
        force="x",
        themes="x",
        paper=file("x", b"x"),
    )
    found = form.errors_for_summary()
    assert len(found) == 9
    page = "".join(str(field()) for field in form)
    for text, href in found:
        assert href is not None
        assert re.search(rf'<(input|select|textarea)[^>]*id="{href[1:]}"', page), href
        assert text in unescape(page)
    described = re.findall(r'aria-describedby="([^"]+)"', page)
    assert described
    for names in described:
        for name in names.split():
            assert f'id="{name}"' in page


def test_lines_come_back_as_they_were_typed() -> None:
    form = sent(body="<b>\n  two\n\n  & three")
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", form.body(), re.DOTALL)
    assert area is not None
    assert "<b>" not in area[1]
    assert unescape(area[1]) == "<b>\n  two\n\n  & three"


def test_a_password_never_comes_back() -> None:
    form = sent(title="", password="  correct horse ")
    assert form.password.data == "  correct horse "
    assert "correct" not in form.password()


def test_optional_fields_say_so_and_required_ones_do_not() -> None:
    form = EveryField(formdata=None)
    assert "Places (optional)" in form.places()
    assert "(optional)" not in form.title()


def test_a_filter_passes_over_what_it_does_not_know() -> None:
    class Filters(FilterForm):
        q = TextField("Words")
        force = SelectField("Force", blank="Any", choices=[Choice(1, "Gwent")])
        day = DateField("From")

    app = Flask(__name__)
    app.config["SECRET_KEY"] = "x" * 32
    with app.test_request_context("/?q=bed&force=99&day-day=31&day-month=2&day-year=2016&day=x"):
        assert Filters().chosen() == {"q": "bed"}
    with app.test_request_context("/?force=1"):
        assert Filters().chosen() == {"force": 1}
    with app.test_request_context("/"):
        form = Filters()
        assert form.chosen() == {}
        assert "optional" not in form.force()


def test_a_form_nobody_sent_yet_is_drawn_quickly() -> None:
    def draw() -> float:
        form = EveryField(formdata=None)
        start = perf_counter()
        for field in form:
            field()
        return perf_counter() - start

    draw()
    assert min(draw() for _ in range(10)) < 0.003
