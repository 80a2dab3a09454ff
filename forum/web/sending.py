"""Handing out what somebody uploaded: to be saved, and never run by a browser."""

from __future__ import annotations

from io import BytesIO

from flask import Response, request, send_file

from forum.base import files
from forum.base.files import StoredFile


def sent(stored: StoredFile, name: str, *, is_shown: bool = False) -> Response:
    """A kept file under this name, to be saved; `is_shown`: a picture, which may be shown."""
    data = BytesIO(files.read(stored))
    page = send_file(data, stored.kind, as_attachment=not is_shown, download_name=name, etag=False)
    page.headers["X-Content-Type-Options"] = "nosniff"
    page.headers["Cache-Control"] = "private, no-store"
    return page


def sent_or_kept(stored: StoredFile, name: str, *, is_shown: bool) -> Response:
    """The same, which a browser may keep for its one reader, asking each time whether they may still have it."""
    is_kept = request.if_none_match.contains(stored.sha256)
    page = Response(status=304) if is_kept else sent(stored, name, is_shown=is_shown)
    page.set_etag(stored.sha256)
    page.headers["Cache-Control"] = "private, no-cache"
    page.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    page.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return page
