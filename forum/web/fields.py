"""Form fields in GOV.UK's clothes: what a person types, checked, kept and shown again beside the reason.

A form declares fields, `{{ form.title }}` draws label, hint, error and control, and every error stands in the
summary with a link to its control (`Form.errors_for_summary`). Messages are the field's own: `required="Enter a title"`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time
from enum import Enum
from functools import cache
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from jinja2 import Environment, PackageLoader, PrefixLoader
from markupsafe import Markup, escape
from werkzeug.datastructures import CombinedMultiDict, FileStorage
from wtforms import Field
from wtforms.validators import StopValidation

from forum.base import clock
from forum.base.errors import Rejected

YEARS = range(1900, 2101)
MONTHS = {
    name: number for number in range(1, 13) for name in (f"{date(2000, number, 1):%b}", f"{date(2000, number, 1):%B}")
}
MONTHS = {name.lower(): number for name, number in MONTHS.items()}
LARGEST = 2**31 - 1  # the largest whole number both databases keep in an integer column

# Characters that no file we export may hold (XML 1.0 §2.2) and no database stores: controls, lone surrogates, non-characters.
UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?=.{1,190}$)[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+")
TIME = re.compile(r"(\d{1,2}?)(?:[:.]?(\d{2}))?\s*(?:([ap])\.?m\.?)?")


class Choice(NamedTuple):
    """One thing to choose: `value` is what the form hands on (a number, an enum member, a word)."""

    value: Any
    label: str
    hint: str = ""
    reveals: str = ""  # names of fields shown beneath while this is chosen (radios and checkboxes)

    @property
    def sent(self) -> str:
        """The value as the browser sends it."""
        return str(self.value.value if isinstance(self.value, Enum) else self.value)


def choices(pairs: Iterable[tuple[Any, str]]) -> list[Choice]:
    """Choices from (value, label) pairs, as queries give them."""
    return [Choice(value, label) for value, label in pairs]


@cache
def _macro(component: str, name: str) -> Callable[[dict[str, Any]], Markup]:
    """A macro of govuk-frontend-jinja, imported once for the life of the process."""
    template = _environment().get_template(f"govuk_frontend_jinja/components/{component}/macro.html")
    return getattr(template.module, name)  # type: ignore[no-any-return]


@cache
def _environment() -> Environment:
    loader = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    return Environment(loader=loader, autoescape=True, auto_reload=False, trim_blocks=True, lstrip_blocks=True)


_drawn: dict[str, Markup] = {}


def _draw_again(component: tuple[str, str], parameters: dict[str, Any]) -> Markup:
    """The control of a form nobody has sent yet, mostly the same for everybody: drawn once, then remembered.

    The published macros take about 0.5 ms a control, remembering 0.02. Bounded: edited things differ for ever.
    """
    key = f"{component}{parameters}"
    drawn = _drawn.get(key)
    if drawn is None:
        if len(_drawn) >= 500:
            _drawn.clear()
        drawn = _drawn[key] = _macro(*component)(parameters)
    return drawn


def _text(value: str) -> dict[str, str] | None:
    return {"text": value} if value else None


class Control(Field):  # type: ignore[misc]  # WTForms is untyped
    """What every field shares: its words, its state, and the macro that draws it.

    `required` is the message when it is empty ("" makes the field optional), `called` its name inside other messages,
    `size` the size of its label (s, m, l, xl), `heading` makes the label the page's heading.
    """

    component: ClassVar[tuple[str, str]]
    grouped: ClassVar[bool] = False  # several inputs under a legend
    data: Any

    def __init__(
        self,
        label: str,
        *,
        required: str = "",
        hint: str = "",
        called: str = "",
        size: str = "s",
        heading: bool = False,
        classes: str = "",
        mark_optional: bool = True,
        autocomplete: str = "",
        **rest: Any,
    ) -> None:
        super().__init__(label, **rest)
        self.required, self.hint, self.called = required, hint, called or label
        self.size, self.heading, self.classes = size, heading, classes
        self.mark_optional, self.autocomplete = mark_optional, autocomplete
        self.typed: Any = None  # what came in, for showing again; None while nothing was sent

    def pre_validate(self, form: FlaskForm) -> None:
        """Stop at the first thing wrong: one error a field."""
        if self.errors:
            raise StopValidation()
        if self.is_empty():
            raise StopValidation(self.required)
        if wrong := self.find_fault():
            raise StopValidation(wrong)

    def is_empty(self) -> bool:
        return self.data in (None, "", [])

    def find_fault(self) -> str:
        """What is wrong with a value that is there, or ""."""
        return ""

    @property
    def first_id(self) -> str:
        """The id of the input an error in the summary leads to."""
        return str(self.id)

    def __call__(self, **changes: Any) -> Markup:
        parameters = {**self.parameters(), **changes}
        if self.typed is None and len(str(self.data)) < 200:
            return _draw_again(self.drawn_by(), parameters)
        return _macro(*self.drawn_by())(parameters)

    def drawn_by(self) -> tuple[str, str]:
        """The component and its macro."""
        return self.component

    def parameters(self) -> dict[str, Any]:
        """What the macro is given; subclasses add their own."""
        words = self.label.text
        if self.mark_optional and not self.required and self.default is None:
            words += " (optional)"
        title = {"text": words, "isPageHeading": self.heading}
        if self.grouped:
            shown = {"fieldset": {"legend": title | {"classes": f"govuk-fieldset__legend--{self.size}"}}}
        else:
            shown = {"label": title | {"classes": f"govuk-label--{self.size}"}}
        common = {"id": self.id, "name": self.name, "hint": _text(self.hint), "classes": self.classes}
        return {
            **common,
            **shown,
            "errorMessage": _text(self.errors[0] if self.errors else ""),
            "autocomplete": self.autocomplete,
        }


class TextField(Control):
    """One line of text: ends stripped, line ends turned into spaces, in Unicode's composed form (NFC)."""

    component = ("input", "govukInput")
    one_line = True
    spellcheck: bool | None = None
    inputmode = ""
    type_ = "text"

    def __init__(self, label: str, *, max_length: int = 200, suffix: str = "", prefix: str = "", **rest: Any) -> None:
        super().__init__(label, **rest)
        self.max_length, self.suffix, self.prefix_text = max_length, suffix, prefix

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist or not isinstance(valuelist[0], str):
            self.data = self.typed = ""
            return
        self.data = self.typed = self.clean(UNSTORABLE.sub("", valuelist[0]))
        if UNSTORABLE.search(valuelist[0]):
            raise ValueError(
                f"{self.called} had characters that cannot be stored, and they have been taken out. Check the text and try again"
            )

    def clean(self, sent: str) -> str:
        lines = unicodedata.normalize("NFC", LINE_ENDS.sub("\n", sent))
        return " ".join(re.split(r"[\n\t]+", lines.strip())) if self.one_line else lines.strip()

    def find_fault(self) -> str:
        if len(self.data) > self.max_length:
            return f"{self.called} must be {self.max_length:,} characters or fewer"
        return ""

    def shown(self) -> str:
        """The text in the control."""
        return self.typed if self.typed is not None else str(self.data if self.data is not None else "")

    def parameters(self) -> dict[str, Any]:
        affixes = {"prefix": _text(self.prefix_text), "suffix": _text(self.suffix)}
        writing = {"spellcheck": self.spellcheck, "inputmode": self.inputmode or None}
        shared = super().parameters()
        return {
            **shared,
            **affixes,
            **writing,
            "value": self.shown(),
            "type": self.type_,
            "autocomplete": self.autocomplete or None,
        }


class EmailField(TextField):
    type_ = "email"
    spellcheck = False

    def __init__(self, label: str, *, max_length: int = 254, autocomplete: str = "email", **rest: Any) -> None:
        super().__init__(label, max_length=max_length, autocomplete=autocomplete, **rest)

    def find_fault(self) -> str:
        if not EMAIL.fullmatch(self.data):
            return "Enter an email address in the correct format, like name@example.com"
        return super().find_fault()


class PasswordField(TextField):
    """A password: taken exactly as typed, never shown again. `autocomplete`: current-password or new-password."""

    component = ("password-input", "govukPasswordInput")

    def __init__(
        self, label: str, *, max_length: int = 256, autocomplete: str = "current-password", **rest: Any
    ) -> None:
        super().__init__(label, max_length=max_length, autocomplete=autocomplete, **rest)

    def clean(self, sent: str) -> str:
        return sent

    def shown(self) -> str:
        return ""


class LongTextField(TextField):
    """Several lines, with a count of the characters left when `counted`; line ends are "\\n"."""

    component = ("character-count", "govukCharacterCount")
    one_line = False
    spellcheck = True

    def __init__(
        self, label: str, *, max_length: int = 20_000, rows: int = 6, counted: bool = True, **rest: Any
    ) -> None:
        super().__init__(label, max_length=max_length, **rest)
        self.rows, self.counted = rows, counted

    def drawn_by(self) -> tuple[str, str]:
        return self.component if self.counted else ("textarea", "govukTextarea")

    def parameters(self) -> dict[str, Any]:
        # The macros indent what they wrap, which would indent the person's own lines: hide the line ends from them.
        value = Markup(str(escape(self.shown())).replace("\n", "&#10;"))  # noqa: S704 - escaped on this line
        # The count appears when three quarters are used: a bare number under an empty box says nothing.
        counting = {"maxlength": self.max_length, "threshold": 75}
        return {**super().parameters(), **counting, "value": value, "rows": self.rows}


class NumberField(TextField):
    """A whole number; "1,000" is understood."""

    inputmode = "numeric"
    spellcheck = False

    def __init__(
        self,
        label: str,
        *,
        minimum: int = 0,
        maximum: int = LARGEST,
        classes: str = "govuk-input--width-5",
        **rest: Any,
    ) -> None:
        super().__init__(label, classes=classes, **rest)
        self.minimum, self.maximum = minimum, maximum

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        digits = self.data.replace(",", "").replace(" ", "")
        if not digits:
            self.data = None
        elif re.fullmatch(r"-?[0-9]{1,18}", digits):
            self.data = int(digits)
        else:
            self.data = None
            raise ValueError(f"{self.called} must be a whole number, like {max(self.minimum, 30)}")

    def find_fault(self) -> str:
        if self.data < self.minimum:
            return f"{self.called} must be {self.minimum:,} or more"
        if self.data > self.maximum:
            return f"{self.called} must be {self.maximum:,} or fewer"
        return ""


class TimeField(TextField):
    """A time of day as people write it: 10:30, 10.30am, 1pm, 13:00, 1530, midday."""

    def __init__(self, label: str, *, classes: str = "govuk-input--width-5", **rest: Any) -> None:
        super().__init__(label, classes=classes, **rest)

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = read_time(self.typed) if self.typed else None
        if self.typed and self.data is None:
            raise ValueError(f"{self.called} must be a time, like 10:30am or 2pm")

    def find_fault(self) -> str:
        return ""

    def shown(self) -> str:
        return clock.show_time(self.data) if isinstance(self.data, time) else super().shown()


def read_time(words: str) -> time | None:
    """The time of day these words say, or None. A bare hour ("9") is refused: morning or evening? So is "930", a slip of "1930"."""
    spoken = words.strip().lower()
    if spoken in {"midday", "noon", "12 noon", "midnight"}:
        return time(0 if spoken == "midnight" else 12)
    match = TIME.fullmatch(spoken)
    if match is None or not (match[2] or match[3]) or (spoken.isdigit() and len(spoken) == 3):
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    return time(hour % 12 + (12 if half == "p" else 0) if half else hour, minute)


class DateField(Control):
    """A date in three boxes (`name-day`, `name-month`, `name-year`). What was typed is kept whatever it was."""

    component = ("date-input", "govukDateInput")
    grouped = True
    PARTS = ("day", "month", "year")

    def __init__(self, label: str, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.wrong: tuple[str, ...] = ()  # the parts to mark as wrong

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(None, data or self.default, extra_filters)
        if formdata is None:
            return
        self.raw_data = [self._part(formdata.get(f"{self.name}-{part}", "")) for part in self.PARTS]
        self.typed = dict(zip(self.PARTS, self.raw_data, strict=True))
        self.data = None
        try:
            self.data = self._read()
        except ValueError as wrong:
            self.process_errors.append(str(wrong))

    @staticmethod
    def _part(sent: Any) -> str:
        return UNSTORABLE.sub("", sent).strip()[:20] if isinstance(sent, str) else ""

    def _read(self) -> date | None:
        typed: Mapping[str, str] = self.typed
        self.wrong = tuple(part for part in self.PARTS if not typed[part])
        if len(self.wrong) == 3:
            return None
        if self.wrong:
            raise ValueError(f"{self.called} must include a {' and '.join(self.wrong)}")
        day, month, year = self._numbers(typed)
        self.wrong = ("year",)
        if not re.fullmatch("[0-9]{4}", typed["year"]):
            raise ValueError("Year must include 4 numbers")
        if year not in YEARS:
            raise ValueError(f"Year must be between {YEARS[0]} and {YEARS[-1]}")
        self.wrong = self.PARTS
        try:
            found = date(year, month, day)
        except ValueError:
            raise ValueError(f"{self.called} must be a real date") from None
        self.wrong = ()
        return found

    def _numbers(self, typed: Mapping[str, str]) -> tuple[int, int, int]:
        """Day, month (a number or its name) and year, or ValueError naming no part that is right."""
        month = MONTHS.get(typed["month"].lower(), typed["month"])
        given = {"day": typed["day"], "month": str(month), "year": typed["year"]}
        self.wrong = tuple(part for part, words in given.items() if not re.fullmatch("[0-9]{1,6}", words))
        if self.wrong:
            raise ValueError(f"{self.called} must be a real date, like 15 11 2016")
        return int(given["day"]), int(given["month"]), int(given["year"])

    @property
    def first_id(self) -> str:
        part = self.wrong[0] if self.errors and self.wrong else "day"
        return f"{self.id}-{part}"

    def parameters(self) -> dict[str, Any]:
        typed = self.typed or ({part: getattr(self.data, part) for part in self.PARTS} if self.data else {})
        wrong = (self.wrong or self.PARTS) if self.errors else ()
        items = [
            {
                "name": part,
                "value": typed.get(part),
                "classes": f"govuk-input--width-{4 if part == 'year' else 2}{' govuk-input--error' if part in wrong else ''}",
            }
            for part in self.PARTS
        ]
        return {**super().parameters(), "namePrefix": self.name, "items": items}


class _ChoiceField(Control):
    """Shared by select, radios and checkboxes. Choices may be set after the form is made: they are looked up late."""

    def __init__(
        self, label: str, *, choices: Sequence[Choice] | Callable[[], Sequence[Choice]] = (), **rest: Any
    ) -> None:
        super().__init__(label, **rest)
        self.choices: Sequence[Choice] = choices() if callable(choices) else choices

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = [sent for sent in valuelist if sent]
        self.data = None

    def pre_validate(self, form: FlaskForm) -> None:
        if self.typed is not None:
            known = {choice.sent: choice.value for choice in self.choices}
            self.data = self.decide([known[sent] for sent in self.typed if sent in known])
            if not self.errors and not known.keys() >= set(self.typed):
                raise StopValidation(f"{self.called}: what was selected is no longer available. Select again")
        super().pre_validate(form)

    def decide(self, values: list[Any]) -> Any:
        return values[0] if values else None

    def chosen(self) -> set[str]:
        """What is chosen, as the browser sends it."""
        if self.typed is not None:
            return set(self.typed)
        data = self.data if isinstance(self.data, (list, tuple, set, frozenset)) else [self.data]
        return {Choice(value, "").sent for value in data if value is not None}

    def __call__(self, **changes: Any) -> Markup:
        # GOV.UK's script would put aria-expanded on a radio, which ARIA does not allow: what a choice reveals is
        # shown and hidden by our style sheet, and is simply there for a browser without it.
        drawn = super().__call__(**changes)
        return Markup(re.sub(r' data-aria-controls="[^"]*"| govuk-\w+__conditional--hidden', "", drawn))  # noqa: S704

    def items(self) -> list[dict[str, Any]]:
        chosen = self.chosen()
        return [
            {
                "value": choice.sent,
                "text": choice.label,
                "checked": choice.sent in chosen,
                "hint": _text(choice.hint),
                "conditional": self._revealed(choice.reveals),
            }
            for choice in self.choices
        ]

    def _revealed(self, names: str) -> dict[str, Markup] | None:
        return {"html": Markup("").join(self._form[name]() for name in names.split())} if names else None

    def parameters(self) -> dict[str, Any]:
        return {**super().parameters(), "idPrefix": self.id, "items": self.items()}


class SelectField(_ChoiceField):
    """A drop-down. `blank` is the first, empty line ("Select a force area"); without it a choice must be made."""

    component = ("select", "govukSelect")

    def __init__(self, label: str, *, blank: str | None = None, required: str = "", **rest: Any) -> None:
        if blank is None:  # no browser leaves it out, but not everything that sends a form is one
            required = required or f"{label}: select one from the list"
        super().__init__(label, required=required, **rest)
        self.blank = blank

    def items(self) -> list[dict[str, Any]]:
        chosen = self.chosen()
        first = [{"value": "", "text": self.blank}] if self.blank is not None else []
        return first + [{"value": c.sent, "text": c.label, "selected": c.sent in chosen} for c in self.choices]

    def parameters(self) -> dict[str, Any]:
        given = super().parameters()
        if self.blank is None:
            given["label"]["text"] = self.label.text
        return given


class RadioField(_ChoiceField):
    """One of a few, all in sight. `inline` for two short ones; `Choice.reveals` shows a further field."""

    component = ("radios", "govukRadios")
    grouped = True

    def __init__(self, label: str, *, inline: bool = False, small: bool = False, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.classes += " govuk-radios--inline" * inline + " govuk-radios--small" * small


class CheckboxesField(_ChoiceField):
    """Any of a few; `data` is a list, in the order of the choices' arrival."""

    component = ("checkboxes", "govukCheckboxes")
    grouped = True

    def __init__(self, label: str, *, small: bool = False, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.classes += " govuk-checkboxes--small" * small

    def decide(self, values: list[Any]) -> list[Any]:
        return list(dict.fromkeys(values))


class CheckboxField(Control):
    """One box to tick: `data` is True or False; `required` when it must be ticked."""

    component = ("checkboxes", "govukCheckboxes")

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = bool(valuelist) and valuelist[0] not in {"", "no", "false", "0"}

    def is_empty(self) -> bool:
        return not self.data

    def parameters(self) -> dict[str, Any]:
        item = {"value": "yes", "text": self.label.text, "checked": bool(self.data), "hint": _text(self.hint)}
        return {**super().parameters(), "idPrefix": self.id, "items": [item], "hint": None}


class FileField(Control):
    """One uploaded file; `data` is a werkzeug FileStorage or None. `kinds` are the extensions allowed, without dot."""

    component = ("file-upload", "govukFileUpload")

    def __init__(self, label: str, *, kinds: Sequence[str] = (), **rest: Any) -> None:
        super().__init__(label, **rest)
        self.kinds = tuple(kind.lower() for kind in kinds)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = next((sent for sent in valuelist if isinstance(sent, FileStorage) and sent.filename), None)

    def find_fault(self) -> str:
        name = str(self.data.filename).lower()
        if self.kinds and not name.endswith(tuple(f".{kind}" for kind in self.kinds)):
            *others, last = [kind.upper() for kind in self.kinds]
            return f"{self.called} must be a {', '.join(others) + ' or ' if others else ''}{last} file"
        if not self.data.stream.read(1):
            return f"{self.called} is empty. Select another file"
        self.data.stream.seek(0)
        return ""

    def parameters(self) -> dict[str, Any]:
        accept = {"accept": ",".join(f".{kind}" for kind in self.kinds)} if self.kinds else {}
        return {**super().parameters(), "attributes": accept}


class FilesField(FileField):
    """Several uploaded files, which their content is asked about, not their names; `data` is a list of FileStorage."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [sent for sent in valuelist if isinstance(sent, FileStorage) and sent.filename]

    def find_fault(self) -> str:
        return ""

    def parameters(self) -> dict[str, Any]:
        shown = super().parameters()
        return {**shown, "attributes": {**shown["attributes"], "multiple": "multiple"}}


class HiddenField(TextField):
    """A value the page carries along; `whole_number` for a version or an id. Its errors concern the whole form."""

    def __init__(self, label: str = "", *, whole_number: bool = False, max_length: int = 2_000, **rest: Any) -> None:
        super().__init__(label, max_length=max_length, **rest)
        self.whole_number = whole_number

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.whole_number:
            self.data = int(self.typed) if re.fullmatch("[0-9]{1,18}", self.typed) else None
            if self.typed and self.data is None:
                raise ValueError("This page is out of date. Open it again and repeat your change")

    def find_fault(self) -> str:
        return "" if self.whole_number else super().find_fault()

    def __call__(self, **changes: Any) -> Markup:
        return Markup('<input type="hidden" id="{}" name="{}" value="{}">').format(self.id, self.name, self.shown())


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """A form people fill in and post. Each form adds `details()`: the keyword arguments of its command."""

    _anchors: Mapping[str, str | None] = {}  # where the page helps with an error that belongs to no field

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """A form is what a form sends: an empty one is empty, not filled in with what it shows, and JSON is none."""
            if formdata is _Auto and request.method not in {"GET", "HEAD"}:
                return CombinedMultiDict((request.files, request.form))
            return None if formdata is _Auto else formdata

    def submitted(self) -> bool:
        """Sent, and nothing wrong with it as far as the form can tell."""
        return bool(self.validate_on_submit())

    def reject(self, refusal: Rejected) -> None:
        """Put a command's refusal at its field; at the form when it names none, or none that is shown here."""
        if refusal.field in self and not isinstance(self[refusal.field], HiddenField):
            self[refusal.field].errors = [*self[refusal.field].errors, refusal.message]
        else:
            self.form_errors.append(refusal.message)
            self._anchors = {**self._anchors, refusal.message: f"#{refusal.place}" if refusal.place else None}

    def errors_for_summary(self) -> list[tuple[str, str | None]]:
        """Every error as (text, href), in page order; href is None for what concerns the whole form."""
        found: list[tuple[str, str | None]] = [(text, self._anchors.get(text)) for text in self.form_errors]
        for field in self:
            linked = isinstance(field, Control) and not isinstance(field, HiddenField)
            found += [(str(text), f"#{field.first_id}" if linked else None) for text in field.errors[:1]]
        return found

    def hidden(self) -> Markup:
        """Every hidden input, the token against forged requests among them."""
        shown = (field() for field in self if isinstance(field, HiddenField) or field.type == "CSRFTokenField")
        return Markup("").join(shown)


class FilterForm(Form):
    """A form that only narrows a list: sent by GET, no token, and a value nobody knows is passed over."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False

    def __init__(self, **rest: Any) -> None:
        super().__init__(formdata=request.args, **rest)
        for field in self:
            field.mark_optional = False

    def chosen(self) -> dict[str, Any]:
        """What was asked for, by field name, without what is empty or not understood."""
        self.validate()
        return {
            field.short_name: field.data
            for field in self
            if not field.errors and field.data not in (None, "", [], False)
        }

    def chips(self) -> list[tuple[str, str]]:
        """What was asked for in words, each with the address of the list without it."""
        shown = []
        for name, value in self.chosen().items():
            field = self[name]
            words = next((c.label for c in getattr(field, "choices", ()) if c.value == value), value)
            rest = [(key, one) for key, one in request.args.items(multi=True) if key not in {name, "key"} and one]
            shown.append((f"{field.label.text}: {words}", f"{request.path}?{urlencode(rest)}".rstrip("?")))
        return shown
