"""Static files: built under hashed names, compressed, cached for a year, and never those of another day."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from forum.web import static

ROOT = Path(__file__).resolve().parents[2]


def load_build():
    spec = importlib.util.spec_from_file_location("build", ROOT / "assets" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load_build()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "forum.css").write_text("body { color: black }\n" * 50)
    (tmp_path / "govuk").mkdir()
    (tmp_path / "govuk" / "forum.js").write_text("export {}")
    return tmp_path


def address(app: Flask, name: str) -> str:
    with app.test_request_context():
        return render_template_string("{{ static_url(name) }}", name=name)


def serve(folder: Path, mode: str = "production") -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["FORUM_ENV"] = mode
    static.wrap(app, folder)
    return app


def test_nothing_built_means_plain_names_cached_for_a_minute(folder: Path):
    app = serve(folder)
    assert address(app, "forum.css") == "/static/forum.css"
    with app.test_client().get("/static/forum.css") as page:
        assert page.headers["Cache-Control"] == "max-age=60, public"


def test_built_files_have_a_hash_and_a_year(folder: Path):
    build.fingerprint(folder)
    app = serve(folder)
    url = address(app, "govuk/forum.js")
    assert url.startswith("/static/built/govuk/forum.")
    with app.test_client().get(url) as page:
        assert page.text == "export {}"
        assert page.headers["Cache-Control"] == "max-age=31536000, public, immutable"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in page.headers


def test_browsers_that_can_get_the_compressed_copy(folder: Path):
    build.fingerprint(folder)
    app = serve(folder)
    with app.test_client().get(address(app, "forum.css"), headers={"Accept-Encoding": "gzip"}) as page:
        assert page.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(page.data) == (folder / "forum.css").read_bytes()


def test_a_file_changed_since_the_build_is_served_as_it_is_now(folder: Path):
    build.fingerprint(folder)
    (folder / "forum.css").write_text("body { color: red }")
    app = serve(folder)
    assert address(app, "forum.css") == "/static/forum.css"
    with app.test_client().get("/static/forum.css") as page:
        assert page.text == "body { color: red }"


def test_in_development_a_change_shows_at_once(folder: Path):
    build.fingerprint(folder)
    app = serve(folder, "development")
    assert address(app, "forum.css") == "/static/forum.css"
    (folder / "forum.css").write_text("body { color: red }")
    with app.test_client().get("/static/forum.css") as page:
        assert page.text == "body { color: red }"


def test_a_second_build_leaves_only_what_is_current(folder: Path):
    build.fingerprint(folder)
    (folder / "forum.css").write_text("p {}")
    (current, _) = build.fingerprint(folder)
    assert sorted(path.name for path in (folder / "built").glob("forum.*")) == [current.name, current.name + ".gz"]


def test_nothing_of_the_crown_or_its_typeface_is_kept():
    css = (
        '@charset "UTF-8";@font-face{font-family:GDS Transport;src:url(/assets/fonts/a.woff2) format("woff2")}'
        ".a{font-family:GDS Transport,arial,sans-serif;color:red}"
        ".crest{width:100%;background-image:url(/assets/images/govuk-crest.svg);height:1px}"
        ".last{-webkit-mask-image:url(/assets/images/govuk-crest.svg)}\n/*# sourceMappingURL=a.css.map */\n"
    )
    kept = build.style(css)
    assert kept.startswith('@charset "UTF-8";/*! GOV.UK Frontend')
    assert kept.endswith(".a{font-family:Arial,sans-serif;color:red}.crest{width:100%;height:1px}.last{}\n")


def test_a_new_way_to_ask_for_the_typeface_stops_the_build():
    with pytest.raises(SystemExit, match=r"teach assets/build\.py"):
        build.style('.a{font-family:"GDS Transport",arial}')
