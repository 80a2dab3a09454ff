"""Which browser is signed in as whom. The only file that knows Flask-Login."""

from __future__ import annotations

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from forum.members import queries
from forum.members.models import Member

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
manager = LoginManager()


class Browser(UserMixin):  # type: ignore[misc]
    """A signed-in browser: its id is the random token of the cookie, not the person's."""

    def __init__(self, token: str, member: Member) -> None:
        self.id = token
        self.member = member


@manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login is untyped
def _load(token: str) -> Browser | None:
    """Pages only read of who is there; what changes something gets the object of its session."""
    member = queries.recognised(token) if request.method in SAFE_METHODS else queries.signed_in(token)
    return Browser(token, member) if member else None


def current_member() -> Member | None:
    """Who is signed in with this browser, asked of the database once a request."""
    if "member" not in g:
        browser = current_user._get_current_object()
        g.member = browser.member if isinstance(browser, Browser) else None
    member: Member | None = g.member
    return member


def let_in(member: Member, token: str) -> None:
    """This browser is signed in from now on; what it had stored before is forgotten."""
    kept = {name: session[name] for name in ("csrf_token",) if name in session}
    session.clear()
    session.update(kept)
    session.permanent = True
    login_user(Browser(token, member))
    g.member = member


def current_token() -> str | None:
    """The token of this browser's sign-in; None for a stranger."""
    browser = current_user._get_current_object()
    return str(browser.id) if isinstance(browser, Browser) else None


def let_out() -> None:
    """This browser is signed out, and keeps nothing."""
    logout_user()
    session.clear()
    g.member = None


def init_app(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = queries.SIGN_IN_LASTS
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    manager.session_protection = None  # sessions are rows; they end there
    manager.init_app(app, add_context_processor=False)
