"""What people fill in to post feedback, and how it is worded."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forum.base import files
from forum.feedback import rules
from forum.feedback.models import Attribution, Feedback, FeedbackKind, OfficialKind, ParkedFile, Reply
from forum.feedback.rules import answering
from forum.feedback.rules import attaching as file_rules
from forum.feedback.rules.asking import Asked
from forum.members.models import Member
from forum.reference.models import Marking
from forum.web.fields import (
    CheckboxesField,
    Choice,
    FilesField,
    Form,
    HiddenField,
    LongTextField,
    RadioField,
    SelectField,
    TextField,
    choices,
)

LONE = ". Your organisation is the only one of its kind in your region, so its name would tell it is you"
Pairs = Sequence[tuple[int, str]]
ENDINGS = (*dict.fromkeys(files.ENDINGS[kind] for kind in file_rules.KINDS), "jpeg")
FILES_HINT = (
    f"Up to {file_rules.MOST} files of {files.show_size(file_rules.LARGEST)} at most: photo (JPEG, PNG), PDF, Office, "
    "OpenDocument, text or CSV. We remove hidden details of who made a file. Check that nobody is named or shown in it."
)

CROSS_CUTTING = 0  # as the browser sends it; no priority has this number
KINDS = [
    Choice(FeedbackKind.CHALLENGE, "Challenge", "Something that stands in the way of your work"),
    Choice(FeedbackKind.GOOD_PRACTICE, "Good practice", "Something that works and that others could use"),
    Choice(FeedbackKind.QUESTION, "Question", "Something you need an answer to"),
    Choice(FeedbackKind.IDEA, "Idea", "Something that could be tried"),
]
MARKINGS = [
    Choice(Marking.OFFICIAL, Marking.OFFICIAL.value, "Most feedback"),
    Choice(Marking.SENSITIVE, Marking.SENSITIVE.value, "Not to be forwarded outside the Forum, and left out of what is published"),
]  # fmt: skip

OWN_WORDS = "own"  # of somebody who could speak for the department, and does not
OFFICIAL = [
    *(Choice(kind, said.words, said.hint) for kind, said in answering.OFFICIAL.items()),
    Choice(OWN_WORDS, "My own words", "Not for the department"),
]


class FilesForm(Form):
    """A form with files. Those that were sent before wait beside it (`parked`), with a field for what each shows."""

    parked: Sequence[ParkedFile] = ()
    form_key = HiddenField(max_length=64)
    files = FilesField("Add files", kinds=ENDINGS, hint=FILES_HINT)

    @classmethod
    def with_files(cls, parked: Sequence[ParkedFile]) -> Any:
        """This form, with these files beside it."""
        fields = {f"alt_{one.id}": _describing(one) for one in parked}
        return type(cls.__name__, (cls,), {**fields, "parked": parked}) if parked else cls

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        for name in (*(f"alt_{one.id}" for one in self.parked), "files"):
            self._fields[name] = self._fields.pop(name)  # last, as on the page

    def described(self) -> dict[int, str]:
        """What each of the files shows, by its number."""
        return {one.id: self[f"alt_{one.id}"].data or "" for one in self.parked}

    def refuse(self, refusals: Sequence[str]) -> None:
        """Say at the field what is wrong with files that were sent."""
        if refusals:
            self.files.errors = [" ".join(refusals)]


def _describing(parked: ParkedFile) -> TextField:
    most = file_rules.LONGEST_ALT
    if parked.is_picture:
        return TextField(
            f"What does {parked.name} show?",
            called="What it shows",
            required=f"Enter what the picture {parked.name} shows",
            hint="In a sentence, for those who do not see it. Everybody can read it.",
            max_length=most,
        )
    return TextField(f"What is {parked.name}?", called="What it is", hint="Shown instead of its name.", max_length=most)


def attributions(author: Member) -> list[Choice]:
    """Each way to be named, with what others will read."""
    words = {kind: rules.attributed_to(kind, author) for kind in Attribution}
    is_told = author.organisation_name == author.organisation_shown
    return [
        Choice(Attribution.NAMED, "My name and organisation", f"Others see: {words[Attribution.NAMED]}"),
        Choice(
            Attribution.ORGANISATION,
            "My organisation only",
            f"Others see: {words[Attribution.ORGANISATION]}{'' if is_told else LONE}",
        ),
        Choice(
            Attribution.UNATTRIBUTED,
            "No name",
            f"Others see: {rules.NOBODY}. If the secretariat ever has to be shown your name, you are told who asked and why",
        ),
    ]


class FilingForm(Form):
    """What a thread is filed under."""

    version = HiddenField(whole_number=True)
    kind = RadioField("What kind of feedback is it?", called="Kind", required="Select what kind of feedback it is", choices=KINDS)  # fmt: skip
    priority_id = RadioField("Which priority does it concern most?", called="Priority", required="Select the priority it concerns most, or “Cross-cutting”", small=True)  # fmt: skip
    theme_ids = CheckboxesField("Themes", hint="Select all that fit.", small=True)
    force_id = SelectField(
        "Where?", called="Area", blank="Not one police force area", hint="The police force area it is about."
    )
    marking = RadioField("How sensitive is it?", called="Marking", required="Select how sensitive it is", choices=MARKINGS)  # fmt: skip

    def offer(self, priorities: Pairs, themes: Pairs, forces: Pairs) -> None:
        self.priority_id.choices = [
            *choices(priorities),
            Choice(CROSS_CUTTING, rules.CROSS_CUTTING, "Several, or none of them"),
        ]
        self.theme_ids.choices = choices(themes)
        self.force_id.choices = choices(forces)

    def filing(self) -> dict[str, Any]:
        return {
            "kind": self.kind.data,
            "priority_id": self.priority_id.data or None,
            "theme_ids": self.theme_ids.data or [],
            "force_id": self.force_id.data,
            "marking": self.marking.data,
        }

    def details(self) -> dict[str, Any]:
        return self.filing() | {"version": self.version.data or 0}

    @classmethod
    def of(cls, feedback: Feedback) -> Any:
        """Filled in from a thread."""
        names = (
            "version",
            "kind",
            "force_id",
            "marking",
            "title",
            "happening",
            "affected",
            "would_help",
            "attribution",
        )
        data = {name: getattr(feedback, name) for name in names}
        theme_ids = [theme.id for theme in feedback.themes]
        return cls(data=data | {"priority_id": feedback.priority_id or CROSS_CUTTING, "theme_ids": theme_ids})

    def keep_offering(self, feedback: Feedback) -> None:
        """What the thread has already may stay, though it is no longer in use."""
        for field, entries in ((self.theme_ids, feedback.themes), (self.force_id, [feedback.force])):
            known = {choice.value for choice in field.choices}
            more = [Choice(one.id, one.title) for one in entries if one and one.id not in known]
            field.choices = [*field.choices, *more]


class EditForm(FilingForm):
    """A thread's first post, in the order in which somebody tells it."""

    title = TextField("Title", required="Enter a title", hint="One line that says what it is about.")
    happening = LongTextField("What is happening?", called="What is happening", required="Enter what is happening", hint="In your own words. Leave an empty line between paragraphs.", rows=8)  # fmt: skip
    affected = LongTextField(
        "Who is affected?", called="Who is affected", hint="Groups of people, and roughly how many. No names.", rows=3
    )
    would_help = LongTextField("What would help?", called="What would help", rows=4)
    attribution = RadioField(
        "What name should it show?",
        called="Attribution",
        required="Select what name it should show",
        hint="The police force area is shown whatever you select. If it could give you away, change “Where?”.",
    )

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        for name in (
            "kind",
            "theme_ids",
            *(field.name for field in self.questions),
            "affected",
            "would_help",
            "force_id",
            "priority_id",
            "attribution",
            "marking",
        ):
            self._fields[name] = self._fields.pop(name)  # as on the page: the summary of errors follows this order

    @classmethod
    def asking(cls, asked: Iterable[Asked], answers: Mapping[str, str] | None = None) -> Any:
        """This form with a field for each question, after "What is happening?"; `answers` by key."""
        given = answers or {}
        fields = {one.key: _question(one, given.get(one.key, "")) for one in asked}
        return type(cls.__name__, (cls,), fields) if fields else cls

    @property
    def questions(self) -> list[LongTextField]:
        return [field for field in self if field.name.startswith("answer_")]

    def details(self) -> dict[str, Any]:
        names = ("title", "happening", "affected", "would_help", "attribution")
        answers = {field.name: field.data or "" for field in self.questions}
        return super().details() | {name: self[name].data for name in names} | {"answers": answers}


def _question(asked: Asked, answer: str) -> LongTextField:
    required = f"Enter an answer to “{asked.label}”" if asked.is_required else ""
    return LongTextField(asked.label, required=required, hint=asked.hint, called="The answer", default=answer, rows=4)


class PostForm(FilesForm, EditForm):
    seen_area = HiddenField(max_length=12)

    @classmethod
    def begun(cls, words: str, title: str, attribution: Attribution, own_area: int | None) -> PostForm:
        """Filled in as far as it can be, from one box. An unattributed post is given no area of its author's."""
        return cls(
            formdata=None,
            data={
                "form_key": secrets.token_urlsafe(16),
                "title": title,
                "happening": words,
                "force_id": None if attribution is Attribution.UNATTRIBUTED else own_area,
                "priority_id": CROSS_CUTTING,
                "attribution": attribution,
                "marking": Marking.OFFICIAL,
            },
        )

    @classmethod
    def new(cls, author: Member, force_id: int | None, theme_ids: list[int], priority_id: int | None) -> PostForm:
        return cls(
            data={
                "form_key": secrets.token_urlsafe(16),
                "force_id": force_id,
                "theme_ids": theme_ids,
                "priority_id": priority_id,
                "attribution": Attribution.ORGANISATION,
                "marking": Marking.OFFICIAL,
            }
        )

    def details(self) -> dict[str, Any]:
        details = super().details() | {"form_key": self.form_key.data or None, "files": self.described()}
        del details["version"]
        return details


class ReplyForm(FilesForm):
    drafted = HiddenField(max_length=1)
    body = LongTextField(
        "Your reply", required="Enter your reply", hint="Leave an empty line between paragraphs.", rows=6
    )
    attribution = RadioField("What name should it show?", called="Attribution", mark_optional=False)
    official_kind = RadioField("What is this?", mark_optional=False, small=True, choices=OFFICIAL)

    @classmethod
    def new(cls, body: str, attribution: Attribution) -> ReplyForm:
        return cls(
            formdata=None,
            data={
                "form_key": secrets.token_urlsafe(16),
                "body": body,
                "attribution": attribution,
                "official_kind": OfficialKind.ANSWER,
            },
        )

    def offer(self, author: Member) -> ReplyForm:
        self.attribution.choices = attributions(author)
        if not rules.may_speak_officially(author):
            del self.official_kind
        return self

    def details(self) -> dict[str, Any]:
        return {
            "attribution": self.attribution.data or Attribution.ORGANISATION,
            "official_kind": self._kind(),
            "form_key": self.form_key.data or None,
            "files": self.described(),
        }

    def _kind(self) -> OfficialKind | None:
        chosen = self.official_kind.data if "official_kind" in self else None
        return chosen if isinstance(chosen, OfficialKind) else None


class EditReplyForm(Form):
    version = HiddenField(whole_number=True)
    body = LongTextField("Your reply", required="Enter your reply", rows=8)
    attribution = RadioField(
        "What name should it show?", called="Attribution", required="Select what name it should show"
    )

    @classmethod
    def of(cls, reply: Reply) -> EditReplyForm:
        return cls(data={"version": reply.version, "body": reply.body, "attribution": reply.attribution})


class ReasonForm(Form):
    reason = TextField(
        "Reason", required="Enter a reason", max_length=500, hint="Everybody who reads the thread will see it."
    )
