"""The standing pages in the footer: open to everybody."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from forum.base import richtext
from forum.reference import queries
from forum.web.furniture import public, site

blueprint = Blueprint("pages", __name__)


def shown(source: str) -> Markup:
    """The words of a page as HTML, with the settings they mention filled in."""
    here = site()
    filled = source.replace("{site}", here.name).replace("{department}", here.department)
    return Markup(richtext.to_html(filled, top=2))  # noqa: S704 - richtext sanitises


@blueprint.get('/<any("accessibility", "contact", "privacy", "terms-of-reference"):slug>')
@public
def show(slug: str) -> ResponseReturnValue:
    page = queries.page(slug)
    return render_template("pages/show.html", page=page, html=shown(page.source))
