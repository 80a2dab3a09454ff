"""The forms of signing in and of one's own account."""

from __future__ import annotations

from forum.web import fields


class SignInForm(fields.Form):
    email = fields.EmailField("Email address", required="Enter your email address", autocomplete="username")
    password = fields.PasswordField("Password", required="Enter your password", autocomplete="current-password")
