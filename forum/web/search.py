"""The search page."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from forum.search import queries
from forum.web.furniture import me

blueprint = Blueprint("search", __name__, url_prefix="/search")


@blueprint.get("")
def show() -> ResponseReturnValue:
    question = request.args.get("q", "").strip()
    page = min(max(1, request.args.get("page", 1, type=int)), queries.LAST_PAGE)
    found = queries.search(me(), question, page)
    return render_template(
        "search/show.html", question=question, found=found, page=page, pages=queries.pages(found.total), marked=marked
    )


def marked(text: str) -> Markup:
    """Plain text as HTML, with the words that were found marked."""
    shown = str(escape(text)).replace(queries.START, "<mark>").replace(queries.END, "</mark>")
    return Markup(shown)  # noqa: S704 - escaped above
