"""The door for people: one blueprint a room."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from forum.web import furniture, signed_in, static

ROOMS = (
    "home",
    "account",
    "members",
    "organisations",
    "meetings",
    "replies",
    "check_in",
    "evaluations",
    "unsubscribe",
    "following",
    "calendars",
    "minutes",
    "feedback",
    "challenges",
    "summaries",
    "search",
    "letters",
    "inbox",
    "pages",
    "admin",
    "health",
)


def init_app(app: Flask) -> None:
    signed_in.init_app(app)
    furniture.init_app(app)
    rooms = ROOMS + (("gallery",) if app.config["FORUM_ENV"] == "development" else ())
    for room in rooms:
        app.register_blueprint(import_module(f"forum.web.{room}").blueprint)
    static.wrap(app)
    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
