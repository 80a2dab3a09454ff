"""Signed links: addresses that let whoever holds them do one thing, without signing in."""

from __future__ import annotations

import hashlib

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

LONGEST = 500  # characters; ours are well below 100


def sign(purpose: str, *parts: int) -> str:
    """A token for an address. It serves this purpose alone; what it says can be read by anybody, but not altered."""
    return str(_serializer(purpose).dumps(parts))


def read(purpose: str, token: str, count: int) -> tuple[int, ...] | None:
    """The `count` parts that were signed for this purpose; None when the token is not ours, or not for this."""
    if len(token) > LONGEST:
        return None
    try:
        parts = _serializer(purpose).loads(token)
    except (BadData, ValueError):
        return None
    return tuple(parts) if isinstance(parts, list) and len(parts) == count else None


def _serializer(purpose: str) -> URLSafeSerializer:
    signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"link:{purpose}", signer_kwargs=signing)
