"""What people fill in about challenges, and how it is worded."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self

from forum.challenges import rules
from forum.challenges.models import CLOSED, Challenge, Rating, Status
from forum.challenges.queries import Choices, Filter
from forum.feedback.models import Feedback
from forum.feedback.rules.supporting import Backing
from forum.reference.models import Marking
from forum.web.fields import (
    CheckboxesField,
    Choice,
    DateField,
    FilterForm,
    Form,
    HiddenField,
    LongTextField,
    RadioField,
    SelectField,
    TextField,
    choices,
)

Pairs = Sequence[tuple[int, str]]

OPEN = "open"
PREVALENCE = [Choice(number, f"{number} – {words}") for number, words in rules.PREVALENCE.items()]
IMPACT = [Choice(number, f"{number} – {words}") for number, words in rules.IMPACT.items()]
MARKINGS = [
    Choice(Marking.OFFICIAL, Marking.OFFICIAL.value),
    Choice(Marking.SENSITIVE, Marking.SENSITIVE.value, "Its details are not put into emails"),
]
STATUSES = [
    Choice(OPEN, "Open (any)"),
    *(Choice(status, status.label) for status in Status),
]


class LogFilter(FilterForm):
    """What part of the log to show."""

    q = TextField("Words or reference", max_length=200)
    status = SelectField("Status", blank="Any", choices=STATUSES)
    priority = SelectField("Priority", blank="Any")
    theme = SelectField("Theme", blank="Any")
    rating = SelectField("Rating", blank="Any", choices=[Choice(one, one.value.capitalize()) for one in Rating])
    owner = SelectField("Owner", blank="Anyone")
    response = SelectField("Response", blank="Any", choices=[Choice("none", "None yet")])

    def offer(self, offered: Choices) -> LogFilter:
        self.priority.choices = choices(offered.priorities)
        self.theme.choices = choices(offered.themes)
        self.owner.choices = choices(offered.owners)
        return self

    def details(self) -> Filter:
        chosen = self.chosen()
        status = chosen.get("status")
        is_open = [one for one in Status if one not in CLOSED]
        return Filter(
            statuses=is_open if status == OPEN else [status] if status else (),
            priority=chosen.get("priority"),
            theme=chosen.get("theme"),
            rating=chosen.get("rating"),
            owner=chosen.get("owner"),
            without_response="response" in chosen,
            text=chosen.get("q", ""),
        )


class AnsweredFilter(FilterForm):
    """What part of "You said, we did" to show."""

    theme = SelectField("Theme", blank="Any")
    priority = SelectField("Priority", blank="Any")
    quarter = SelectField("Quarter", blank="Any")

    def offer(self, offered: Choices) -> AnsweredFilter:
        self.priority.choices = choices(offered.priorities)
        self.theme.choices = choices(offered.themes)
        self.quarter.choices = [Choice(quarter.slug, quarter.label) for quarter in offered.quarters]
        return self

    def details(self) -> dict[str, Any]:
        chosen = self.chosen()
        quarter = rules.Quarter.read(chosen.get("quarter", ""))
        return {"theme": chosen.get("theme"), "priority": chosen.get("priority"), "quarter": quarter}


class SentencesForm(Form):
    """The sentences of a post, to be used as they stand there."""

    feedback = HiddenField(whole_number=True)
    reply = HiddenField(whole_number=True)
    sentences = CheckboxesField("Which words?", called="Words", required="Select the words to use", size="m")

    def chosen_words(self) -> str:
        """The chosen sentences in the post's order, with […] where some were left out between them."""
        chosen: list[int] = sorted(self.sentences.data or [])
        words = {choice.value: choice.label for choice in self.sentences.choices}
        gaps = (f" {rules.CUT} " if number > before + 1 else " " for before, number in pairwise(chosen))
        return "".join(gap + words[number] for gap, number in zip(["", *gaps], chosen, strict=True))


class _WithWords(Form):
    feedback = HiddenField(whole_number=True)
    reply = HiddenField(whole_number=True)
    form_key = HiddenField(max_length=64)
    words = LongTextField(
        "Words",
        required="Enter the words to use from the contribution",
        hint=f"Trim them if you need to. Put {rules.CUT} where you leave something out in the middle.",
        max_length=rules.LONGEST_QUOTE,
        rows=4,
    )


class _Described(Form):
    title = TextField("Title", required="Enter a title", hint="What stands in the way, in one line")
    description = LongTextField("Description", required="Enter a description", max_length=5_000, rows=5)
    priority = SelectField("Priority", blank="Cross-cutting (no single priority)", mark_optional=False)
    themes = CheckboxesField("Themes", small=True)
    category = TextField("Category", max_length=60, hint="For example, practice, guidance, legislation or funding")
    prevalence = RadioField("Prevalence", required="Select how widespread it is", choices=PREVALENCE, small=True)
    impact = RadioField("Impact", required="Select how much it matters", choices=IMPACT, small=True)
    marking = RadioField("Marking", required="Select a marking", choices=MARKINGS, small=True)

    def show(self, backing: Backing) -> Self:
        """What members say of its prevalence, where it is rated."""
        said = backing.in_words or "No organisation has said “same here” yet"
        self.prevalence.hint = f"Of the feedback quoted: {said[0].lower() + said[1:]}."
        return self

    def described(self) -> dict[str, Any]:
        names = ("title", "description", "category", "prevalence", "impact", "marking")
        shared = {name: self[name].data for name in names}
        return shared | {"priority_id": self.priority.data, "theme_ids": self.themes.data or []}


class RaiseForm(_WithWords, _Described):
    """A challenge raised from words."""

    owner = SelectField("Owner", blank="Nobody yet")
    response_due = DateField("Response due", hint="For example, 20 1 2017")

    @classmethod
    def about(cls, thread: Feedback, reply_id: int | None, words: str) -> RaiseForm:
        """The form as somebody first sees it, filled in from the thread."""
        return cls(
            formdata=None,
            data={
                "feedback": thread.id,
                "reply": reply_id,
                "form_key": secrets.token_urlsafe(16),
                "words": words,
                "title": thread.title,
                "description": words,
                "priority": thread.priority_id,
                "themes": [theme.id for theme in thread.themes],
                "prevalence": 3,
                "impact": 3,
                "marking": thread.marking,
            },
        )

    def offer(self, priorities: Pairs, themes: Pairs, owners: Pairs) -> RaiseForm:
        self.priority.choices, self.themes.choices = choices(priorities), choices(themes)
        self.owner.choices = choices(owners)
        return self

    def details(self) -> dict[str, Any]:
        own = {"owner_id": self.owner.data, "response_due_on": self.response_due.data, "form_key": self.form_key.data}
        return self.described() | own


class AddForm(_WithWords):
    """The challenge that words are added to."""

    find = TextField("Find a challenge", hint="Words of its title or description, or its reference, such as CH-16")
    challenge = RadioField("Challenge", required="Select a challenge", size="m")

    def offer(self, found: Sequence[Challenge]) -> AddForm:
        self.challenge.choices = [
            Choice(one.id, f"{one.reference}: {one.title}", hint=one.status.label) for one in found
        ]
        return self


class EditForm(_Described):
    version = HiddenField(whole_number=True)

    @classmethod
    def of(cls, challenge: Challenge) -> EditForm:
        names = ("title", "description", "category", "prevalence", "impact", "marking", "version")
        same = {name: getattr(challenge, name) for name in names}
        themes = [theme.id for theme in challenge.themes]
        return cls(data=same | {"themes": themes, "priority": challenge.priority_id})

    def offer(self, priorities: Pairs, themes: Pairs, challenge: Challenge) -> EditForm:
        """What may be chosen today; themes that are retired but in use here may stay."""
        self.priority.choices = choices(_with(priorities, challenge.priority, "short_title"))
        for theme in challenge.themes:
            themes = _with(themes, theme, "title")
        self.themes.choices = choices(themes)
        return self

    def details(self) -> dict[str, Any]:
        return self.described() | {"version": self.version.data}


class OwnerForm(Form):
    version = HiddenField(whole_number=True)
    owner = SelectField(
        "Owner", blank="Nobody yet", mark_optional=False, hint="An official or someone in the secretariat"
    )
    response_due = DateField("Response due", hint="For example, 20 1 2017")

    @classmethod
    def of(cls, challenge: Challenge, owners: Pairs) -> OwnerForm:
        form = cls(
            data={
                "version": challenge.version,
                "owner": challenge.owner_id,
                "response_due": challenge.response_due_on,
            }
        )
        form.owner.choices = choices(_with(owners, challenge.owner, "name"))
        return form

    def details(self) -> dict[str, Any]:
        due = self.response_due.data
        return {"owner_id": self.owner.data, "response_due_on": due, "version": self.version.data}


class StatusForm(Form):
    version = HiddenField(whole_number=True)
    status = RadioField("New status", required="Select a status")
    reason = LongTextField(
        "Reason",
        required="Enter a reason",
        hint="Everyone whose words this challenge quotes is sent it, and it stays on the page.",
        max_length=2_000,
        rows=4,
    )

    @classmethod
    def of(cls, challenge: Challenge) -> StatusForm:
        return cls(data={"version": challenge.version}).offer(challenge)

    def offer(self, challenge: Challenge) -> StatusForm:
        self.status.choices = _other_statuses(challenge)
        return self

    def details(self) -> dict[str, Any]:
        return {"status": self.status.data, "reason": self.reason.data, "version": self.version.data}


class ResponseForm(Form):
    version = HiddenField(whole_number=True)
    form_key = HiddenField(max_length=64)
    text = LongTextField(
        "Response",
        required="Enter a response",
        hint="Everyone whose words this challenge quotes is sent it. Leave an empty line between paragraphs.",
        rows=10,
    )
    status = SelectField("Change the status at the same time", blank="No", mark_optional=False)
    reason = LongTextField("Reason for the change of status", max_length=2_000, rows=3)

    @classmethod
    def of(cls, challenge: Challenge) -> ResponseForm:
        return cls(data={"version": challenge.version, "form_key": secrets.token_urlsafe(16)}).offer(challenge)

    def offer(self, challenge: Challenge) -> ResponseForm:
        self.status.blank = f"No, keep it at “{challenge.status.label.lower()}”"
        self.status.choices = _other_statuses(challenge)
        return self

    def details(self) -> dict[str, Any]:
        return {field: self[field].data for field in ("text", "status", "reason", "version", "form_key")}


class ProgressForm(Form):
    form_key = HiddenField(max_length=64)
    text = LongTextField(
        "Progress",
        required="Enter what progress was made",
        hint="It is shown on the challenge. Nobody is sent an email. Leave an empty line between paragraphs.",
        rows=6,
    )

    @classmethod
    def new(cls) -> ProgressForm:
        return cls(data={"form_key": secrets.token_urlsafe(16)})


class ReasonForm(Form):
    reason = LongTextField("Reason", required="Enter a reason", max_length=2_000, rows=3, counted=False)


def _other_statuses(challenge: Challenge) -> list[Choice]:
    return [Choice(one, one.label) for one in Status if one not in {Status.NEW, challenge.status}]


def _with(pairs: Pairs, entry: Any, words: str) -> Pairs:
    """The choices, and this entry too where it is not among them any more."""
    if entry is None or any(number == entry.id for number, _ in pairs):
        return pairs
    return [*pairs, (entry.id, getattr(entry, words))]
