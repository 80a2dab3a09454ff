"""The forms of signing in and of one's own account."""

from __future__ import annotations

from typing import Any

from forum.base.errors import Rejected
from forum.members.models import Member, Notify
from forum.web import fields
from forum.web.fields import Choice

NOTIFY = [
    Choice(Notify.IMMEDIATE, "At once"),
    Choice(Notify.DAILY, "Once a day, if there is anything"),
    Choice(Notify.WEEKLY, "Once a week, if there is anything"),
    Choice(Notify.NONE, "Never"),
]
MEETING_MAIL = [
    Choice(True, "Invitations, reminders, papers and news"),
    Choice(False, "Only invitations, changes and cancellations"),
]
LANGUAGES = [Choice("en", "English"), Choice("cy", "Welsh")]
PASSWORD_HINT = "At least 10 characters. Three random words make a good one"  # noqa: S105


class SignInForm(fields.Form):
    email = fields.EmailField("Email address", required="Enter your email address", autocomplete="username")
    password = fields.PasswordField("Password", required="Enter your password", autocomplete="current-password")


class ForgottenForm(fields.Form):
    email = fields.EmailField("Email address", required="Enter your email address", autocomplete="username")


class NewPasswordForm(fields.Form):
    password = fields.PasswordField(
        "New password", required="Enter a new password", autocomplete="new-password", hint=PASSWORD_HINT
    )


class ChangePasswordForm(fields.Form):
    current_password = fields.PasswordField("Current password", required="Enter your current password")
    password = fields.PasswordField(
        "New password", required="Enter a new password", autocomplete="new-password", hint=PASSWORD_HINT
    )


class AccountForm(fields.Form):
    """What members keep of themselves."""

    name = fields.TextField("Name", required="Enter your name", autocomplete="name")
    job_title = fields.TextField("Job title", autocomplete="organization-title")
    themes = fields.CheckboxesField("Themes you are interested in", small=True)
    notify = fields.RadioField(
        "How often should we write to you about feedback?",
        choices=NOTIFY,
        required="Select how often",
        hint="Invitations to meetings always come",
    )
    wants_meeting_mail = fields.RadioField(
        "Which emails about meetings do you want?", choices=MEETING_MAIL, required="Select which emails about meetings"
    )
    language = fields.RadioField(
        "Which language do you prefer?", choices=LANGUAGES, inline=True, required="Select a language"
    )
    version = fields.HiddenField(whole_number=True)

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.data.items() if name not in {"csrf_token", "version"}}


def known_of(member: Member) -> dict[str, Any]:
    """What the form shows before anything is typed."""
    return {
        "name": member.name,
        "job_title": member.job_title,
        "themes": [theme.id for theme in member.themes],
        "notify": member.notify,
        "wants_meeting_mail": member.wants_meeting_mail,
        "language": member.language,
        "version": member.version,
    }


WRONG = Rejected("The email address or the password is not right. Check both and try again.")
