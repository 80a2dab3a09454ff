"""Static files: served by WhiteNoise, before Flask is asked, and cached for a year where the name carries a hash.

`assets/build.py` puts such names into static/built/. Nothing built, or a file changed since: its plain name is used,
so a page never shows the style of another day.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).resolve().parents[2] / "static"
HASHED = r"/built/.+\.[0-9a-f]{12}\.\w+$"
YEAR = 365 * 24 * 3600


class StaticFiles(WhiteNoise):  # type: ignore[misc]  # WhiteNoise is untyped
    FOREVER = YEAR


def wrap(app: Flask, folder: Path = STATIC) -> None:
    """Serve `folder` under /static/ and give templates `static_url(name)`, name as in "forum.css".

    In development every file is looked up afresh; in production the folder is read once, at the start.
    """
    development = app.config["FORUM_ENV"] == "development"
    names = {} if development else built_names(folder)
    app.add_template_global(lambda name: f"/static/{names.get(name, name)}", "static_url")
    app.wsgi_app = StaticFiles(  # type: ignore[method-assign]
        app.wsgi_app,
        root=folder,
        prefix="/static/",
        autorefresh=development,
        max_age=0 if development else 60,
        allow_all_origins=False,
        add_headers_function=_headers,
        immutable_file_test=HASHED,
    )


def built_names(folder: Path) -> dict[str, str]:
    """Plain name → hashed name under `folder`, for the files whose present content has been built."""
    names = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != "built":
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            hashed = "built" / name.with_name(f"{path.stem}.{digest}{path.suffix}")
            if (folder / hashed).exists():
                names[name.as_posix()] = hashed.as_posix()
    return names


def _headers(headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
