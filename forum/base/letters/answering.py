"""Addresses that take answers to letters (MAIL_REPLIES). An address says what it is about and to whom the letter went,
and is good for 90 days; whoever reads the answer must also see proof that it is from that person, because letters are
forwarded.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date, timedelta
from email.utils import parseaddr

from flask import current_app

from forum.base import clock

LASTS = timedelta(days=90)
MARKER = "Write your reply above this line"  # in the letter, and so in every answer that quotes it
_EPOCH = date(2016, 1, 1)
_ADDRESS = re.compile(r"reply\+(\d{1,10})-(\d{1,10})-(\d{1,6})-([0-9a-f]{16})@.+", re.ASCII)


def takes_answers() -> bool:
    return bool(current_app.config["MAIL_REPLIES"])


def answer_address(about: int, member_id: int) -> str:
    """Where this member's answer about this goes: at most 52 characters before the @ (64 are allowed)."""
    day = (clock.today() - _EPOCH).days
    domain = parseaddr(current_app.config["MAIL_SENDER"])[1].rpartition("@")[2]
    return f"reply+{about}-{member_id}-{day}-{_seal(about, member_id, day)}@{domain}"


def who_answers(address: str) -> tuple[int, int] | None:
    """What an answer to this address is about, and the number of the member; None when we did not make it, or too long
    ago."""
    found = _ADDRESS.fullmatch(address.lower())
    if found is None:
        return None
    about, member_id, day = (int(part) for part in found.groups()[:3])
    is_ours = hmac.compare_digest(found[4], _seal(about, member_id, day))
    return (about, member_id) if is_ours and clock.today() <= _EPOCH + timedelta(days=day) + LASTS else None


def _seal(*parts: int) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    said = "answer:" + ":".join(map(str, parts))
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:16]
