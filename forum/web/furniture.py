"""What every page has: locked doors, who is here, safe headers, and a plain answer when something goes wrong."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    get_flashed_messages,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, ValidationError

from forum.base import clock, db
from forum.base.errors import NotAllowed, NotFound, Rejected
from forum.base.words import plural as plural  # pages take it from here
from forum.members import queries
from forum.members.models import Member, Role
from forum.web import signed_in
from forum.web.signed_in import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., Any])

COMPRESSED = ("text/", "application/json", "application/javascript", "image/svg+xml")
MOST_SENT = 40 * 1024 * 1024  # bytes with a form that takes files: more than they may have, so that the form can say so
csrf = CSRFProtect()


# --- who is here ---------------------------------------------------------------------------------------------------


def visitor() -> Member | None:
    """Who is signed in, or None for a stranger. One statement a request, however often it is asked."""
    return signed_in.current_member()


def me() -> Member:
    """Who is signed in. Only for pages behind a locked door."""
    member = visitor()
    if member is None:
        raise NotFound
    return member


def public(view: View) -> View:
    """Open this door to strangers. Every page without it asks people to sign in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def slow(view: View) -> View:
    """This page works for a while before it writes: its transaction() alone queues for SQLite's lock, not all of it."""
    view.is_slow = True  # type: ignore[attr-defined]
    return view


def takes_files(view: View) -> View:
    """Files come with this form: more may be sent to it, and they are looked at before anything is written."""
    view.takes_files = True  # type: ignore[attr-defined]
    return slow(view)


def only_if(allowed: bool) -> None:
    """What you may not know of is not there."""
    if not allowed:
        raise NotFound


def _watch_the_door() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    db.expect_writing(request.method not in SAFE_METHODS and not getattr(view, "is_slow", False))
    if "\x00" in request.full_path or "%00" in request.query_string.decode("latin-1"):
        raise NotFound
    if view is None or getattr(view, "is_public", False):
        return None
    if visitor():
        if getattr(view, "takes_files", False):
            request.max_content_length = MOST_SENT
        return None
    if request.method in SAFE_METHODS:
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))
    return _keep_words(needs_sign_in=True)


# --- nothing typed is lost -----------------------------------------------------------------------------------------


def _is_from_here() -> bool:
    """Whether the form that was sent stood on one of our own pages."""
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        host = urlsplit(said).netloc
    except ValueError:
        return False
    return host in {request.host, urlsplit(current_app.config["PUBLIC_URL"]).netloc}


def _keep_words(needs_sign_in: bool) -> ResponseReturnValue:
    """Hand the words of an expired form back to whoever typed them, to send them again."""
    if not _is_from_here():
        return error_page(400, "errors/400.html")
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in {"csrf_token", "next"} and "password" not in name and not name.startswith("kept_")
    ]
    page = render_template(
        "errors/kept.html",
        fields=fields,
        action=request.full_path.rstrip("?"),
        needs_sign_in=needs_sign_in,
        had_files=any(one.filename for one in request.files.values()),
    )
    return page, 401 if needs_sign_in else 400


# --- answers when something goes wrong -----------------------------------------------------------------------------


def error_page(code: int, template: str, **fields: Any) -> tuple[str, int]:
    return render_template(template, **fields), code


def _on_http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    if code >= 500:
        return _bare_page(f"errors/{503 if code == 503 else 500}.html"), code
    known = code if code in {400, 403, 404, 405, 413, 429} else 400
    return error_page(code, f"errors/{known}.html")


def _on_not_allowed(error: NotAllowed) -> ResponseReturnValue:
    return error_page(403, "errors/403.html", message=error.message)


def _on_rejected(error: Rejected) -> ResponseReturnValue:
    return error_page(400, "errors/400.html", message=error.message)


def _on_expired_form(_error: CSRFError) -> ResponseReturnValue:
    return _keep_words(needs_sign_in=visitor() is None)


def _on_busy_database(_error: sa.exc.OperationalError) -> ResponseReturnValue:
    current_app.logger.exception("The database did not answer")
    return _bare_page("errors/503.html"), 503


def _on_fault(error: Exception) -> ResponseReturnValue:
    current_app.logger.exception("A fault of ours", exc_info=error)
    return _bare_page("errors/500.html"), 500


def _bare_page(template: str) -> str:
    """A page that asks nothing of the database, for when that is what is wrong."""
    return current_app.jinja_env.get_template(template).render()


# --- headers -------------------------------------------------------------------------------------------------------


def _nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self' 'nonce-{_nonce()}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cache-Control", "private, no-store")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return _compress(response)


def _compress(response: Response) -> Response:
    if (
        response.direct_passthrough
        or response.is_streamed
        or "Content-Encoding" in response.headers
        or not (response.mimetype or "").startswith(COMPRESSED)
    ):
        return response
    response.vary.add("Accept-Encoding")
    if "gzip" not in request.headers.get("Accept-Encoding", "") or (response.content_length or 0) < 700:
        return response
    response.set_data(gzip.compress(response.get_data(), compresslevel=5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response


# --- what templates know -------------------------------------------------------------------------------------------


class Site(NamedTuple):
    name: str
    department: str
    is_demonstration: bool
    demo_password: str


class Place(NamedTuple):
    """An entry of the navigation."""

    text: str
    path: str
    is_current: bool


EVERYBODY = (("Home", "/"), ("Feedback", "/feedback"), ("Meetings", "/meetings"), ("Challenges", "/challenges"))
PLACES = {
    Role.MEMBER: (*EVERYBODY, ("Members", "/members")),
    Role.SECRETARIAT: (*EVERYBODY, ("Summaries", "/summaries"), ("Members", "/members"), ("Letters", "/letters")),
    Role.OFFICIAL: (*EVERYBODY, ("Summaries", "/summaries"), ("Members", "/members")),
    Role.ADMIN: (
        *EVERYBODY, ("Summaries", "/summaries"), ("Members", "/members"), ("Letters", "/letters"), ("Admin", "/admin"),
    ),
}  # fmt: skip


def _navigation(member: Member | None) -> list[Place]:
    if member is None:
        return []
    here = "/" + request.path.split("/")[1]
    return [Place(text, path, path == here) for text, path in PLACES[member.role]]


def _context() -> dict[str, Any]:
    member = visitor() if request.endpoint else None
    return {
        "me": member,
        "messages": get_flashed_messages(with_categories=True),
        "navigation": _navigation(member),
        "nonce": _nonce(),
        "site": site(),
    }


def site() -> Site:
    """What the pages say about the site."""
    config = current_app.config
    return Site(config["SITE_NAME"], config["DEPARTMENT"], _is_demonstration(), config["DEMO_PASSWORD"])


def _is_demonstration() -> bool:
    """Whether demonstration data is loaded: asked of the database once a minute and process, not for every page."""
    asked, answer = current_app.extensions.get("forum.demonstration", (0.0, False))
    if monotonic() - asked > 60 or current_app.testing:
        answer = queries.any_demonstration()
        current_app.extensions["forum.demonstration"] = (monotonic(), answer)
    return bool(answer)


def say(text: str, kind: str = "success") -> None:
    """A notice on the next page: what was done."""
    flash(text, kind)


def back_to(default: str) -> str:
    """Where a form says to go next, when that is one of our own pages."""
    return safe_path(request.form.get("next") or request.args.get("next")) or default


@lru_cache(maxsize=4096)
def stamp(moment: datetime) -> Markup:
    """A moment as a <time>. The posts of the threads read today are shown many times; put into words once."""
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), clock.show_moment(moment))


def this_page(**changes: object) -> str:
    """The address of this page with other parameters; None takes one away."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if value and name not in changes]
    given = kept + [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{request.path}?{urlencode(given)}".rstrip("?")


def safe_path(path: str | None) -> str | None:
    """The path, when it leads to a page of this site and nowhere else."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return None
    if any(ord(letter) < 32 for letter in path) or urlsplit(path).netloc:
        return None
    return path


class Number(IntegerConverter):
    """A whole number that a database can hold; anything larger is not found."""

    def to_python(self, value: str) -> Any:
        number = super().to_python(value)
        if number > db.LARGEST_NUMBER:
            raise ValidationError
        return number


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = Number
    app.before_request(_watch_the_door)
    csrf.init_app(app)
    app.after_request(_finish)
    app.context_processor(_context)
    app.register_error_handler(CSRFError, _on_expired_form)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(NotFound, lambda _: error_page(404, "errors/404.html"))
    app.register_error_handler(NotAllowed, _on_not_allowed)
    app.register_error_handler(Rejected, _on_rejected)
    app.register_error_handler(sa.exc.OperationalError, _on_busy_database)
    if not app.testing and not app.debug:
        app.register_error_handler(Exception, _on_fault)
    app.jinja_env.globals.update(plural=plural, this_page=this_page, times=clock.show_times)
    app.jinja_env.filters.update(
        date=clock.show_date, day=clock.show_day, time=clock.show_time, moment=clock.show_moment, stamp=stamp
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
