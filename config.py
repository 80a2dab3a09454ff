"""Every setting of the platform: its name in the environment, its default and what it means."""

from __future__ import annotations

import os
import re
import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent
YES, NO = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


class Setting(NamedTuple):
    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("DATABASE_URL", "sqlite:///var/forum.db", "Where the database is: SQLite (default) or PostgreSQL."),
    Setting("REDIS_URL", "", "Redis for the job queue when several machines share the work; empty: a file in var/."),
    Setting(
        "SECRET_KEY", "", "Signs cookies and links. Made and kept in var/secret-key when empty; at least 32 characters."
    ),
    Setting(
        "PUBLIC_URL",
        "",
        "The address people use, such as https://forum.example. Every link in a mail starts with it. Default: http://localhost:PORT.",
    ),
    Setting("PORT", "8000", "The port the web server listens on."),
    Setting("HOST", "127.0.0.1", "The address run.py listens on. 0.0.0.0: every network this machine is in."),
    Setting("TRUSTED_PROXIES", "0", "How many proxies of yours stand in front and set X-Forwarded-For and -Proto."),
    Setting("MAIL_SERVER", "", "SMTP server. Empty: letters are written to var/mail/ as .eml files."),
    Setting("MAIL_PORT", "25", "Port of the SMTP server."),
    Setting("MAIL_USERNAME", "", "Name to sign in to the SMTP server with."),
    Setting("MAIL_PASSWORD", "", "Password for the SMTP server."),
    Setting("MAIL_USE_TLS", "no", "yes: STARTTLS with a verified certificate."),
    Setting(
        "MAIL_SENDER",
        "EGVE Forum secretariat <forum@egve-forum.example>",
        "From and organiser of every mail: a mailbox that somebody reads.",
    ),
    Setting("MAIL_PER_SECOND", "0", "At most so many letters a second; 0: as fast as the server takes them."),
    Setting(
        "MAIL_PER_DOMAIN",
        "0",
        "At most so many letters a second to the addresses of one domain; 0: no limit. The others do not wait for it.",
    ),
    Setting(
        "MAIL_ON_UNKNOWN",
        "hold",
        "When a letter may or may not have arrived, twice: hold it until somebody releases it, or resend it. Calendar "
        "entries are always sent again: a calendar takes the same one twice for one.",
    ),
    Setting(
        "MAIL_TEST_TO",
        "",
        "For trying out: every letter goes to this one address, and says whom it was for. Empty: to whom it is for.",
    ),
    Setting("LETTERS_KEPT_DAYS", "365", "The words of a letter are deleted after so many days; 0: never."),
    Setting(
        "MAIL_BOUNCES",
        "no",
        "yes: letters leave with an envelope sender bounce+…@ the domain of MAIL_SENDER, so that a mail that comes back "
        "says which letter it was. That domain must deliver bounce+…@ to `mail ingest` or to the IMAP mailbox.",
    ),
    Setting(
        "MAIL_AUTHSERV_ID",
        "",
        "The name your own mail server writes at the start of Authentication-Results, such as mx.forum.example. Calendar "
        "replies are believed by it alone; empty: all of them wait for the secretariat.",
    ),
    Setting(
        "MAIL_REPLIES",
        "no",
        "yes: emails about feedback can be answered by email. The domain of MAIL_SENDER must then deliver reply+…@ to "
        "`mail ingest` or to the IMAP mailbox, and MAIL_AUTHSERV_ID must be set.",
    ),
    Setting("IMAP_SERVER", "", "Mailbox to read replies and returned mail from, every two minutes. Empty: none."),
    Setting("IMAP_PORT", "993", "Port of the IMAP server, which speaks TLS from the start."),
    Setting("IMAP_USERNAME", "", "Name to sign in to the mailbox with."),
    Setting("IMAP_PASSWORD", "", "Password of the mailbox."),
    Setting("IMAP_FOLDER", "INBOX", "Folder to read. Mail that was taken in is marked as read there."),
    Setting("DEMO_PASSWORD", "forum-demo-2016", "Password of the demonstration people."),
    Setting("SITE_NAME", "EGVE Forum", "Name of the site, in the header and in mails."),
    Setting("DEPARTMENT", "Home Office", "Whose Forum it is."),
    Setting(
        "FORUM_ENV",
        "production",
        "development: shows /gallery and reads static files afresh; production: refuses a weak SECRET_KEY.",
    ),
    Setting(
        "CHECK_FIRST_POSTS",
        "0",
        "So many posts of a new member wait for the secretariat's look before others read them; 0: none.",
    ),
    Setting(
        "NAME_LONE_ORGANISATIONS",
        "no",
        "yes: a post attributed to its organisation only names that organisation even when it is the only one of its "
        "sector in its region; no: its sector and region stand there.",
    ),
    Setting(
        "SCANNER",
        "",
        "Virus scanner that looks at files of posts before others get them, speaking ClamAV's protocol: "
        "clamd://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl. Empty: files are not looked at.",
    ),
    Setting("VAR", "var", "Folder for what the platform writes: database, uploads, mail, logs."),
)


def load(environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The settings as Flask wants them, read from `environment` (default: the process's own).

    Raises ValueError, with what to put right, when a setting cannot be used.
    """
    given = os.environ if environment is None else environment
    value = {setting.name: given.get(setting.name) or setting.default for setting in SETTINGS}
    var = (ROOT / value["VAR"]).resolve()
    var.mkdir(mode=0o700, parents=True, exist_ok=True)  # the database and letters with keys in their links: its owner's
    port = _number(value, "PORT")
    mode = _one_of(value, "FORUM_ENV", ("production", "development"))
    return {
        "VAR": var,
        "FORUM_ENV": mode,
        "SECRET_KEY": (value["SECRET_KEY"] and _strong(value["SECRET_KEY"], mode)) or _kept_key(var),
        "SQLALCHEMY_DATABASE_URI": database_url(value["DATABASE_URL"]),
        "REDIS_URL": value["REDIS_URL"],
        "PUBLIC_URL": _address(value["PUBLIC_URL"] or f"http://localhost:{port}"),
        "PORT": port,
        "HOST": value["HOST"],
        "TRUSTED_PROXIES": _number(value, "TRUSTED_PROXIES"),
        "MAIL_SERVER": value["MAIL_SERVER"],
        "MAIL_PORT": _number(value, "MAIL_PORT"),
        "MAIL_USERNAME": value["MAIL_USERNAME"] or None,
        "MAIL_PASSWORD": value["MAIL_PASSWORD"] or None,
        "MAIL_USE_TLS": _one_of(value, "MAIL_USE_TLS", (*YES, *NO)) in YES,
        "MAIL_SENDER": _mailbox(value["MAIL_SENDER"]),
        "CHECK_FIRST_POSTS": _number(value, "CHECK_FIRST_POSTS"),
        "NAME_LONE_ORGANISATIONS": _one_of(value, "NAME_LONE_ORGANISATIONS", (*YES, *NO)) in YES,
        "MAIL_PER_SECOND": _number(value, "MAIL_PER_SECOND"),
        "MAIL_PER_DOMAIN": _number(value, "MAIL_PER_DOMAIN"),
        "MAIL_ON_UNKNOWN": _one_of(value, "MAIL_ON_UNKNOWN", ("hold", "resend")),
        "MAIL_TEST_TO": _address_only(value["MAIL_TEST_TO"]),
        "LETTERS_KEPT_DAYS": _number(value, "LETTERS_KEPT_DAYS"),
        "MAIL_BOUNCES": _one_of(value, "MAIL_BOUNCES", (*YES, *NO)) in YES,
        "MAIL_AUTHSERV_ID": value["MAIL_AUTHSERV_ID"],
        "MAIL_REPLIES": _one_of(value, "MAIL_REPLIES", (*YES, *NO)) in YES,
        "IMAP_SERVER": value["IMAP_SERVER"],
        "IMAP_PORT": _number(value, "IMAP_PORT"),
        "IMAP_USERNAME": value["IMAP_USERNAME"],
        "IMAP_PASSWORD": value["IMAP_PASSWORD"],
        "IMAP_FOLDER": value["IMAP_FOLDER"],
        "DEMO_PASSWORD": value["DEMO_PASSWORD"],
        "SITE_NAME": value["SITE_NAME"],
        "DEPARTMENT": value["DEPARTMENT"],
        "SCANNER": _scanner(value["SCANNER"]),
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 2_000,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": value["PUBLIC_URL"].startswith("https://"),
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": not value["DATABASE_URL"].startswith("sqlite")},
    }


def database_url(url: str) -> str:
    """The address as SQLAlchemy wants it; a relative SQLite path starts at the project's folder."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    path = url.removeprefix("sqlite:///")
    if path != url and path != ":memory:" and not path.startswith("/"):
        return f"sqlite:///{ROOT / path}"
    return url


def _number(value: dict[str, str], name: str) -> int:
    try:
        return int(value[name])
    except ValueError:
        raise ValueError(f"{name} is {value[name]!r}: give a whole number.") from None


def _one_of(value: dict[str, str], name: str, known: tuple[str, ...]) -> str:
    """What is given, in small letters. A slip of the pen must not be read as the less safe of two."""
    given = value[name].strip().lower()
    if given not in known:
        raise ValueError(f"{name} is {value[name]!r}: give one of {', '.join(known)}.")
    return given


def _address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+/*", url):
        raise ValueError(f"PUBLIC_URL is {url!r}: give an address such as https://forum.example, without a path.")
    return url.rstrip("/")


def _mailbox(sender: str) -> str:
    name, address = parseaddr(sender)
    if not name or not re.fullmatch(r"[^\s@]+@[^\s@]+", address):
        raise ValueError(f"MAIL_SENDER is {sender!r}: give a name and an address, such as Forum <forum@forum.example>.")
    return sender


def _address_only(address: str) -> str:
    if address and not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address):
        raise ValueError(f"MAIL_TEST_TO is {address!r}: give one address, such as tester@forum.example, or nothing.")
    return address


def _scanner(address: str) -> str:
    if address and not re.fullmatch(r"clamd://([\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}|unix:///.+", address):
        raise ValueError(
            f"SCANNER is {address!r}: give clamd://HOST:PORT, such as clamd://127.0.0.1:3310, or unix:///PATH, or nothing."
        )
    return address


def _strong(key: str, mode: str) -> str:
    if mode == "production" and len(key) < 32:
        raise ValueError(
            "SECRET_KEY is too short: give at least 32 random characters, or leave it empty to have one made."
        )
    return key


def _kept_key(var: Path) -> str:
    """The key kept in var/, made at the first start and readable by its owner alone."""
    path = var / "secret-key"
    if not path.exists():
        fresh = var / f"secret-key.{secrets.token_hex(4)}"
        fresh.write_text(secrets.token_urlsafe(48), "ascii")
        fresh.chmod(0o600)
        try:
            os.link(fresh, path)  # of several starting at once, one wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text("ascii").strip()
